"""
The stores that the contract covers; a new store adds itself to `new_store`.

A test that needs a capability which its store declares as missing is skipped, with the capability
as the reason. Each refusal must be declared, so any other refusal fails the test.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NoReturn

import pytest

from flightlog.clock import Clock
from flightlog.errors import StoreCapabilityError
from flightlog.store.capabilities import Capability
from flightlog.store.postgres import PostgresSettings, PostgresStore
from flightlog.store.postgres.statements import Connection
from flightlog.store.results import Indexed
from flightlog.store.sqlite import SqliteSettings, SqliteStore
from flightlog.store.writer import ExecutionStore
from support.postgres import PostgresHistories

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


MOST_OPEN = 20
"""Open stores of one test; a test of many random examples may leave those of earlier ones open."""


class SkippingStore(PostgresStore):
    """
    Skips the test where the store refuses for the lack of a capability.

    Its history is free for other stores once it is closed, because a new one takes a while.
    """

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

    @contextlib.contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._skipping(), super()._reading() as connection:
            yield connection

    @contextlib.contextmanager
    def _skipping(self) -> Iterator[None]:
        try:
            yield
        except StoreCapabilityError as error:
            if error.capability not in self.missing:
                raise
            pytest.skip(f"PostgreSQL: no {error.capability}")

    def index_portion(self) -> Indexed:
        """Skip the test, because it searches an index."""
        self._refuse(Capability.INDEX)

    def _refuse(self, capability: Capability) -> NoReturn:
        with self._skipping():
            super()._refuse(capability)
        raise AssertionError("a refusal raises")


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
        return SkippingStore(request.getfixturevalue("postgres_histories"), clock)

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
