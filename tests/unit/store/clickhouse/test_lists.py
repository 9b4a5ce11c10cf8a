"""Tests of `lists`; tests/contract has what all stores do."""

from __future__ import annotations

from collections.abc import Callable

from flightlog.store.clickhouse import ClickHouseStore
from flightlog.store.clickhouse.lists import ClickHouseLists
from support.records import record


def test_a_plain_execution_is_read(open_store: Callable[[], ClickHouseStore]) -> None:
    """An execution without a star is found by its own id."""
    store = open_store()
    store.merge([record("a")])
    assert ClickHouseLists(store._connection, "db").find_ids("a", 5) == ("a",)
