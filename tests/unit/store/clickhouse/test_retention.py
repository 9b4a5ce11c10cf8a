"""Tests of removals; tests/contract/test_retention.py has what all stores do."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from flightlog.record.model import WorkflowExecution
from flightlog.store.clickhouse import ClickHouseStore
from flightlog.store.clickhouse.retention import measure
from flightlog.store.retention import RetentionLimits
from support.pruning import prune_all
from support.records import record


def _run(execution_id: str, **fields: Any) -> WorkflowExecution:
    return record(execution_id, trigger={"type": "http", "data": {"text": "x" * 500}}, **fields)


def _read(store: ClickHouseStore, execution_id: str) -> Any:
    content = store.get_payload(execution_id, "trigger")
    assert content is not None
    assert content.data is not None
    return json.loads(bytes(content.data))


def test_a_removed_payload_comes_back_with_a_new_execution(
    open_store: Callable[[], ClickHouseStore],
) -> None:
    """A payload that another execution holds stays, and a removed one can be stored again."""
    store = open_store()
    store.merge([_run("old")])
    store._remover._eraser.drop_payloads([store._find_runs(["old"])[0]])
    assert _read(store, "old")["$flightlog"] == "dropped"
    store.merge([_run("new")])
    store._remover._eraser.drop_payloads([store._find_runs(["old"])[0]])
    assert _read(store, "new") == _read(store, "old") == {"text": "x" * 500}


def test_a_sweep_erases_what_an_interrupted_deletion_left(
    open_store: Callable[[], ClickHouseStore],
) -> None:
    """A tombstone hides a run whose rows are still there, and the sweep deletes the rows."""
    store = open_store()
    store.merge([_run("gone"), record("kept")])
    (run,) = store._find_runs(["gone"])
    store._writer.insert_tombstones([(*run, "2026-11-22T12:00:00.000000Z")])
    assert store.get("gone") is None
    before = measure(store._connection)
    store._remover._eraser.sweep()
    after = measure(store._connection)
    assert after.rows < before.rows
    assert store.get("kept") is not None


def test_rows_removed_by_limits_may_come_again(open_store: Callable[[], ClickHouseStore]) -> None:
    """The same rows are inserted again after a removal, with the execution's nodes."""
    store = open_store()
    store.merge([_run("a"), _run("b", startedAt="2026-11-23T19:04:11Z")])
    limits = RetentionLimits(successful_before="2026-11-23T00:00:00.000000Z")
    assert prune_all(store, limits).executions == 1
    store.merge([_run("a")])
    found = store.get("a")
    assert found is not None
    assert len(found.node_executions) == 1
