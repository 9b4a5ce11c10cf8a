"""Deletion takes rows, payloads and entries at once, and bytes of files later."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import sql

from flightlog.store.postgres import PostgresSettings, PostgresStore
from support.records import record

if TYPE_CHECKING:
    from support.postgres import PostgresHistories


@pytest.fixture
def secret() -> str:
    """Make a value that is in no other file."""
    return f"secret-{secrets.token_hex(8)}"


def fill(store: PostgresStore, secret: str) -> None:
    """Store and index executions; one has the value as a payload, and in an error."""
    store.merge(
        [
            record(
                f"run-{number}",
                status="error",
                trigger={"type": "http", "data": {"card": secret if number == 5 else "none"}},
                error={"message": secret if number == 5 else f"failed {number}"},
                nodeExecutions=[
                    {
                        "nodeId": "n",
                        "nodeName": "N",
                        "nodeType": "t",
                        "status": "success",
                        "input": {"text": f"{number} " * 100},
                    }
                ],
            )
            for number in range(10)
        ]
    )
    while store.index_portion().more:
        pass


def test_a_deleted_execution_is_in_no_table(
    open_store: Callable[[], PostgresStore],
    postgres_histories: PostgresHistories,
    settings: PostgresSettings,
) -> None:
    """Its rows, its payloads and its entry in the index go in the transaction of the deletion."""
    store = open_store()
    fill(store, "secret")
    counted = "SELECT " + ", ".join(
        f"(SELECT count(*) FROM {table})"
        for table in ("executions", "node_executions", "payloads", "search_entries")
    )
    assert postgres_histories.query(counted, settings) == [(10, 10, 10, 10)]
    assert store.delete("run-5")
    assert postgres_histories.query(counted, settings) == [(9, 9, 9, 9)]


def test_vacuum_full_removes_deleted_bytes_from_the_data_files(
    open_store: Callable[[], PostgresStore],
    postgres_histories: PostgresHistories,
    settings: PostgresSettings,
    secret: str,
) -> None:
    """Until then they stay, also in the planner's statistics, as docs/operate/scale.md says."""
    store = open_store()
    fill(store, secret)
    with psycopg.connect(postgres_histories.url, autocommit=True) as connection:
        row = connection.execute("SHOW data_directory").fetchone()
        assert row is not None
        files = Path(row[0]) / "base"
        if not files.is_dir():
            pytest.skip("the server's files are elsewhere")

        def find() -> list[Path]:
            connection.execute("CHECKPOINT")
            return [
                path
                for path in files.rglob("*")
                if path.is_file() and secret.encode() in path.read_bytes()
            ]

        tables = [
            sql.Identifier(settings.schema, str(name))
            for (name,) in connection.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = %s", (settings.schema,)
            )
        ]
        listed = sql.SQL(", ").join(tables)
        connection.execute(sql.SQL("ANALYZE {}").format(listed))
        assert len(find()) == 2
        assert store.delete("run-5")
        assert len(find()) == 2
        connection.execute(sql.SQL("VACUUM (FULL, ANALYZE) {}").format(listed))
        connection.execute("VACUUM FULL pg_catalog.pg_statistic")
        assert find() == []
    assert store.get("run-4") is not None
