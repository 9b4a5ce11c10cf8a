"""The parts of a file are measured as its pages divide between them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import apsw
import pytest

from flightlog.store.retention import RetentionPolicy
from flightlog.store.space import Space
from flightlog.store.sqlite import SqliteSettings, SqliteStore
from flightlog.store.sqlite.readonly import ReadOnlyStore
from support.space_runs import store_ten_days

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


@pytest.fixture
def small_budgets(monkeypatch: pytest.MonkeyPatch) -> None:
    """Allow budgets that small histories fill."""
    monkeypatch.setattr("flightlog.store.retention.MIN_BYTES", 1)


def _open(path: Path) -> SqliteStore:
    return SqliteStore(path, SqliteSettings(synchronous="normal"), clock=lambda: NOW)


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[SqliteStore]:
    """Open an empty store whose clock stands still."""
    store = _open(tmp_path / "history.db")
    yield store
    store.close()


@pytest.fixture(scope="module")
def ten_days(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Store 10 days of runs: each hour a small one, every four hours one of 4 times the size."""
    path = tmp_path_factory.mktemp("filled") / "history.db"
    store = _open(path)
    store_ten_days(store, NOW)
    while store.index_portion().more:
        pass
    store.close()
    return path


@pytest.fixture
def store(ten_days: Path, tmp_path: Path, small_budgets: None) -> Iterator[SqliteStore]:
    """Open a copy of `ten_days`."""
    store = _open(Path(shutil.copy(ten_days, tmp_path / "copy.db")))
    yield store
    store.close()


def _read_pages(store: SqliteStore) -> dict[str, int]:
    """Measure tables and indexes as SQLite's `dbstat` does, which reads every page."""
    connection = apsw.Connection(str(store._path), flags=apsw.SQLITE_OPEN_READONLY)
    sizes = dict(connection.execute("SELECT name, pgsize FROM dbstat WHERE aggregate = 1"))
    connection.close()
    return sizes


def _measure(store: SqliteStore, **policy: Any) -> Space:
    return store.measure_space(RetentionPolicy(**policy))


def test_the_parts_are_those_of_the_pages(store: SqliteStore) -> None:
    """Payloads and index are within 15 % of a full count, and the sum is exact."""
    space = _measure(store)
    pages = _read_pages(store)
    payloads = sum(size for name, size in pages.items() if name.startswith("payloads"))
    index = sum(size for name, size in pages.items() if name.startswith("search"))
    assert space.parts.payload_bytes == pytest.approx(payloads, rel=0.15)
    assert space.parts.index_bytes == pytest.approx(index, rel=0.15)
    # The file also has one page for each 819 that says where pages belong.
    assert space.parts.used_bytes == pytest.approx(sum(pages.values()), rel=0.01)
    assert space.runs == 299


def test_a_reader_measures_an_empty_history(empty: SqliteStore, tmp_path: Path) -> None:
    """A reader that may not write measures, too."""
    assert empty.measure_space(RetentionPolicy()).runs == 0
    reader = ReadOnlyStore(tmp_path / "history.db", clock=lambda: NOW)
    assert reader.measure_space(RetentionPolicy()).runs == 0
    reader.close()
