"""Tests of `space`; tests/contract has what all stores do."""

from __future__ import annotations

from collections.abc import Callable

from flightlog.clock import utc_now
from flightlog.store.clickhouse import ClickHouseStore
from flightlog.store.clickhouse.space import ClickHouseSpaceReads
from support.records import record


def test_a_plain_execution_is_read(open_store: Callable[[], ClickHouseStore]) -> None:
    """An execution without a star is found by its own id."""
    store = open_store()
    store.merge([record("a")])
    assert ClickHouseSpaceReads(store._connection, utc_now).count_starred() == 0
