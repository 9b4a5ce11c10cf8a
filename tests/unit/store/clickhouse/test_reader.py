"""Tests of `reader`; tests/contract has what all stores do."""

from __future__ import annotations

from collections.abc import Callable

from flightlog.store.clickhouse import ClickHouseStore
from flightlog.store.clickhouse.reader import ClickHouseReads
from support.records import record


def test_a_plain_execution_is_read(open_store: Callable[[], ClickHouseStore]) -> None:
    """An execution without a star is found by its own id."""
    store = open_store()
    store.merge([record("a")])
    assert ClickHouseReads(store._connection, "db").resolve_address("a") == "a"
