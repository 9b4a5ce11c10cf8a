"""Convert times to the hours of the running aggregates and to the even steps of a series."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from flightlog.record.times import normalize_time

HOUR_MS: Final = 3_600_000
_DAY_MS: Final = 24 * HOUR_MS
STEPS_MS: Final = (
    *(1_000 * seconds for seconds in (1, 2, 5, 10, 15, 30)),
    *(60_000 * minutes for minutes in (1, 2, 5, 10, 15, 30)),
    *(HOUR_MS * hours for hours in (1, 2, 3, 6, 12)),
    *(_DAY_MS * days for days in (1, 2, 7, 14, 28, 91, 364)),
)
"""
The possible steps of a series, milliseconds. Each step divides the next hour or day, or is a number
of whole days.
"""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_HOUR: Final = ""
LAST_HOUR: Final = "9999-99"
_MIN_MS: Final = -62_135_596_800_000
_MAX_MS: Final = 253_402_300_799_000


def find_hour(moment: str) -> str:
    """
    Find the hour of a time.

    Args:
        moment: Canonical time.

    Returns:
        The hour as the aggregates name it, e.g. `2026-11-22T19`.
    """
    return moment[:13]


def find_hour_start(hour: str) -> str:
    """
    Find the time at which an hour begins.

    Args:
        hour: The hour as the aggregates name it.

    Returns:
        Canonical time.
    """
    return f"{hour}:00:00.000000Z"


def find_next_hour(hour: str) -> str:
    """
    Find the hour after an hour.

    Args:
        hour: The hour as the aggregates name it.

    Returns:
        The following hour.
    """
    return find_hour(from_milliseconds(to_milliseconds(find_hour_start(hour)) + HOUR_MS))


def to_milliseconds(moment: str) -> int:
    """
    Convert a time to milliseconds since 1970.

    Args:
        moment: Canonical time.

    Returns:
        Whole milliseconds, rounded down.
    """
    return (datetime.fromisoformat(moment) - _EPOCH) // timedelta(milliseconds=1)


def from_milliseconds(milliseconds: int) -> str:
    """
    Convert milliseconds since 1970 to a time.

    Args:
        milliseconds: Milliseconds since 1970.

    Returns:
        Canonical time, limited to the years 1 to 9999.
    """
    moment = _EPOCH + timedelta(milliseconds=min(max(milliseconds, _MIN_MS), _MAX_MS))
    return normalize_time(moment.isoformat())


def choose_step(span_ms: int, points: int, least_ms: int = STEPS_MS[0]) -> int:
    """
    Find the smallest step that divides a span into at most a given number of steps.

    Args:
        span_ms: The span, milliseconds.
        points: The largest number of steps.
        least_ms: The smallest allowed step, milliseconds.

    Returns:
        The step, milliseconds.
    """
    for step_ms in STEPS_MS:
        if step_ms >= least_ms and span_ms <= step_ms * points:
            return step_ms
    return -(-span_ms // (points * _DAY_MS)) * _DAY_MS
