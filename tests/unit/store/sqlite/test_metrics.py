"""Metrics of a history."""

from __future__ import annotations

import apsw

from flightlog.store.query import HistoryFilter
from flightlog.store.sqlite import metrics
from flightlog.store.tallies import round_to_hours
from support.query_plans import plan


def test_aggregates_are_searched_place_by_place(connection: apsw.Connection) -> None:
    """Aggregates are searched and never scanned, so that any range of time stays fast."""
    bound = metrics.bind_filter(HistoryFilter(), round_to_hours(HistoryFilter()))
    for table in ("execution_aggregates", "node_aggregates"):
        sql = f"{metrics.select_places(table, 'status, bucket, sum(count)')} GROUP BY 1, 2"
        steps = plan(connection, sql, bound)
        assert f"SCAN {table}" not in steps
        assert "SCAN counted" not in steps
        assert "hour>? AND hour<?" in steps
