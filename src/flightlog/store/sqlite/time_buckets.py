"""Time in hours, as the running aggregates have it, and the even steps of a series."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from flightlog.record.model import canonical_time

HOUR_MS: Final = 3_600_000
_DAY_MS: Final = 24 * HOUR_MS
STEPS_MS: Final = (
    *(1_000 * seconds for seconds in (1, 2, 5, 10, 15, 30)),
    *(60_000 * minutes for minutes in (1, 2, 5, 10, 15, 30)),
    *(HOUR_MS * hours for hours in (1, 2, 3, 6, 12)),
    *(_DAY_MS * days for days in (1, 2, 7, 14, 28, 91, 364)),
)
"""The steps that a series may have; each divides the next hour or day, or is whole days."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_HOUR: Final = ""
LAST_HOUR: Final = "9999-99"
_MIN_MS: Final = -62_135_596_800_000
_MAX_MS: Final = 253_402_300_799_000


def hour_bucket(moment: str) -> str:
    """The hour that a canonical time is in, as the aggregates name it."""
    return moment[:13]


def hour_start(hour: str) -> str:
    """The canonical time at which an hour begins."""
    return f"{hour}:00:00.000000Z"


def next_hour(hour: str) -> str:
    """The hour after an hour."""
    return hour_bucket(from_milliseconds(to_milliseconds(hour_start(hour)) + HOUR_MS))


def to_milliseconds(moment: str) -> int:
    """A canonical time as milliseconds since 1970, rounded down."""
    return (datetime.fromisoformat(moment) - _EPOCH) // timedelta(milliseconds=1)


def from_milliseconds(milliseconds: int) -> str:
    """The canonical time of milliseconds since 1970; held within the years 1 to 9999."""
    moment = _EPOCH + timedelta(milliseconds=min(max(milliseconds, _MIN_MS), _MAX_MS))
    return canonical_time(moment.isoformat())


def step_for(span_ms: int, points: int, least_ms: int = STEPS_MS[0]) -> int:
    """The smallest step, at least `least_ms`, that makes so many points of a span, or fewer."""
    for step_ms in STEPS_MS:
        if step_ms >= least_ms and span_ms <= step_ms * points:
            return step_ms
    return -(-span_ms // (points * _DAY_MS)) * _DAY_MS
