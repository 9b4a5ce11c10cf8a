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
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final, NamedTuple, TypeAlias

import apsw
from msgspec.structs import replace

from flightlog.record.times import normalize_time
from flightlog.store.histogram import NO_DURATION, compute_percentile, find_bucket
from flightlog.store.metrics import (
    Comparison,
    NodeMetrics,
    PeriodTotals,
    StatusCounts,
    WorkflowMetrics,
    WorkflowPlace,
)
from flightlog.store.query import EVERYTHING, HistoryFilter
from flightlog.store.results import ExecutionStats
from flightlog.store.sqlite.compression import Codec
from flightlog.store.sqlite.queries import Row, fetch_all, fetch_one, load_queries
from flightlog.store.sqlite.removed_days import read_removed
from flightlog.store.sqlite.selection import read_chosen, select
from flightlog.store.sqlite.survey import COUNTED_EXECUTIONS, read_timed, survey
from flightlog.store.time_buckets import (
    FIRST_HOUR,
    LAST_HOUR,
    find_hour,
    find_hour_start,
    find_next_hour,
)

EDGE_ROWS: Final = 10_000
"""The largest number of executions in a part of an hour that are counted one by one."""

_queries: Final = load_queries("metrics.sql")
_ENDED: Final = ("success", "error")
_EARLIEST: Final = datetime(1, 1, 2, tzinfo=UTC)

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


def read_counts(connection: apsw.Connection, codec: Codec, chosen: HistoryFilter) -> StatusCounts:
    """Count executions; see `ExecutionReader.count_by_status`."""
    if not chosen.is_countable():
        found = survey(connection, codec, chosen, COUNTED_EXECUTIONS)
        timed = read_timed(connection, found)
        counted = Counter((status, bucket) for _, status, bucket in timed)
        return replace(sum_statuses(counted), searched_to=found.searched_to)
    return sum_statuses(_count(connection, chosen))


def read_comparison(connection: apsw.Connection, chosen: HistoryFilter, now: str) -> Comparison:
    """
    Count and time a period and the period before it; see `ExecutionReader.compare_periods`.

    Args:
        connection: A connection within a read transaction.
        chosen: The executions.
        now: Canonical time; the end of a filter that has none.

    Returns:
        Both periods.
    """
    chosen.check_countable()
    first, last = chosen.started_from, chosen.started_before or now
    current = _read_period(connection, chosen, first, last)
    if first is None or first >= last:
        return Comparison(current=current, previous=None)
    # Canonical times have microseconds, which the periods keep.
    start = datetime.fromisoformat(first)
    length = datetime.fromisoformat(last) - start
    if length > start - _EARLIEST:
        return Comparison(current=current, previous=None)
    before = normalize_time((start - length).isoformat())
    return Comparison(current=current, previous=_read_period(connection, chosen, before, first))


def _read_period(
    connection: apsw.Connection, chosen: HistoryFilter, first: str | None, last: str
) -> PeriodTotals:
    tally = _count(connection, replace(chosen, started_from=first, started_before=last))
    sums = sum_statuses(tally)
    p50_ms, p95_ms = compute_percentiles(tally)
    return PeriodTotals(
        after=first,
        before=last,
        total=sums.total,
        success=sums.success,
        error=sums.error,
        running=sums.running,
        p50_ms=p50_ms,
        p95_ms=p95_ms,
    )


def _count(connection: apsw.Connection, chosen: HistoryFilter) -> Tally:
    hours, tally = _count_edges(connection, chosen)
    rows = fetch_all(
        connection,
        f"{select_places('execution_aggregates', 'status, bucket, sum(count)')} GROUP BY 1, 2",
        bind_filter(chosen, hours),
    )
    for status, number, count in rows:
        tally[status, number] += count
    return tally


def read_stats(connection: apsw.Connection, chosen: HistoryFilter) -> ExecutionStats:
    """Count and time executions; see `ExecutionReader.read_stats`."""
    chosen.check_countable()
    columns = "status, bucket, sum(count), total(duration_us)"
    if chosen == EVERYTHING:
        # Each aggregate counts, so one scan is faster than a search for each place.
        sql, bound = f"SELECT {columns} FROM execution_aggregates", {}
    else:
        sql = select_places("execution_aggregates", columns)
        bound = bind_filter(chosen, round_to_hours(chosen))
    by_status, numbers, total_us = Counter[str](), Counter[int](), 0.0
    for status, number, count, duration_us in fetch_all(connection, f"{sql} GROUP BY 1, 2", bound):
        by_status[status] += count
        if status in _ENDED and number != NO_DURATION:
            numbers[number] += count
            total_us += duration_us
    newest = select(connection, chosen.make_page_query(limit=1)).positions
    return ExecutionStats(
        total=by_status.total(),
        success=by_status["success"],
        error=by_status["error"],
        running=by_status["running"],
        mean_duration_ms=total_us / numbers.total() / 1000 if numbers else None,
        p50_duration_ms=compute_percentile(numbers, 0.50),
        p95_duration_ms=compute_percentile(numbers, 0.95),
        p99_duration_ms=compute_percentile(numbers, 0.99),
        last_started_at=newest[0].started_at if newest else None,
        removed=read_removed(connection, chosen),
    )


def sum_statuses(tally: Tally) -> StatusCounts:
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


def compute_percentiles(tally: Tally) -> tuple[float | None, float | None]:
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
    return compute_percentile(numbers, 0.50), compute_percentile(numbers, 0.95)


@cache
def select_places(table: str, columns: str) -> str:
    """
    Write the beginning of a statement on the aggregates of a chosen within whole hours.

    Args:
        table: The table of aggregates.
        columns: The columns to select.

    Returns:
        SQL to which the caller appends `GROUP BY`.
    """
    rest = _queries["chosen_places"].format(table=table)
    return f"{write_places(table)} SELECT {columns} {rest}"


@cache
def write_places(table: str) -> str:
    """
    Write the beginning of a statement that names the places of a chosen `places`.

    Args:
        table: The table of aggregates.

    Returns:
        SQL to which the caller appends `SELECT`.
    """
    return _queries["all_places"].format(table=table)


def bind_filter(chosen: HistoryFilter, hours: Range | None = None) -> dict[str, Any]:
    """
    Build the bound values of a statement on places.

    Args:
        chosen: The executions to count.
        hours: The hours to count; None when the statement does not select hours.

    Returns:
        The values by parameter name.
    """
    bound: dict[str, Any] = {
        "workflow_ids": json.dumps(chosen.workflow_ids) if chosen.workflow_ids else None,
        "project_id": chosen.project_id,
    }
    if hours is not None:
        bound.update(from_hour=hours.from_hour, before_hour=hours.before_hour)
    return bound


def round_to_hours(chosen: HistoryFilter) -> Range:
    """
    Round a chosen outwards to whole hours.

    Args:
        chosen: The executions to count.

    Returns:
        All hours that the chosen touches, without edges.
    """
    before = LAST_HOUR
    if chosen.started_before is not None:
        before = find_hour(chosen.started_before)
        if find_hour_start(before) != chosen.started_before:
            before = find_next_hour(before)
    return Range(find_hour(chosen.started_from or FIRST_HOUR), before, ())


def split_hours(chosen: HistoryFilter) -> Range:
    """
    Split a chosen into whole hours and the parts of hours at both ends.

    Args:
        chosen: The executions to count.

    Returns:
        The hours within the chosen, and at most two edges.
    """
    first, last = chosen.started_from, chosen.started_before
    if first is not None and last is not None and find_hour(first) == find_hour(last):
        return Range(LAST_HOUR, LAST_HOUR, ((first, last),))
    edges = []
    from_hour, before_hour = FIRST_HOUR, LAST_HOUR
    if first is not None:
        from_hour = find_hour(first)
        if find_hour_start(from_hour) != first:
            from_hour = find_next_hour(from_hour)
            edges.append((first, find_hour_start(from_hour)))
    if last is not None:
        before_hour = find_hour(last)
        if find_hour_start(before_hour) != last:
            edges.append((find_hour_start(before_hour), last))
    return Range(from_hour, before_hour, tuple(edges))


def _count_edges(connection: apsw.Connection, chosen: HistoryFilter) -> tuple[Range, Tally]:
    hours, tally = split_hours(chosen), Tally()
    for first, last in hours.edges:
        rows = read_timed_rows(connection, chosen, first, last, EDGE_ROWS + 1)
        if len(rows) > EDGE_ROWS:
            return round_to_hours(chosen), Tally()
        for _, status, duration_ms in rows:
            tally[status, find_bucket(duration_ms)] += 1
    return hours, tally


def read_timed_rows(
    connection: apsw.Connection, chosen: HistoryFilter, first: str, last: str, limit: int
) -> list[Row]:
    """
    Read the executions of a filter that started between two times.

    Args:
        connection: Any connection.
        chosen: The executions; the filter's own times are ignored.
        first: Canonical time; the first start included.
        last: Canonical time; the first start excluded.
        limit: The largest number of rows.

    Returns:
        The start, status and duration in milliseconds of each execution.
    """
    within = replace(chosen, started_from=first, started_before=last)
    return read_chosen(connection, within, "started_at, status, duration_ms", limit)


def read_workflows(
    connection: apsw.Connection,
    chosen: HistoryFilter,
    limit: int | None = None,
    after: WorkflowPlace | None = None,
) -> tuple[WorkflowMetrics, ...]:
    """Count and time by workflow and project; see `ExecutionReader.list_workflows`."""
    chosen.check_countable()
    rows = fetch_all(
        connection,
        select_places(
            "execution_aggregates",
            "workflow, project, status, bucket, sum(count), max(iif(count > 0, hour, ''))",
        )
        + " GROUP BY 1, 2, 3, 4",
        bind_filter(chosen, round_to_hours(chosen)),
    )
    tallies: defaultdict[tuple[str, str], Tally] = defaultdict(Tally)
    hours: dict[tuple[str, str], str] = {}
    for workflow, project, status, number, count, hour in rows:
        tallies[workflow, project][status, number] += count
        hours[workflow, project] = max(hour, hours.get((workflow, project), ""))
    order = sorted(
        (-sum_statuses(tallies[place]).total, *place) for place, hour in hours.items() if hour
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
        _make_workflow_metrics(place, tallies[place], *newest[place])
        for place in page
        if place in newest
    )


def _make_workflow_metrics(
    place: tuple[str, str], tally: Tally, name: str, last_started_at: str | None
) -> WorkflowMetrics:
    sums = sum_statuses(tally)
    p50_ms, p95_ms = compute_percentiles(tally)
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


def read_projects(connection: apsw.Connection) -> tuple[str, ...]:
    """List the projects that have executions; see `ExecutionReader.list_projects`."""
    sql = f"{write_places('execution_aggregates')} {_queries['projects']}"
    return tuple(row[0] for row in fetch_all(connection, sql, {"workflow_ids": None}))


def find_first_hour(connection: apsw.Connection, chosen: HistoryFilter) -> str | None:
    """
    Find the first hour in which executions of a chosen started.

    Args:
        connection: Any connection.
        chosen: The workflows and project; the chosen's times are ignored.

    Returns:
        The hour; None when there are no executions.
    """
    sql = f"{write_places('execution_aggregates')} {_queries['first_hour']}"
    row = fetch_one(connection, sql, bind_filter(chosen))
    return None if row is None else row[0]


def read_nodes(
    connection: apsw.Connection, chosen: HistoryFilter, limit: int
) -> tuple[NodeMetrics, ...]:
    """Count and time by node; see `ExecutionReader.list_nodes`."""
    chosen.check_countable()
    rows = fetch_all(
        connection,
        select_places("node_aggregates", "workflow, node_id, status, bucket, sum(count)")
        # The node that stands for a whole workflow has the workflow's id.
        + " AND node_id <> workflow GROUP BY 1, 2, 3, 4",
        bind_filter(chosen, round_to_hours(chosen)),
    )
    tallies: defaultdict[tuple[str, str], Tally] = defaultdict(Tally)
    for workflow, node_id, status, number, count in rows:
        tallies[workflow, node_id][status, number] += count
    timed = [(place, tally, *compute_percentiles(tally)) for place, tally in tallies.items()]
    timed.sort(key=lambda node: (-(node[3] if node[3] is not None else -1.0), node[0]))
    slowest = timed[:limit]
    workflow_ids = {place[0] for place, *_ in slowest}
    names = _read_node_names(connection, workflow_ids, chosen.project_id)
    return tuple(
        NodeMetrics(
            workflow_id=place[0],
            node_id=place[1],
            node_name=names.get(place, (place[1], ""))[0],
            node_type=names.get(place, (place[1], ""))[1],
            total=tally.total(),
            success=_count_status(tally, "success"),
            error=_count_status(tally, "error"),
            p50_ms=p50_ms,
            p95_ms=p95_ms,
        )
        for place, tally, p50_ms, p95_ms in slowest
    )


def _count_status(tally: Tally, wanted: str) -> int:
    return sum(count for (status, _), count in tally.items() if status == wanted)


def _read_node_names(
    connection: apsw.Connection, workflow_ids: Iterable[str], project_id: str | None
) -> dict[tuple[str, str], tuple[str, str]]:
    wanted = json.dumps(sorted(workflow_ids))
    rows: Iterator[Row] = iter(
        fetch_all(connection, _queries["names_of_nodes"], (wanted, project_id))
    )
    return {(workflow, node_id): (name, kind) for workflow, node_id, name, kind in rows}
