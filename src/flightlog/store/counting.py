"""
Count and time executions and nodes from the running aggregates.

If a time range begins or ends within an hour, this module counts the executions of that part of the
hour one by one. If there are more than `EDGE_ROWS` of these executions, the whole hour counts. Each
store implements the statements behind the protocol `CountStore`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, Protocol

from msgspec.structs import replace

from flightlog.record.times import normalize_time
from flightlog.store.histogram import NO_DURATION, compute_percentile, find_bucket
from flightlog.store.metrics import (
    Comparison,
    NodeList,
    PeriodTotals,
    StatusCounts,
    WorkflowList,
    WorkflowPlace,
)
from flightlog.store.query import HistoryFilter
from flightlog.store.results import ExecutionStats, RemovedStats
from flightlog.store.row_functions import Row
from flightlog.store.searched_metrics import search_nodes, search_tally, search_workflows
from flightlog.store.surveying import SurveyStore
from flightlog.store.tallies import (
    ENDED,
    Range,
    Tally,
    compute_percentiles,
    list_slowest_nodes,
    make_workflow_metrics,
    name_nodes,
    order_places,
    round_to_hours,
    split_hours,
    sum_statuses,
)

EDGE_ROWS: Final = 10_000
"""The largest number of executions in a part of an hour that are counted one by one."""

_EARLIEST: Final = datetime(1, 1, 2, tzinfo=UTC)


class CountStore(SurveyStore, Protocol):
    """Reads the running aggregates, all in one snapshot; whole hours of the filter count."""

    def sum_executions(self, chosen: HistoryFilter, hours: Range) -> list[Row]:
        """
        Read counts and sums of microseconds by status and bucket.

        Args:
            chosen: The executions.
            hours: The hours that count.

        Returns:
            The status, the bucket, the count and the microseconds of each row.
        """
        ...

    def sum_periods(self, chosen: HistoryFilter, hours: Range, length: int) -> list[Row]:
        """
        Read counts by period, status and bucket.

        Args:
            chosen: The executions.
            hours: The hours that count.
            length: The length of a period, hours; it divides a day.

        Returns:
            The first hour of each period, the status, the bucket and the count.
        """
        ...

    def sum_places(self, chosen: HistoryFilter, hours: Range) -> list[Row]:
        """Read counts and the last counted hour by workflow, project, status and bucket."""
        ...

    def sum_nodes(self, chosen: HistoryFilter, hours: Range) -> list[Row]:
        """Read counts by workflow, node, status and bucket, without nodes named as workflows."""
        ...

    def find_first_hour(self, chosen: HistoryFilter) -> str | None:
        """
        Find the first hour in which executions started, whatever the filter's times.

        Args:
            chosen: The executions.

        Returns:
            The hour; None where there are no executions.
        """
        ...

    def list_projects(self) -> list[str]:
        """
        List the projects in the aggregates, in alphabetical order.

        Returns:
            The projects.
        """
        ...

    def find_newest(
        self, places: Sequence[tuple[str, str, str]]
    ) -> Mapping[tuple[str, str], tuple[str, str | None]]:
        """
        Find the workflow's name and the start of the newest execution of each place.

        A place is a workflow, a project and the last hour that has a count.

        Args:
            places: The places.

        Returns:
            The name and the start by workflow and project.
        """
        ...

    def fetch_node_names(self, workflow_ids: Sequence[str], project_id: str | None) -> list[Row]:
        """
        Read workflow, id, name and type of nodes of the newest executions of workflows.

        Args:
            workflow_ids: The workflows.
            project_id: Their project; None for any.

        Returns:
            The rows.
        """
        ...

    def fetch_started(self, chosen: HistoryFilter, limit: int) -> list[Row]:
        """
        Read start, status and duration of the newest executions that a filter chooses.

        Args:
            chosen: The executions.
            limit: The largest number of rows.

        Returns:
            The rows.
        """
        ...

    def read_removed(self, chosen: HistoryFilter) -> RemovedStats | None:
        """
        Add up what retention has removed.

        Args:
            chosen: The executions.

        Returns:
            The sums; None when nothing was removed.
        """
        ...


def read_counts(reads: CountStore, chosen: HistoryFilter) -> StatusCounts:
    """Count executions; see `ExecutionReader.count_by_status`."""
    tally, searched_to = _count(reads, chosen)
    return replace(sum_statuses(tally), searched_to=searched_to)


def read_comparison(reads: CountStore, chosen: HistoryFilter, now: str) -> Comparison:
    """
    Count and time a period and the period before it; see `ExecutionReader.compare_periods`.

    Args:
        reads: Reads the rows.
        chosen: The executions.
        now: Canonical time; the end of a filter that has none.

    Returns:
        Both periods.
    """
    first, last = chosen.started_from, chosen.started_before or now
    current = _read_period(reads, chosen, first, last)
    if first is None or first >= last or current.searched_to is not None:
        return Comparison(current=current, previous=None)
    # Canonical times have microseconds, which the periods keep.
    start = datetime.fromisoformat(first)
    length = datetime.fromisoformat(last) - start
    if length > start - _EARLIEST:
        return Comparison(current=current, previous=None)
    before = normalize_time((start - length).isoformat())
    return Comparison(current=current, previous=_read_period(reads, chosen, before, first))


def _read_period(
    reads: CountStore, chosen: HistoryFilter, first: str | None, last: str
) -> PeriodTotals:
    within = replace(chosen, started_from=first, started_before=last)
    tally, searched_to = _count(reads, within)
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
        searched_to=searched_to,
    )


def _count(reads: CountStore, chosen: HistoryFilter) -> tuple[Tally, str | None]:
    if not chosen.is_countable():
        return search_tally(reads, chosen)
    hours, tally = _count_edges(reads, chosen)
    for status, number, count, _ in reads.sum_executions(chosen, hours):
        tally[status, number] += count
    return tally, None


def read_stats(reads: CountStore, chosen: HistoryFilter) -> ExecutionStats:
    """Count and time executions; see `ExecutionReader.read_stats`."""
    chosen.check_countable()
    by_status, numbers, total_us = Counter[str](), Counter[int](), 0.0
    for status, number, count, duration_us in reads.sum_executions(chosen, round_to_hours(chosen)):
        by_status[status] += count
        if status in ENDED and number != NO_DURATION:
            numbers[number] += count
            total_us += duration_us
    newest = reads.select(chosen.make_page_query(limit=1), is_bounded=False).positions
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
        removed=reads.read_removed(chosen),
    )


def _count_edges(reads: CountStore, chosen: HistoryFilter) -> tuple[Range, Tally]:
    hours, tally = split_hours(chosen), Tally()
    for first, last in hours.edges:
        rows = read_timed_rows(reads, chosen, first, last, EDGE_ROWS + 1)
        if len(rows) > EDGE_ROWS:
            return round_to_hours(chosen), Tally()
        for _, status, duration_ms in rows:
            tally[status, find_bucket(duration_ms)] += 1
    return hours, tally


def read_timed_rows(
    reads: CountStore, chosen: HistoryFilter, first: str, last: str, limit: int
) -> list[Row]:
    """
    Read the executions of a filter that started between two times.

    Args:
        reads: Reads the rows.
        chosen: The executions; the filter's own times are ignored.
        first: Canonical time; the first start included.
        last: Canonical time; the first start excluded.
        limit: The largest number of rows.

    Returns:
        The start, status and duration in milliseconds of each execution.
    """
    within = replace(chosen, started_from=first, started_before=last)
    return reads.fetch_started(within, limit)


def read_workflows(
    reads: CountStore,
    chosen: HistoryFilter,
    limit: int | None = None,
    after: WorkflowPlace | None = None,
) -> WorkflowList:
    """Count and time by workflow and project; see `ExecutionReader.list_workflows`."""
    if not chosen.is_countable():
        return search_workflows(reads, chosen, limit, after)
    rows = reads.sum_places(chosen, round_to_hours(chosen))
    tallies: defaultdict[tuple[str, str], Tally] = defaultdict(Tally)
    hours: dict[tuple[str, str], str] = {}
    for workflow, project, status, number, count, hour in rows:
        tallies[workflow, project][status, number] += count
        hours[workflow, project] = max(hour, hours.get((workflow, project), ""))
    counted = {place: tallies[place] for place, hour in hours.items() if hour}
    page = order_places(counted, limit, after)
    newest = reads.find_newest([(*place, hours[place]) for place in page])
    return WorkflowList(
        tuple(
            make_workflow_metrics(*place, tallies[place], *newest[place])
            for place in page
            if place in newest
        ),
        searched_to=None,
    )


def read_nodes(reads: CountStore, chosen: HistoryFilter, limit: int) -> NodeList:
    """Count and time by node; see `ExecutionReader.list_nodes`."""
    if not chosen.is_countable():
        return search_nodes(reads, chosen, limit)
    rows = reads.sum_nodes(chosen, round_to_hours(chosen))
    tallies: defaultdict[tuple[str, str], Tally] = defaultdict(Tally)
    for workflow, node_id, status, number, count in rows:
        tallies[workflow, node_id][status, number] += count
    slowest = list_slowest_nodes(tallies, limit)
    names = _read_node_names(reads, {node.workflow_id for node in slowest}, chosen.project_id)
    return NodeList(name_nodes(slowest, names), searched_to=None)


def _read_node_names(
    reads: CountStore, workflow_ids: Iterable[str], project_id: str | None
) -> dict[tuple[str, str], tuple[str, str]]:
    rows = reads.fetch_node_names(sorted(workflow_ids), project_id)
    return {(workflow, node_id): (name, kind) for workflow, node_id, name, kind in rows}
