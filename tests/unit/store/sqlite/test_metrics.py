"""Metrics of a history."""

from __future__ import annotations

import apsw
import pytest

from flightlog.store.query import HistoryFilter
from flightlog.store.sqlite import (
    SqliteStore,
    metrics,
)
from support.query_plans import plan


def test_aggregates_are_searched_place_by_place(connection: apsw.Connection) -> None:
    """Aggregates are searched and never scanned, so that any range of time stays fast."""
    bound = metrics.bind_filter(HistoryFilter(), metrics.round_to_hours(HistoryFilter()))
    for table in ("execution_aggregates", "node_aggregates"):
        sql = f"{metrics.select_places(table, 'status, bucket, sum(count)')} GROUP BY 1, 2"
        steps = plan(connection, sql, bound)
        assert f"SCAN {table}" not in steps
        assert "SCAN counted" not in steps
        assert "hour>? AND hour<?" in steps


def test_an_hour_with_very_many_counts_whole(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An hour with very many executions counts whole, because counting each row is too slow."""
    scope = HistoryFilter(started_from="2026-11-22T10:30:00.000000Z")
    assert store.count_by_status(scope).total == 10
    monkeypatch.setattr(metrics, "EDGE_ROWS", 5)
    assert store.count_by_status(scope).total == 40
