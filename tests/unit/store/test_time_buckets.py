"""Hours of aggregates and steps of series."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flightlog.store.time_buckets import (
    HOUR_MS,
    STEPS_MS,
    choose_step,
    find_hour,
    find_hour_start,
    find_next_hour,
    from_milliseconds,
    to_milliseconds,
)


def test_hour_of_a_time_begins_and_ends() -> None:
    """The next hour may be in the next year."""
    hour = find_hour("2026-12-31T23:59:59.999999Z")
    assert hour == "2026-12-31T23"
    assert find_hour_start(hour) == "2026-12-31T23:00:00.000000Z"
    assert find_next_hour(hour) == "2027-01-01T00"


@given(st.integers(-62_135_596_800_000, 253_402_300_799_000))
def test_milliseconds_are_read_as_they_were_written(milliseconds: int) -> None:
    """Times of the years 1 to 9999 come back."""
    assert to_milliseconds(from_milliseconds(milliseconds)) == milliseconds


def test_times_outside_of_the_calendar_are_its_ends() -> None:
    """A time before the year 1 or after the year 9999 is the first or last time."""
    assert from_milliseconds(-(10**18)) == "0001-01-01T00:00:00.000000Z"
    assert from_milliseconds(10**18).startswith("9999-12-31T23:59:59")


@given(st.integers(1, 10**14), st.integers(1, 1000))
def test_step_is_the_smallest_that_suffices(span_ms: int, points: int) -> None:
    """The steps cover the span, and the step before them would not."""
    step = choose_step(span_ms, points)
    assert step * points >= span_ms
    smaller = [each for each in STEPS_MS if each < step]
    assert all(each * points < span_ms for each in smaller)


@pytest.mark.parametrize("step", STEPS_MS)
def test_each_step_divides_an_hour_or_a_day_or_is_whole_days(step: int) -> None:
    """Series of these steps begin at whole hours or days."""
    day = 24 * HOUR_MS
    assert HOUR_MS % step == 0 or day % step == 0 or step % day == 0


def test_step_is_no_smaller_than_allowed() -> None:
    """A short span has the least allowed step."""
    assert choose_step(10, 10, least_ms=HOUR_MS) == HOUR_MS
