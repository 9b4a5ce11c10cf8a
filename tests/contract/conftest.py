"""The stores that the contract covers; a new store adds itself to `new_store`."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flightlog.store.sqlite import SqliteSettings, SqliteStore
from flightlog.store.writer import ExecutionStore

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture(params=["sqlite"])
def new_store(tmp_path: Path) -> Iterator[Callable[[], ExecutionStore]]:
    """
    Make empty stores and close them at the end.

    The clock of these stores starts at noon and advances by a second at each reading.
    """
    stores: list[ExecutionStore] = []
    seconds = itertools.count()

    def make() -> ExecutionStore:
        path = tmp_path / f"history-{len(stores)}.db"
        settings = SqliteSettings(synchronous="normal")
        store = SqliteStore(path, settings, clock=lambda: NOON + timedelta(seconds=next(seconds)))
        stores.append(store)
        return store

    yield make
    for store in stores:
        store.close()


@pytest.fixture
def store(new_store: Callable[[], ExecutionStore]) -> ExecutionStore:
    """Make an empty store."""
    return new_store()
