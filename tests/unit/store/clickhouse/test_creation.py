"""Tests of the tables of a cluster, which only the engine's parser has seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flightlog.errors import InvalidSettingError
from flightlog.store.clickhouse import create_tables, list_statements

if TYPE_CHECKING:
    from support.clickhouse import ClickHouseHistories


def test_the_engine_parses_the_statements_of_a_cluster(
    clickhouse_histories: ClickHouseHistories,
) -> None:
    """Each table has a replicated table on each shard and a distributed table before it."""
    statements = list_statements("clickhouse://db/history", "main")
    for statement in statements:
        clickhouse_histories.parse(statement)
    tables = [each for each in statements if each.startswith("CREATE TABLE")]
    assert tables
    assert sum("ENGINE = Distributed(main, " in each for each in tables) == len(tables) / 2
    assert sum("ENGINE = Replicated" in each for each in tables) == len(tables) / 2
    assert all(" ON CLUSTER main " in each for each in statements[1:])


def test_names_that_need_quotes_are_refused() -> None:
    """Statements contain the names of the database and of the cluster."""
    with pytest.raises(InvalidSettingError, match="cluster"):
        list_statements("clickhouse://db/history", "a b")
    with pytest.raises(InvalidSettingError, match="no name"):
        list_statements("clickhouse://db/a-b", None)


def test_tables_are_created_once(clickhouse_histories: ClickHouseHistories) -> None:
    """A second call finds the tables."""
    assert create_tables(clickhouse_histories.url, None)
    assert not create_tables(clickhouse_histories.url, None)
