"""Counts from the running aggregates."""

from __future__ import annotations

import pytest

from flightlog.store import counting
from flightlog.store.query import HistoryFilter
from flightlog.store.sqlite import SqliteStore


def test_an_hour_with_very_many_counts_whole(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An hour with very many executions counts whole, because counting each row is too slow."""
    scope = HistoryFilter(started_from="2026-11-22T10:30:00.000000Z")
    assert store.count_by_status(scope).total == 10
    monkeypatch.setattr(counting, "EDGE_ROWS", 5)
    assert store.count_by_status(scope).total == 40
