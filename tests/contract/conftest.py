"""The stores that the contract covers; a new store adds itself to `new_store`."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import settings

from flightlog.clock import Clock
from flightlog.errors import StoreCapabilityError
from flightlog.store import scanning
from flightlog.store.clickhouse import ClickHouseSettings, ClickHouseStore
from flightlog.store.clickhouse.connection import Connection
from flightlog.store.postgres import PostgresSettings, PostgresStore
from flightlog.store.reader import Capability
from flightlog.store.results import Indexed
from flightlog.store.sqlite import SqliteSettings, SqliteStore
from flightlog.store.writer import ExecutionStore
from support.clickhouse import ClickHouseHistories
from support.postgres import PostgresHistories

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


FEW_EXAMPLES = 100
"""Hypothesis tries at most so many examples, except in `make fuzz`."""
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


class SkippingStore(ClickHouseStore):
    """
    Skips the test where the store refuses for the lack of a capability.

    Its history is free for other stores once it is closed, because a new one takes long.
    """

    def __init__(self, histories: ClickHouseHistories, clock: Clock) -> None:
        self._histories = histories
        self._taken: ClickHouseSettings | None = histories.take()
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
            pytest.skip(f"ClickHouse: no {error.capability}")

    def index_portion(self) -> Indexed:
        """Skip the test, because it searches an index."""
        self._refuse(Capability.INDEX)

    def _refuse(self, capability: Capability) -> NoReturn:
        with self._skipping():
            super()._refuse(capability)
        raise AssertionError("a refusal raises")


SLOW = frozenset(
    {
        "test_a_thousand_runs_of_one_id_are_linked_in_order",
        "test_every_filter_gives_what_it_describes",
        "test_many_threads_write_and_read_one_store",
        "test_no_budget_takes_payloads_and_nodes_before_executions",
        "test_pages_join_in_both_directions",
        "test_parts_of_two_runs_in_any_order_give_the_same_history",
        "test_the_number_of_saved_queries_is_bounded",
        "test_what_has_to_stay_is_compared_with_the_budget",
    }
)
"""Tests of many small statements, which take longer with ClickHouse than all others together."""


def skip_slow(request: pytest.FixtureRequest) -> None:
    """Skip a test that takes too long with ClickHouse, with the reason."""
    function = request.function
    if function.__name__ in SLOW and not request.config.getoption("long"):
        pytest.skip("ClickHouse: many statements take long, so only `pytest --long` tries them")
    is_random = getattr(function, "is_hypothesis_test", False)
    if is_random and settings().max_examples <= FEW_EXAMPLES:
        # tests/unit/store/clickhouse/test_writing.py compares the states of random histories.
        pytest.skip("ClickHouse: random examples take long, so only `make fuzz` tries them")


@pytest.fixture(params=["sqlite", "postgres", "clickhouse"])
def new_store(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], ExecutionStore]]:
    """
    Make empty stores and close them at the end.

    The clock of these stores starts at noon and advances by a second at each reading.
    """
    if request.param == "clickhouse":
        skip_slow(request)
    # A scan in many small portions must not end because the machine is slow.
    monkeypatch.setattr(scanning, "_LONGEST_S", 600.0)
    stores: list[ExecutionStore] = []
    seconds, numbers = itertools.count(), itertools.count()

    def clock() -> datetime:
        return NOON + timedelta(seconds=next(seconds))

    def make_sqlite() -> ExecutionStore:
        path = tmp_path / f"history-{next(numbers)}.db"
        return SqliteStore(path, SqliteSettings(synchronous="normal"), clock=clock)

    def make_postgres() -> ExecutionStore:
        return TakenStore(request.getfixturevalue("postgres_histories"), clock)

    def make_clickhouse() -> ExecutionStore:
        return SkippingStore(request.getfixturevalue("clickhouse_histories"), clock)

    makers = {"sqlite": make_sqlite, "postgres": make_postgres, "clickhouse": make_clickhouse}

    def make() -> ExecutionStore:
        if len(stores) >= MOST_OPEN:
            stores.pop(0).close()
        store = makers[request.param]()
        stores.append(store)
        return store

    yield make
    for store in stores:
        store.close()


@pytest.fixture
def store(new_store: Callable[[], ExecutionStore]) -> ExecutionStore:
    """Make an empty store."""
    return new_store()
