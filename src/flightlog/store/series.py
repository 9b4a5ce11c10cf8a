"""
Count executions over time, in even steps.

Steps of whole hours come from the aggregates, and shorter steps come from the rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from msgspec.structs import replace

from flightlog.errors import InvalidQueryError
from flightlog.store.counting import CountStore, read_timed_rows
from flightlog.store.histogram import find_bucket
from flightlog.store.metrics import Series, SeriesPoint
from flightlog.store.query import HistoryFilter
from flightlog.store.surveying import COUNTED_EXECUTIONS, read_timed, survey
from flightlog.store.tallies import (
    Range,
    Tally,
    compute_percentiles,
    round_to_hours,
    sum_statuses,
)
from flightlog.store.time_buckets import (
    HOUR_MS,
    choose_step,
    find_hour_start,
    from_milliseconds,
    to_milliseconds,
)

MAX_POINTS: Final = 1_000
SERIES_ROWS: Final = 20_000
"""The largest number of executions counted one by one; with more, the steps are hours."""

_DAY_HOURS: Final = 24
_NOTHING: Final = Series(step_ms=HOUR_MS, points=())


def read_series(reads: CountStore, chosen: HistoryFilter, points: int, now: str) -> Series:
    """
    Count and time executions over time; see `ExecutionReader.read_series`.

    Args:
        reads: Reads the rows.
        chosen: The executions to count.
        points: The approximate largest number of steps.
        now: Canonical time; the end of a filter that has none.

    Returns:
        The steps.

    Raises:
        InvalidQueryError: `points` is out of range.
    """
    if not 1 <= points <= MAX_POINTS:
        raise InvalidQueryError(
            "points", f"is {points}", hint=f"It must be from 1 to {MAX_POINTS:,}."
        )
    if not chosen.is_countable():
        return _read_surveyed(reads, chosen, points, now)
    first = chosen.started_from
    if first is None:
        hour = reads.find_first_hour(chosen)
        if hour is None:
            return _NOTHING
        first = find_hour_start(hour)
    last = chosen.started_before or now
    if first >= last:
        return _NOTHING
    span_ms = to_milliseconds(last) - to_milliseconds(first)
    step_ms = choose_step(span_ms, points)
    if step_ms < HOUR_MS:
        rows = read_timed_rows(reads, chosen, first, last, SERIES_ROWS + 1)
        if len(rows) <= SERIES_ROWS:
            timed = (
                (started_at, status, find_bucket(duration_ms))
                for started_at, status, duration_ms in rows
            )
            return _make_series(_count_by_step(timed, step_ms), first, last, step_ms)
        step_ms = choose_step(span_ms, points, HOUR_MS)
    hours = round_to_hours(HistoryFilter(started_from=first, started_before=last))
    return _make_series(_count_by_hour(reads, chosen, hours, step_ms), first, last, step_ms)


def _read_surveyed(reads: CountStore, chosen: HistoryFilter, points: int, now: str) -> Series:
    found = survey(reads, chosen, COUNTED_EXECUTIONS)
    timed = [*read_timed(reads, found)]
    first = chosen.started_from or min((started_at for started_at, *_ in timed), default=now)
    last = chosen.started_before or now
    if first >= last:
        return replace(_NOTHING, searched_to=found.searched_to)
    step_ms = choose_step(to_milliseconds(last) - to_milliseconds(first), points)
    series = _make_series(_count_by_step(timed, step_ms), first, last, step_ms)
    return replace(series, searched_to=found.searched_to)


def _count_by_step(timed: Iterable[tuple[str, str, int]], step_ms: int) -> defaultdict[int, Tally]:
    tallies: defaultdict[int, Tally] = defaultdict(Tally)
    for started_at, status, bucket in timed:
        tallies[to_milliseconds(started_at) // step_ms * step_ms][status, bucket] += 1
    return tallies


def _count_by_hour(
    reads: CountStore, chosen: HistoryFilter, hours: Range, step_ms: int
) -> defaultdict[int, Tally]:
    # The database sums the hours of a day, so that few rows are read.
    rows = reads.sum_periods(chosen, hours, min(step_ms // HOUR_MS, _DAY_HOURS))
    tallies: defaultdict[int, Tally] = defaultdict(Tally)
    starts: dict[str, int] = {}
    for hour, status, number, count in rows:
        if hour not in starts:
            starts[hour] = to_milliseconds(find_hour_start(hour)) // step_ms * step_ms
        tallies[starts[hour]][status, number] += count
    return tallies


def _make_series(tallies: defaultdict[int, Tally], first: str, last: str, step_ms: int) -> Series:
    begin = to_milliseconds(first) // step_ms * step_ms
    end = max(to_milliseconds(last), begin + 1)
    found = []
    for start in range(begin, end, step_ms):
        tally = tallies.get(start, Tally())
        sums = sum_statuses(tally)
        p50_ms, p95_ms = compute_percentiles(tally)
        found.append(
            SeriesPoint(
                start=from_milliseconds(start),
                success=sums.success,
                error=sums.error,
                running=sums.running,
                p50_ms=p50_ms,
                p95_ms=p95_ms,
            )
        )
    return Series(step_ms=step_ms, points=tuple(found))
