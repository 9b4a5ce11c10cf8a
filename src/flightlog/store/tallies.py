"""
Count by status and duration, and split times into the whole hours of the running aggregates.

Both ways of counting share these: by the aggregates, and by the executions of a search.

The aggregates count by the hour. If a time range begins or ends within an hour, the executions of
that part of the hour are counted one by one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple, TypeAlias

from msgspec.structs import replace

from flightlog.store.histogram import compute_percentile
from flightlog.store.metrics import NodeMetrics, StatusCounts, WorkflowMetrics, WorkflowPlace
from flightlog.store.query import HistoryFilter
from flightlog.store.time_buckets import (
    FIRST_HOUR,
    LAST_HOUR,
    find_hour,
    find_hour_start,
    find_next_hour,
)

ENDED: Final = ("success", "error")
"""The statuses whose durations count."""

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
        if status in ENDED:
            numbers[number] += count
    return compute_percentile(numbers, 0.50), compute_percentile(numbers, 0.95)


def make_workflow_metrics(
    workflow_id: str, project_id: str, tally: Tally, name: str, last_started_at: str | None
) -> WorkflowMetrics:
    """
    Make the figures of a workflow.

    Args:
        workflow_id: The workflow.
        project_id: Its project; empty without a project.
        tally: Counts by status and duration bucket.
        name: The workflow's name.
        last_started_at: The start of the newest execution, canonical time.

    Returns:
        The figures.
    """
    sums = sum_statuses(tally)
    p50_ms, p95_ms = compute_percentiles(tally)
    return WorkflowMetrics(
        workflow_id=workflow_id,
        project_id=project_id or None,
        workflow_name=name,
        total=sums.total,
        success=sums.success,
        error=sums.error,
        running=sums.running,
        p50_ms=p50_ms,
        p95_ms=p95_ms,
        last_started_at=last_started_at,
    )


def order_places(
    tallies: Mapping[tuple[str, str], Tally], limit: int | None, after: WorkflowPlace | None
) -> list[tuple[str, str]]:
    """
    Order workflows by their executions, the most first, and choose a page of them.

    Args:
        tallies: Counts by status and duration bucket of each workflow and project.
        limit: The largest number of workflows; None means all.
        after: Only workflows after this position.

    Returns:
        The workflow and the project of each.
    """
    order = sorted((-tally.total(), *place) for place, tally in tallies.items())
    if after is not None:
        order = order[bisect_right(order, (-after.total, after.workflow_id, after.project_id)) :]
    return [(workflow, project) for _, workflow, project in order[:limit]]


def list_slowest_nodes(
    tallies: Mapping[tuple[str, str], Tally], limit: int
) -> tuple[NodeMetrics, ...]:
    """
    Make the figures of the slowest nodes, with their ids as names.

    Args:
        tallies: Counts by status and duration bucket of each workflow and node.
        limit: The largest number of nodes.

    Returns:
        The figures, the slowest 95th percentile first.
    """
    timed = [(place, tally, *compute_percentiles(tally)) for place, tally in tallies.items()]
    timed.sort(key=lambda node: (-(node[3] if node[3] is not None else -1.0), node[0]))
    return tuple(
        NodeMetrics(
            workflow_id=workflow_id,
            node_id=node_id,
            node_name=node_id,
            node_type="",
            total=tally.total(),
            success=_count_status(tally, "success"),
            error=_count_status(tally, "error"),
            p50_ms=p50_ms,
            p95_ms=p95_ms,
        )
        for (workflow_id, node_id), tally, p50_ms, p95_ms in timed[:limit]
    )


def name_nodes(
    nodes: Iterable[NodeMetrics], names: Mapping[tuple[str, str], tuple[str, str]]
) -> tuple[NodeMetrics, ...]:
    """
    Give nodes their names and types.

    Args:
        nodes: The figures of nodes.
        names: Name and type by workflow and node.

    Returns:
        The figures; a node without a known name keeps its id.
    """
    known = ((node, names.get((node.workflow_id, node.node_id))) for node in nodes)
    return tuple(
        node if found is None else replace(node, node_name=found[0], node_type=found[1])
        for node, found in known
    )


def _count_status(tally: Tally, wanted: str) -> int:
    return sum(count for (status, _), count in tally.items() if status == wanted)


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
