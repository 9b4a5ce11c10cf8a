"""The stores that the contract covers; a new store adds itself to `new_store`."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flightlog.clock import Clock
from flightlog.store.postgres import PostgresSettings, PostgresStore
from flightlog.store.sqlite import SqliteSettings, SqliteStore
from flightlog.store.writer import ExecutionStore
from support.postgres import PostgresHistories

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


MOST_OPEN = 20
"""Open stores of one test; a test of many random examples may leave those of earlier ones open."""


class TakenStore(PostgresStore):
    """A store whose history is free for others once it is closed, because a new one takes long."""

    def __init__(self, histories: PostgresHistories, clock: Clock) -> None:
        self._histories = histories
        self._taken: PostgresSettings | None = histories.take()
        super().__init__(histories.url, self._taken, clock=clock)

    def close(self) -> None:
        """Close the store."""
        super().close()
        if self._taken is not None:
            self._histories.give_back(self._taken)
            self._taken = None


@pytest.fixture(params=["sqlite", "postgres"])
def new_store(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Callable[[], ExecutionStore]]:
    """
    Make empty stores and close them at the end.

    The clock of these stores starts at noon and advances by a second at each reading.
    """
    stores: list[ExecutionStore] = []
    seconds, numbers = itertools.count(), itertools.count()

    def clock() -> datetime:
        return NOON + timedelta(seconds=next(seconds))

    def make_sqlite() -> ExecutionStore:
        path = tmp_path / f"history-{next(numbers)}.db"
        return SqliteStore(path, SqliteSettings(synchronous="normal"), clock=clock)

    def make_postgres() -> ExecutionStore:
        return TakenStore(request.getfixturevalue("postgres_histories"), clock)

    def make() -> ExecutionStore:
        if len(stores) >= MOST_OPEN:
            stores.pop(0).close()
        store = make_sqlite() if request.param == "sqlite" else make_postgres()
        stores.append(store)
        return store

    yield make
    for store in stores:
        store.close()


@pytest.fixture
def store(new_store: Callable[[], ExecutionStore]) -> ExecutionStore:
    """Make an empty store."""
    return new_store()
