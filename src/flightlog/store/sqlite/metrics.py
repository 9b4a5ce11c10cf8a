"""
Counting and timing executions and nodes, from the running aggregates.

These count by the hour. Where a time range begins or ends within an hour, the executions of that
part are counted themselves, unless they are more than `EDGE_ROWS`: then the hour counts whole.
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
"""Executions of a part of an hour that are counted one by one."""

_queries: Final = load_queries("measures.sql")
_ENDED: Final = ("success", "error")

Tally: TypeAlias = Counter[tuple[str, int]]
"""Counts by status and bucket of duration."""


class Range(NamedTuple):
    """A range of time as whole hours and what is left over at its ends."""

    from_hour: str
    """The first whole hour."""
    before_hour: str
    """The hour after the last whole one."""
    edges: tuple[tuple[str, str], ...]
    """Parts of hours: from when, before when."""


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
    """What a tally comes to."""
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
    """The median and the 95th percentile of what ended, milliseconds."""
    numbers: Counter[int] = Counter()
    for (status, number), count in tally.items():
        if status in _ENDED:
            numbers[number] += count
    return percentile(numbers, 0.50), percentile(numbers, 0.95)


def chosen_places(table: str, columns: str) -> str:
    """A statement on aggregates of a scope within whole hours; to go on with `GROUP BY`."""
    rest = _queries["chosen_places"].format(table=table)
    return f"{places_in(table)} SELECT {columns} {rest}"


def places_in(table: str) -> str:
    """The beginning of a statement: the places of a scope, as the table `places`."""
    return _queries["places"].format(table=table)


def bound_values(scope: Scope, hours: Range | None = None) -> dict[str, Any]:
    """What a statement on places is given, and on hours if there are some."""
    bound: dict[str, Any] = {
        "workflow_ids": json.dumps(scope.workflow_ids) if scope.workflow_ids else None,
        "project_id": scope.project_id,
    }
    if hours is not None:
        bound.update(from_hour=hours.from_hour, before_hour=hours.before_hour)
    return bound


def whole_hours(scope: Scope) -> Range:
    """The hours that a scope touches, each whole."""
    before = LAST_HOUR
    if scope.started_before is not None:
        before = hour_bucket(scope.started_before)
        if hour_start(before) != scope.started_before:
            before = next_hour(before)
    return Range(hour_bucket(scope.started_from or FIRST_HOUR), before, ())


def exact_hours(scope: Scope) -> Range:
    """The hours that are within a scope, and what is left over at its ends."""
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
    """When executions of a scope started between two moments, with status and duration."""
    sql, bound = compile_timed_rows(scope, first, last, limit)
    return fetch_all(connection, sql, bound)


def compile_timed_rows(
    scope: Scope, first: str, last: str, limit: int
) -> tuple[str, tuple[Any, ...]]:
    """Compile what `timed_rows` asks for."""
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
    """The projects that have executions; see `HistoryViews.projects`."""
    sql = f"{places_in('execution_aggregates')} {_queries['projects']}"
    return tuple(row[0] for row in fetch_all(connection, sql, {"workflow_ids": None}))


def first_hour(connection: apsw.Connection, scope: Scope) -> str | None:
    """The first hour that executions of a scope started in; None when there are none."""
    sql = f"{places_in('execution_aggregates')} {_queries['first_hour']}"
    row = fetch_one(connection, sql, bound_values(scope))
    return None if row is None else row[0]


def nodes(connection: apsw.Connection, scope: Scope, limit: int) -> tuple[NodeMetrics, ...]:
    """Count and time by node; see `HistoryViews.nodes`."""
    rows = fetch_all(
        connection,
        chosen_places("node_aggregates", "workflow, node_id, status, bucket, sum(count)")
        + " GROUP BY 1, 2, 3, 4",
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
