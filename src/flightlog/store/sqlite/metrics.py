"""
Count and time executions and nodes from the running aggregates.

The aggregates count by the hour. If a time range begins or ends within an hour, this module counts
the executions of that part of the hour one by one. If there are more than `EDGE_ROWS` of these
executions, the whole hour counts.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple, TypeAlias

import apsw

from flightlog.store.histogram import bucket, percentile
from flightlog.store.metrics import (
    NodeMetrics,
    Scope,
    StatusCounts,
    WorkflowMetrics,
    WorkflowPlace,
)
from flightlog.store.sqlite.queries import Row, fetch_all, fetch_one, load_queries
from flightlog.store.sqlite.time_buckets import (
    FIRST_HOUR,
    LAST_HOUR,
    hour_bucket,
    hour_start,
    next_hour,
)

EDGE_ROWS: Final = 10_000
"""The largest number of executions in a part of an hour that are counted one by one."""

_queries: Final = load_queries("metrics.sql")
_ENDED: Final = ("success", "error")

Tally: TypeAlias = Counter[tuple[str, int]]
"""Counts by status and duration bucket."""


class Range(NamedTuple):
    """A range of time: whole hours, and the parts of hours at both ends."""

    from_hour: str
    """The first whole hour."""
    before_hour: str
    """The hour after the last whole hour."""
    edges: tuple[tuple[str, str], ...]
    """Parts of hours: the start (included) and end (excluded) of each, canonical times."""


def counts(connection: apsw.Connection, scope: Scope) -> StatusCounts:
    """Count executions; see `HistoryViews.counts`."""
    hours, tally = _counted_edges(connection, scope)
    rows = fetch_all(
        connection,
        f"{chosen_places('execution_aggregates', 'status, bucket, sum(count)')} GROUP BY 1, 2",
        bound_values(scope, hours),
    )
    for status, number, count in rows:
        tally[status, number] += count
    return counted(tally)


def counted(tally: Tally) -> StatusCounts:
    """
    Sum a tally by status.

    Args:
        tally: Counts by status and duration bucket.

    Returns:
        The counts.
    """
    by_status: Counter[str] = Counter()
    for (status, _), count in tally.items():
        by_status[status] += count
    return StatusCounts(
        total=by_status.total(),
        success=by_status["success"],
        error=by_status["error"],
        running=by_status["running"],
    )


def durations(tally: Tally) -> tuple[float | None, float | None]:
    """
    Compute the median and the 95th percentile of durations.

    Args:
        tally: Counts by status and duration bucket; only ended executions are used.

    Returns:
        The median and the 95th percentile, milliseconds; None when there are no durations.
    """
    numbers: Counter[int] = Counter()
    for (status, number), count in tally.items():
        if status in _ENDED:
            numbers[number] += count
    return percentile(numbers, 0.50), percentile(numbers, 0.95)


def chosen_places(table: str, columns: str) -> str:
    """
    Write the beginning of a statement on the aggregates of a scope within whole hours.

    Args:
        table: The table of aggregates.
        columns: The columns to select.

    Returns:
        SQL to which the caller appends `GROUP BY`.
    """
    rest = _queries["chosen_places"].format(table=table)
    return f"{places_in(table)} SELECT {columns} {rest}"


def places_in(table: str) -> str:
    """
    Write the beginning of a statement that names the places of a scope `places`.

    Args:
        table: The table of aggregates.

    Returns:
        SQL to which the caller appends `SELECT`.
    """
    return _queries["places"].format(table=table)


def bound_values(scope: Scope, hours: Range | None = None) -> dict[str, Any]:
    """
    Build the bound values of a statement on places.

    Args:
        scope: The executions to count.
        hours: The hours to count; None when the statement does not select hours.

    Returns:
        The values by parameter name.
    """
    bound: dict[str, Any] = {
        "workflow_ids": json.dumps(scope.workflow_ids) if scope.workflow_ids else None,
        "project_id": scope.project_id,
    }
    if hours is not None:
        bound.update(from_hour=hours.from_hour, before_hour=hours.before_hour)
    return bound


def whole_hours(scope: Scope) -> Range:
    """
    Round a scope outwards to whole hours.

    Args:
        scope: The executions to count.

    Returns:
        All hours that the scope touches, without edges.
    """
    before = LAST_HOUR
    if scope.started_before is not None:
        before = hour_bucket(scope.started_before)
        if hour_start(before) != scope.started_before:
            before = next_hour(before)
    return Range(hour_bucket(scope.started_from or FIRST_HOUR), before, ())


def exact_hours(scope: Scope) -> Range:
    """
    Split a scope into whole hours and the parts of hours at both ends.

    Args:
        scope: The executions to count.

    Returns:
        The hours within the scope, and at most two edges.
    """
    first, last = scope.started_from, scope.started_before
    if first is not None and last is not None and hour_bucket(first) == hour_bucket(last):
        return Range(LAST_HOUR, LAST_HOUR, ((first, last),))
    edges = []
    from_hour, before_hour = FIRST_HOUR, LAST_HOUR
    if first is not None:
        from_hour = hour_bucket(first)
        if hour_start(from_hour) != first:
            from_hour = next_hour(from_hour)
            edges.append((first, hour_start(from_hour)))
    if last is not None:
        before_hour = hour_bucket(last)
        if hour_start(before_hour) != last:
            edges.append((hour_start(before_hour), last))
    return Range(from_hour, before_hour, tuple(edges))


def _counted_edges(connection: apsw.Connection, scope: Scope) -> tuple[Range, Tally]:
    hours, tally = exact_hours(scope), Tally()
    for first, last in hours.edges:
        rows = timed_rows(connection, scope, first, last, EDGE_ROWS + 1)
        if len(rows) > EDGE_ROWS:
            return whole_hours(scope), Tally()
        for _, status, duration_ms in rows:
            tally[status, bucket(duration_ms)] += 1
    return hours, tally


def timed_rows(
    connection: apsw.Connection, scope: Scope, first: str, last: str, limit: int
) -> list[Row]:
    """
    Read the executions of a scope that started between two times.

    Args:
        connection: Any connection.
        scope: The workflows and project; the scope's times are ignored.
        first: Canonical time; the first start included.
        last: Canonical time; the first start excluded.
        limit: The largest number of rows.

    Returns:
        The start, status and duration in milliseconds of each execution.
    """
    sql, bound = compile_timed_rows(scope, first, last, limit)
    return fetch_all(connection, sql, bound)


def compile_timed_rows(
    scope: Scope, first: str, last: str, limit: int
) -> tuple[str, tuple[Any, ...]]:
    """
    Compile the statement of `timed_rows`.

    Args:
        scope: The workflows and project; the scope's times are ignored.
        first: Canonical time; the first start included.
        last: Canonical time; the first start excluded.
        limit: The largest number of rows.

    Returns:
        The statement and its bound values.
    """
    where = ["started_at >= ?", "started_at < ?"]
    bound: list[Any] = [first, last]
    if scope.workflow_ids:
        where.append("workflow_id IN (SELECT value FROM json_each(?))")
        bound.append(json.dumps(scope.workflow_ids))
    if scope.project_id is not None:
        where.append("+project_id = ?" if scope.workflow_ids else "project_id = ?")
        bound.append(scope.project_id)
    sql = f"SELECT started_at, status, duration_ms FROM executions WHERE {' AND '.join(where)}"
    return f"{sql} LIMIT ?", (*bound, limit)


def workflows(
    connection: apsw.Connection,
    scope: Scope,
    limit: int | None = None,
    after: WorkflowPlace | None = None,
) -> tuple[WorkflowMetrics, ...]:
    """Count and time by workflow and project; see `HistoryViews.workflows`."""
    rows = fetch_all(
        connection,
        chosen_places(
            "execution_aggregates",
            "workflow, project, status, bucket, sum(count), max(iif(count > 0, hour, ''))",
        )
        + " GROUP BY 1, 2, 3, 4",
        bound_values(scope, whole_hours(scope)),
    )
    tallies: defaultdict[tuple[str, str], Tally] = defaultdict(Tally)
    hours: dict[tuple[str, str], str] = {}
    for workflow, project, status, number, count, hour in rows:
        tallies[workflow, project][status, number] += count
        hours[workflow, project] = max(hour, hours.get((workflow, project), ""))
    order = sorted(
        (-counted(tallies[place]).total, *place) for place, hour in hours.items() if hour
    )
    if after is not None:
        order = order[bisect_right(order, (-after.total, after.workflow_id, after.project_id)) :]
    page = [(workflow, project) for _, workflow, project in order[:limit]]
    wanted = json.dumps([[*place, hours[place]] for place in page])
    newest = {
        (workflow, project): json.loads(found) if found else (workflow, None)
        for workflow, project, found in fetch_all(
            connection, _queries["newest_of_places"], (wanted,)
        )
    }
    return tuple(
        _workflow_measures(place, tallies[place], *newest[place])
        for place in page
        if place in newest
    )


def _workflow_measures(
    place: tuple[str, str], tally: Tally, name: str, last_started_at: str | None
) -> WorkflowMetrics:
    sums = counted(tally)
    p50_ms, p95_ms = durations(tally)
    return WorkflowMetrics(
        workflow_id=place[0],
        project_id=place[1] or None,
        workflow_name=name,
        total=sums.total,
        success=sums.success,
        error=sums.error,
        running=sums.running,
        p50_ms=p50_ms,
        p95_ms=p95_ms,
        last_started_at=last_started_at,
    )


def projects(connection: apsw.Connection) -> tuple[str, ...]:
    """List the projects that have executions; see `HistoryViews.projects`."""
    sql = f"{places_in('execution_aggregates')} {_queries['projects']}"
    return tuple(row[0] for row in fetch_all(connection, sql, {"workflow_ids": None}))


def first_hour(connection: apsw.Connection, scope: Scope) -> str | None:
    """
    Find the first hour in which executions of a scope started.

    Args:
        connection: Any connection.
        scope: The workflows and project; the scope's times are ignored.

    Returns:
        The hour; None when there are no executions.
    """
    sql = f"{places_in('execution_aggregates')} {_queries['first_hour']}"
    row = fetch_one(connection, sql, bound_values(scope))
    return None if row is None else row[0]


def nodes(connection: apsw.Connection, scope: Scope, limit: int) -> tuple[NodeMetrics, ...]:
    """Count and time by node; see `HistoryViews.nodes`."""
    rows = fetch_all(
        connection,
        chosen_places("node_aggregates", "workflow, node_id, status, bucket, sum(count)")
        # The node that stands for a whole workflow has the workflow's id.
        + " AND node_id <> workflow GROUP BY 1, 2, 3, 4",
        bound_values(scope, whole_hours(scope)),
    )
    tallies: defaultdict[tuple[str, str], Tally] = defaultdict(Tally)
    for workflow, node_id, status, number, count in rows:
        tallies[workflow, node_id][status, number] += count
    timed = [(place, tally, *durations(tally)) for place, tally in tallies.items()]
    timed.sort(key=lambda one: (-(one[3] if one[3] is not None else -1.0), one[0]))
    slowest = timed[:limit]
    names = _names_of_nodes(connection, {place[0] for place, *_ in slowest})
    return tuple(
        NodeMetrics(
            workflow_id=place[0],
            node_id=place[1],
            node_name=names.get(place, (place[1], ""))[0],
            node_type=names.get(place, (place[1], ""))[1],
            total=tally.total(),
            success=_of_status(tally, "success"),
            error=_of_status(tally, "error"),
            p50_ms=p50_ms,
            p95_ms=p95_ms,
        )
        for place, tally, p50_ms, p95_ms in slowest
    )


def _of_status(tally: Tally, wanted: str) -> int:
    return sum(count for (status, _), count in tally.items() if status == wanted)


def _names_of_nodes(
    connection: apsw.Connection, workflow_ids: Iterable[str]
) -> dict[tuple[str, str], tuple[str, str]]:
    wanted = json.dumps(sorted(workflow_ids))
    rows: Iterator[Row] = iter(fetch_all(connection, _queries["names_of_nodes"], (wanted,)))
    return {(workflow, node_id): (name, kind) for workflow, node_id, name, kind in rows}
