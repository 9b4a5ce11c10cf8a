"""Tests of what a history in ClickHouse lacks."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from flightlog.errors import StoreCapabilityError
from flightlog.store.clickhouse import ClickHouseStore
from flightlog.store.clickhouse.missing import MISSING
from flightlog.store.query import EVERYTHING


def test_missing_operations_name_their_capability(
    open_store: Callable[[], ClickHouseStore],
) -> None:
    """Each operation that is missing refuses with a capability that is declared."""
    store = open_store()
    for operation in (
        lambda: store.sum_usage(EVERYTHING, []),
        lambda: store.read_usage([], []),
        lambda: store.rebuild_index("words"),
    ):
        with pytest.raises(StoreCapabilityError) as caught:
            operation()
        assert caught.value.capability in MISSING
