"""Series of metrics over time."""

from __future__ import annotations

import pytest

from flightlog.store import series
from flightlog.store.query import HistoryFilter
from flightlog.store.sqlite import SqliteStore


def test_a_series_of_very_many_goes_by_hours(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The steps of a very long series are whole hours, because the aggregates count by hour."""
    scope = HistoryFilter(
        started_from="2026-11-22T10:00:00.000000Z", started_before="2026-11-22T11:00:00.000000Z"
    )
    assert store.read_series(scope, 60).step_ms == 60_000
    monkeypatch.setattr(series, "SERIES_ROWS", 5)
    by_hour = store.read_series(scope, 60)
    assert by_hour.step_ms == 3_600_000
    assert [point.success + point.error for point in by_hour.points] == [40]
