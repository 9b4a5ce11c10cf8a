"""
Count by status and duration, and split times into the whole hours of the running aggregates.

The aggregates count by the hour. If a time range begins or ends within an hour, the executions of
that part of the hour are counted one by one.
"""

from __future__ import annotations

from collections import Counter
from typing import Final, NamedTuple, TypeAlias

from flightlog.store.histogram import compute_percentile
from flightlog.store.metrics import StatusCounts
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
