"""Tests of the statements that create a history."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING

from msgspec.structs import replace

from flightlog.query import parse
from flightlog.record.fields import EXECUTION_FIELDS
from flightlog.store.clickhouse import ClickHouseSettings, ClickHouseStore
from flightlog.store.clickhouse.connection import Connection
from flightlog.store.clickhouse.schema import SCHEMA_VERSION, list_columns, read_version
from flightlog.store.query import EVERYTHING
from support.queries import READER
from support.records import record

if TYPE_CHECKING:
    from support.clickhouse import ClickHouseHistories


def test_each_field_that_merges_has_a_column(
    clickhouse_histories: ClickHouseHistories,
    settings: ClickHouseSettings,
    open_store: Callable[[], ClickHouseStore],
) -> None:
    """The registers of the table are those that the records declare."""
    open_store()
    rows = clickhouse_histories.query(
        "SELECT name FROM system.columns WHERE table = 'execution_registers' "
        f"AND database = '{settings.database}' AND type LIKE 'SimpleAggregateFunction(max, Tuple%'",
        settings,
    )
    assert {row[0] for row in rows} == {*list_columns(EXECUTION_FIELDS), "starred_r"}


def test_a_history_of_an_earlier_version_gets_the_columns_of_new_fields(
    clickhouse_histories: ClickHouseHistories,
    settings: ClickHouseSettings,
    open_store: Callable[[], ClickHouseStore],
) -> None:
    """A field that was added since needs no migration, and its views show it."""
    written, later = record("run-1", name="first"), record("run-2", name="second")
    open_store().merge([written])
    database = settings.database
    with closing(Connection(clickhouse_histories.url, settings)) as connection:
        connection.run(f"ALTER TABLE {database}.execution_registers DROP COLUMN name_r")
        connection.run(
            f"CREATE OR REPLACE VIEW {database}.executions AS "
            f"SELECT execution_id AS id FROM {database}.execution_registers"
        )
    store = open_store()
    store.merge([later])
    assert store.get("run-2") == later
    assert store.get("run-1") == replace(written, name=None)
    shown = clickhouse_histories.query("SELECT name FROM history.executions ORDER BY id", settings)
    assert shown == [(None,), ("second",)]


def test_a_history_of_version_1_gets_places_and_an_index(
    open_store: Callable[[], ClickHouseStore],
) -> None:
    """Its executions are listed, and its payloads are found."""
    store = open_store()
    store.merge([record("a", trigger={"type": "t", "data": {"text": "needle " * 30}})])
    for statement in (
        "DROP TABLE places",
        "ALTER TABLE payloads DROP INDEX words",
        "ALTER TABLE payloads DROP COLUMN is_odd",
        "TRUNCATE TABLE schema_versions",
    ):
        store._connection.run(statement)
    store._connection.insert("schema_versions", ("version",), [(1,)])
    migrated = open_store()
    assert read_version(migrated._connection) == SCHEMA_VERSION
    migrated.merge([record("b")])
    for query in (EVERYTHING, EVERYTHING.narrow(parse("needle", READER))):
        assert "a" in {each.id for each in migrated.find(query.make_page_query()).executions}
