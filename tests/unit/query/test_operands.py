"""Times and durations in queries."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from flightlog.query.expressions import Between
from flightlog.query.operands import (
    Reader,
    compare_times,
    make_period_test,
    read_duration,
    read_period,
)

BERLIN = Reader(now=datetime(2026, 11, 29, 23, 30, tzinfo=UTC), zone=ZoneInfo("Europe/Berlin"))


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("today", "2026-11-29T23:00", "2026-11-30T23:00"),
        ("yesterday", "2026-11-28T23:00", "2026-11-29T23:00"),
        ("2026-11-22", "2026-11-21T23:00", "2026-11-22T23:00"),
        ("2026-12", "2026-11-30T23:00", "2026-12-31T23:00"),
        ("2026-03-29", "2026-03-28T23:00", "2026-03-29T22:00"),
        ("2026-11-22T19:04", "2026-11-22T18:04", "2026-11-22T18:05"),
        ("2026-11-22T19:04Z", "2026-11-22T19:04", "2026-11-22T19:05"),
        ("now", "2026-11-29T23:30", "2026-11-29T23:30"),
        ("-2h", "2026-11-29T21:30", "2026-11-29T21:30"),
    ],
)
def test_a_time_is_a_period_of_the_readers_zone(text: str, start: str, end: str) -> None:
    """Days begin at the reader's midnight; a day with a change of the clock has 23 or 25 hours."""
    assert read_period(text, BERLIN) == (f"{start}:00.000000Z", f"{end}:00.000000Z")


def test_a_second_is_a_period_and_a_fraction_a_moment() -> None:
    """The precision of the text is the length of the period."""
    second = read_period("2026-11-22T19:04:11Z", BERLIN)
    assert second.end == "2026-11-22T19:04:12.000000Z"
    moment = read_period("2026-11-22T19:04:11.5Z", BERLIN)
    assert moment == ("2026-11-22T19:04:11.500000Z", "2026-11-22T19:04:11.500000Z")


def test_comparisons_include_or_exclude_the_whole_period() -> None:
    """`>` a day begins after the day, and `<=` a day includes the day."""
    start, end = read_period("2026-11-22", BERLIN)
    assert compare_times(">", "2026-11-22", BERLIN) == Between(low=end)
    assert compare_times(">=", "2026-11-22", BERLIN) == Between(low=start)
    assert compare_times("<", "2026-11-22", BERLIN) == Between(high=start, with_high=False)
    assert compare_times("<=", "2026-11-22", BERLIN) == Between(high=end, with_high=False)
    assert compare_times(">", "now", BERLIN).with_low is False
    assert compare_times("<=", "now", BERLIN).with_high is True


def test_a_range_includes_its_last_period() -> None:
    """`a..b` ends with the end of b, and `a..<b` with its start."""
    first, last = read_period("2026-11-01", BERLIN), read_period("2026-11-05", BERLIN)
    whole = make_period_test("2026-11-01", "2026-11-05", BERLIN)
    assert whole == Between(first.start, last.end, with_high=False)
    before = make_period_test("2026-11-01", "2026-11-05", BERLIN, with_last=False)
    assert before == Between(first.start, last.start, with_high=False)


def test_without_a_zone_times_are_of_this_machine() -> None:
    """A reader at this machine needs no zone."""
    local = Reader(now=datetime(2026, 11, 29, 12, tzinfo=UTC))
    start = datetime(2026, 11, 22).astimezone()
    assert read_period("2026-11-22", local).start == (
        start.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000000Z")
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2s", "2000ms"),
        ("1.5min", "90000ms"),
        ("250", "250ms"),
        ("0.5ms", "0.5ms"),
        ("1h", "3600000ms"),
    ],
)
def test_durations_are_milliseconds(text: str, expected: str) -> None:
    """Every unit becomes milliseconds, which read the same again."""
    assert read_duration(text) == read_duration(expected) == expected
