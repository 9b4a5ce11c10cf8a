"""Tests of refused queries."""

from __future__ import annotations

import pytest

from flightlog.errors import StoreCapabilityError
from flightlog.query import parse
from flightlog.store.clickhouse.source import DIALECT, check_expression
from support.queries import READER


def test_queries_of_calls_are_refused() -> None:
    """The calls of models aren't kept, so a query must not find nothing instead."""
    with pytest.raises(StoreCapabilityError):
        check_expression("clickhouse://db/history", parse("model:gpt*", READER))
    check_expression("clickhouse://db/history", parse("status:error", READER))


def test_a_list_is_a_set() -> None:
    """ClickHouse has no `= ANY`."""
    assert DIALECT.write_among("id") == "id IN %s"
