from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import psycopg
import pytest

from flightlog.errors import StoreVersionError
from flightlog.store.postgres import PostgresSettings, PostgresStore
from flightlog.store.postgres.migrate import SCHEMA_VERSION
from flightlog.store.tables import EXECUTIONS, NODES
from support.waiting import until

if TYPE_CHECKING:
    from support.postgres import PostgresHistories

_OF_NO_FIELD = {
    "executions": {"ordinal", "created_at", "starred", "reused_id", "previous_run"},
    "node_executions": set[str](),
}
"""The columns that hold nothing of a record."""


def test_stores_that_open_at_once_create_the_tables_once(
    postgres_histories: PostgresHistories,
) -> None:
    """One of them migrates, and the others wait for it."""
    settings = PostgresSettings(schema=f"test_{uuid.uuid4().hex[:12]}_new")
    url = postgres_histories.url
    with ThreadPoolExecutor(5) as pool:
        stores = list(pool.map(lambda _: PostgresStore(url, settings), range(5)))
    for store in stores:
        assert store.health().schema_version == SCHEMA_VERSION
        store.close()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'DROP SCHEMA "{settings.schema}" CASCADE'.encode())


def test_a_program_waits_for_a_migration_however_long_it_takes(
    postgres_histories: PostgresHistories,
) -> None:
    """The time limits for locks and statements are for what comes later."""
    settings = PostgresSettings(
        schema=f"test_{uuid.uuid4().hex[:12]}_late", lock_timeout_ms=20, write_timeout_ms=20_000
    )
    url = postgres_histories.url
    waits = (
        "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'advisory' "
        "AND now() - query_start > interval '200 ms'"
    )
    with psycopg.connect(url, autocommit=True) as connection, ThreadPoolExecutor(1) as pool:
        key = (f"flightlog.migration.{settings.schema}",)
        connection.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", key)
        opening = pool.submit(PostgresStore, url, settings)
        until(lambda: opening.done() or connection.execute(waits).fetchone(), "the wait")
        connection.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", key)
        store = opening.result()
        assert store.health().schema_version == SCHEMA_VERSION
        store.close()
        connection.execute(f'DROP SCHEMA "{settings.schema}" CASCADE'.encode())


def test_tables_of_a_newer_program_are_refused(
    open_store: Callable[[], PostgresStore],
    postgres_histories: PostgresHistories,
    settings: PostgresSettings,
) -> None:
    """The error names both versions, and nothing is changed."""
    open_store().close()
    with psycopg.connect(postgres_histories.url, autocommit=True) as connection:
        table = f'"{settings.schema}".flightlog_schema'
        connection.execute(f"UPDATE {table} SET version = 99".encode())
        try:
            with pytest.raises(StoreVersionError) as caught:
                open_store()
        finally:
            connection.execute(f"UPDATE {table} SET version = {SCHEMA_VERSION}".encode())
    assert (caught.value.found, caught.value.supported) == (99, SCHEMA_VERSION)


@pytest.mark.parametrize("table", [EXECUTIONS, NODES], ids=lambda table: table.name)
def test_each_field_that_merges_has_a_column(
    table: type[object],
    open_store: Callable[[], PostgresStore],
    postgres_histories: PostgresHistories,
    settings: PostgresSettings,
) -> None:
    """A new field of a record needs a migration here, too."""
    open_store()
    name = table.name  # type: ignore[attr-defined]
    rows = postgres_histories.query(
        "SELECT column_name FROM information_schema.columns "
        f"WHERE table_name = '{name}' AND table_schema = '{settings.schema}'",
        settings,
    )
    columns = set(table.columns)  # type: ignore[attr-defined]
    assert {str(row[0]) for row in rows} - _OF_NO_FIELD[name] == columns
