"""Counts of removed executions in a file: a budget takes them last, and purge knows them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import apsw
import pytest

from flightlog.logger import ExecutionLogger
from flightlog.purge.database import purge_database
from flightlog.purge.forms import ValueForms
from flightlog.record.model import WorkflowExecution
from flightlog.store.query import EVERYTHING
from flightlog.store.retention import RetentionLimits
from flightlog.store.sqlite import SqliteSettings, SqliteStore
from flightlog.store.sqlite.salvage import salvage
from support.records import record

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
AGED = RetentionLimits(
    successful_before="2026-11-20T00:00:00.000000Z", failed_before="2026-11-20T00:00:00.000000Z"
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    """Open an empty store whose clock stands still."""
    settings = SqliteSettings(synchronous="normal")
    store = SqliteStore(tmp_path / "history.db", settings, clock=lambda: NOW)
    yield store
    store.close()


def _run(days: float, workflow: str = "w", **fields: Any) -> WorkflowExecution:
    started = (NOW - timedelta(days=days)).isoformat()
    name = f"{workflow}-{days:g}"
    timed = {"durationMs": 100, **fields}
    return record(name, workflowId=workflow, startedAt=started, **timed)


def _prune(store: SqliteStore, limits: RetentionLimits) -> int:
    removed, more = 0, True
    while more:
        portion = store.prune(limits)
        removed, more = removed + portion.executions, portion.more
    return removed


def _fill(store: SqliteStore) -> None:
    """Store runs of two workflows of which retention removes three and one, and remove them."""
    store.merge([_run(1), _run(10), _run(11), _run(11.1, status="error", durationMs=400)])
    store.merge([_run(1, "nightly"), _run(12, "nightly", projectId="p")])
    assert _prune(store, AGED) == 4


def test_a_budget_takes_the_counts_last(store: SqliteStore) -> None:
    """They stay while anything else can go, and go when only what has to stay is left."""
    store.merge(
        [
            _run(day, trigger={"type": "http", "data": "é" * 60}, error={"message": "e" * 2_000})
            for day in range(1, 120)
        ]
    )
    used = int(store.change(lambda database: database.remover.used_bytes()))
    removed = _prune(store, RetentionLimits(max_bytes=used * 2 // 3))
    found = store.read_stats(EVERYTHING).removed
    assert found is not None
    assert found.total == removed > 0
    _prune(store, RetentionLimits(max_bytes=0))
    assert store.read_stats(EVERYTHING).total == 1
    assert store.read_stats(EVERYTHING).removed is None


def test_purging_a_name_forgets_its_counts(store: SqliteStore, tmp_path: Path) -> None:
    """The counts hold the ids of workflows; those with the value go, and others stay."""
    _fill(store)
    store.close()
    purge_database(tmp_path / "history.db", ValueForms("nightly"))
    assert b"nightly" not in (tmp_path / "history.db").read_bytes()
    with ExecutionLogger(tmp_path / "history.db") as logger:
        found = logger.get_stats().removed
    assert found is not None
    assert found.total == 3


def test_counts_are_salvaged(store: SqliteStore, tmp_path: Path) -> None:
    """A damaged history keeps the counts that can be read."""
    _fill(store)
    store.close()
    target = tmp_path / "readable.db"
    target.touch()
    salvage(tmp_path / "history.db", target)
    connection = apsw.Connection(str(target), flags=apsw.SQLITE_OPEN_READONLY)
    rows = connection.execute("SELECT sum(success), sum(error) FROM removed_days").fetchall()
    connection.close()
    assert rows == [(3, 1)]
