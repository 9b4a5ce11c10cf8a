"""Counts of several connections are rolled up, and every sum stays as it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from flightlog.store.postgres import PostgresSettings, PostgresStore, aggregates
from flightlog.store.query import EVERYTHING
from support.records import record

if TYPE_CHECKING:
    from support.postgres import PostgresHistories

_NODE = {"nodeId": "n", "nodeName": "N", "nodeType": "t", "status": "success", "durationMs": 5}


def test_counts_of_past_hours_are_rolled_up(
    open_store: Callable[[], PostgresStore],
    postgres_histories: PostgresHistories,
    settings: PostgresSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Rows of all connections become one, those that count nothing go, and sums don't change."""
    monkeypatch.setattr(aggregates, "ROLLED_AT_ONCE", 2)
    stores = [open_store() for _ in range(3)]
    for number, store in enumerate(stores):
        store.merge([record(f"run-{number}", durationMs=7, nodeExecutions=[_NODE])])
        store.merge([record(f"other-{number}", workflowId="other", durationMs=7)])
    for number in range(3):
        assert stores[0].delete(f"other-{number}")
    before = stores[0].read_stats(EVERYTHING), stores[0].list_workflows(EVERYTHING)
    slots = "SELECT workflow_id, slot, count FROM execution_aggregates ORDER BY 1, 2"
    assert len(postgres_histories.query(slots, settings)) == 6
    for _ in range(4):
        stores[1].trim_log()
    assert [(row[1], row[2]) for row in postgres_histories.query(slots, settings)] == [(-1, 3)]
    nodes = "SELECT slot, count FROM node_aggregates"
    assert postgres_histories.query(nodes, settings) == [(-1, 3)]
    assert (stores[2].read_stats(EVERYTHING), stores[2].list_workflows(EVERYTHING)) == before


def test_counts_of_this_hour_stay_apart(
    open_store: Callable[[], PostgresStore],
    postgres_histories: PostgresHistories,
    settings: PostgresSettings,
) -> None:
    """Receivers still add to them, so rolling them up would make them wait."""
    store = open_store()
    started = store._clock().isoformat()
    store.merge([record("run", startedAt=started)])
    store.trim_log()
    counted = "SELECT slot >= 0, count FROM execution_aggregates"
    assert postgres_histories.query(counted, settings) == [(True, 1)]
