"""Old executions go in the right order, in portions, and nothing else changes."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import apsw
import pytest
from msgspec import Raw

from flightlog.record.model import WorkflowExecution
from flightlog.store.retention import Pruned, RetentionLimits
from flightlog.store.sqlite import SqliteSettings, SqliteStore
from support.pruning import list_ids, prune_all
from support.records import record

NOW = datetime(2026, 11, 29, tzinfo=UTC)
NODES = 5


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    """Open an empty store whose clock stands still."""
    settings = SqliteSettings(synchronous="normal")
    store = SqliteStore(tmp_path / "history.db", settings, clock=lambda: NOW)
    yield store
    store.close()


def _run(days: float, number: int = 0, **fields: Any) -> WorkflowExecution:
    """Make a run that began some days ago, with payloads of its own."""
    name = f"run-{days:g}-{number}"
    started = (NOW - timedelta(days=days)).isoformat()
    # Values without repetition don't shrink much, so that each payload takes space.
    payload = {"value": _noise(name, 900)}
    nodes = [
        {
            "nodeId": f"node-{place}",
            "nodeName": "Node",
            "nodeType": "code",
            "status": "success",
            "sequence": place,
            "durationMs": 5,
            "input": {**payload, "place": place},
            "output": {**payload, "result": place},
        }
        for place in range(NODES)
    ]
    fields.setdefault("trigger", {"type": "http", "data": payload})
    return record(name, startedAt=started, nodeExecutions=nodes, **fields)


def _before(days: float) -> str:
    return (NOW - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _payload(store: SqliteStore, execution_id: str) -> dict[str, Any]:
    page = store.read_page(execution_id, 100, None)
    assert page is not None
    assert len(page.node_executions) == NODES
    document: dict[str, Any] = json.loads(_input(page))
    return document


def _input(record: WorkflowExecution) -> bytes:
    raw = record.node_executions[0].input
    assert isinstance(raw, Raw)
    return bytes(raw)


def test_a_budget_takes_old_payloads_first(store: SqliteStore) -> None:
    """Executions of about one age lose their payloads, the oldest first, and nothing else."""
    store.merge([_run(day) for day in range(100, 250)])
    size = RetentionLimits(max_bytes=_used_bytes(store) // 2)
    expected = store.preview_prune(size)
    removed = prune_all(store, size)
    assert len(list_ids(store)) == 150
    assert removed.executions == expected.executions == 0
    assert 30 < removed.without_payloads < 150
    assert abs(expected.without_payloads - removed.without_payloads) < 60
    assert _payload(store, "run-249-0") == {
        "$flightlog": "dropped",
        "reason": "it was removed to keep the history within its limits",
        "size": _payload_size(249),
    }
    assert _payload(store, "run-100-0")["place"] == 0
    assert prune_all(store, size) == Pruned()


def test_a_small_budget_takes_nodes_and_executions_too(store: SqliteStore) -> None:
    """Failures stay longer than successes, and what has to stay is never touched."""
    store.merge([_run(day) for day in range(1, 200)])
    store.merge([_run(day, 1, status="error") for day in range(1, 20)])
    assert store.set_star("run-150-0", starred=True)
    removed = prune_all(store, RetentionLimits(max_bytes=_used_bytes(store) // 4))
    assert removed.executions > 0
    assert removed.without_nodes >= removed.executions
    left = list_ids(store)
    assert {"run-1-0", "run-150-0"} <= left
    assert {f"run-{day}-1" for day in range(1, 20)} <= left
    assert _payload(store, "run-150-0")["place"] == 0
    assert _payload(store, "run-1-1")["place"] == 0


def test_nothing_but_what_must_stay_survives_no_budget(store: SqliteStore) -> None:
    """A budget of nothing ends, and leaves the newest good execution of each workflow."""
    store.merge([_run(day) for day in range(1, 50)])
    store.merge([_run(day, 1, status="error") for day in range(1, 50)])
    store.merge([_run(3, 2, status="running")])
    prune_all(store, RetentionLimits(max_bytes=0))
    assert list_ids(store) == {"run-1-0", "run-3-2"}
    assert _payload(store, "run-1-0")["place"] == 0
    assert store.read_stats().total == 2
    assert _check(store) == [("ok",)]


def test_a_portion_is_short(store: SqliteStore) -> None:
    """A portion removes a few executions and says that more is left."""
    store.merge([_run(day) for day in range(1, 300)])
    database = store._database
    assert database is not None
    with database.transaction():
        portion = database.pruner.prune(RetentionLimits(max_bytes=0), portion_s=0)
    assert portion.more
    assert 0 < portion.without_payloads < 20


def test_a_portion_ends_when_others_wait(store: SqliteStore) -> None:
    """A portion ends after one batch if others wait for the history, and goes on later."""
    store.merge([_run(100 + number, number) for number in range(100)])
    pruner = store._current().pruner
    limits = RetentionLimits(successful_before=_before(50))
    with store._current().transaction():
        first = pruner.prune(limits, 60, lambda: True)
        rest = pruner.prune(limits, 60)
    assert 0 < first.executions < 50
    assert first.more
    assert not rest.more
    assert first.executions + rest.executions == 99


def test_dead_processes_without_executions_are_forgotten(tmp_path: Path) -> None:
    """The ledger doesn't grow without end; a process with missing messages stays in it."""
    now = [NOW - timedelta(days=20)]
    store = SqliteStore(tmp_path / "history.db", clock=lambda: now[0])
    store.note_sent("complete", 0)
    store.note_sent("incomplete", 3)
    now[0] = NOW
    store.note_sent("recent", 0)
    store.merge([_run(1), _run(10)])
    prune_all(store, RetentionLimits(successful_before=_before(7)))
    assert _rows(store, "SELECT id FROM processes ORDER BY id") == [("incomplete",), ("recent",)]
    store.close()


def test_the_file_shrinks(store: SqliteStore, tmp_path: Path) -> None:
    """Free pages return to the file system, but for a reserve for new executions."""
    store.merge([_run(1)])
    for number in range(40):
        data = {"noise": _noise(str(number), 750_000)}
        store.merge([_run(2, number, trigger={"type": "http", "data": data})])
    store._current().checkpointer.empty_log()
    before = (tmp_path / "history.db").stat().st_size
    assert before > 25 * 2**20
    prune_all(store, RetentionLimits(successful_before=_before(1.5)))
    store._current().checkpointer.empty_log()
    after = (tmp_path / "history.db").stat().st_size
    assert 16 * 2**20 <= after < before * 0.75


def _noise(seed: str, size: int) -> str:
    return base64.b64encode(random.Random(seed).randbytes(size)).decode()


def _payload_size(days: int) -> int:
    return len(_input(_run(days)))


def _rows(store: SqliteStore, sql: str) -> list[tuple[Any, ...]]:
    connection = apsw.Connection(store.health().location, flags=apsw.SQLITE_OPEN_READONLY)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def _check(store: SqliteStore) -> list[tuple[Any, ...]]:
    return _rows(store, "PRAGMA integrity_check")


def _used_bytes(store: SqliteStore) -> int:
    ((pages, free, size),) = _rows(
        store,
        "SELECT * FROM pragma_page_count, pragma_freelist_count, pragma_page_size",
    )
    return int((pages - free) * size)
