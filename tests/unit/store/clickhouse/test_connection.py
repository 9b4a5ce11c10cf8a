"""Tests of statements on the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flightlog.store.clickhouse import ClickHouseSettings
from flightlog.store.clickhouse.connection import Connection, check_name

if TYPE_CHECKING:
    from support.clickhouse import ClickHouseHistories


def test_values_are_bound_and_come_back(clickhouse_histories: ClickHouseHistories) -> None:
    """Quotes, U+0000 and percent signs are data."""
    connection = Connection(clickhouse_histories.url, ClickHouseSettings())
    text = "a\0b'\\ %s \n é😀"
    assert connection.fetch_one("SELECT %(x)s", {"x": text}) == (text,)
    assert connection.fetch_one("SELECT 1 WHERE 'a' IN %s", ([],)) is None
    connection.close()


def test_an_odd_name_of_a_database_is_refused() -> None:
    """Statements contain the name, so it has letters, digits and `_` only."""
    assert check_name("history_2") == "history_2"
    with pytest.raises(ValueError, match="no name"):
        check_name("a; DROP")
