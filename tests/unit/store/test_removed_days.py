from __future__ import annotations

import pytest

from flightlog.store.query import HistoryFilter
from flightlog.store.removed_days import Days, find_days


@pytest.mark.parametrize(
    ("first", "before", "days"),
    [
        (None, None, Days(None, None)),
        ("2026-11-18T00:00:00.000000Z", None, Days("2026-11-18", None)),
        ("2026-11-18T00:00:00.000001Z", None, Days("2026-11-18T", None)),
        (None, "2026-11-18T23:59:59.000000Z", Days(None, "2026-11-18")),
        (None, "2026-11-19T00:00:00.000000Z", Days(None, "2026-11-19")),
    ],
)
def test_only_whole_days_are_within_a_time(
    first: str | None, before: str | None, days: Days
) -> None:
    """A text that begins with a day and goes on is greater than the day, so the day is left out."""
    assert find_days(HistoryFilter(started_from=first, started_before=before)) == days
