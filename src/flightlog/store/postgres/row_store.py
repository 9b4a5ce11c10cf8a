"""The statements of the merge on PostgreSQL; see `flightlog.store.row_store`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from psycopg.types.string import StrDumperUnknown

from flightlog.store import runs
from flightlog.store.postgres.connection import escape_text
from flightlog.store.postgres.statements import (
    Connection,
    fetch_all,
    fetch_one,
    load_queries,
    run,
)
from flightlog.store.row_functions import Row
from flightlog.store.tables import EXECUTIONS, NODES, Table

LOCKS_AT_ONCE: Final = 500
"""A transaction with more runs excludes all others, because the server keeps few locks."""

_queries: Final = load_queries("row_store.sql")
_run_queries: Final = load_queries("runs.sql")
_SELECT_EXECUTIONS: Final = f"SELECT {EXECUTIONS.select_list()} FROM executions "
_SELECT_NODES: Final = f"SELECT {NODES.select_list()} FROM node_executions "
_STORED_NODES: Final = _SELECT_NODES + _queries["stored_nodes"]
_RUNNING_NODES: Final = _SELECT_NODES + _queries["running_nodes"]
_CRASHED_NODES: Final = _SELECT_NODES + _queries["crashed_nodes"]
_STORED_EXECUTIONS: Final = _SELECT_EXECUTIONS + "WHERE id = ANY(%(ids)s)"
_RUNNING_EXECUTIONS: Final = _SELECT_EXECUTIONS + _queries["running_executions"]
_RUNNING_NODES_OF_PROCESS: Final = _queries["running_nodes_of_process"].format(
    columns=NODES.select_list("n")
)


def _make_copy(table: Table, *more: str) -> str:
    return f"COPY {table.name} ({', '.join((*table.columns, *more))}) FROM STDIN"


def _make_upsert(table: Table, *more: str) -> str:
    names = (*table.columns, *more)
    key = table.columns[table.key_part]
    changes = ", ".join(
        f"{column} = excluded.{column}" for column in table.columns if column not in key
    )
    return (
        f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({', '.join(['%s'] * len(names))}) "
        f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {changes}"
    )


_COPY_EXECUTIONS: Final = _make_copy(EXECUTIONS, "created_at")
_COPY_NODES: Final = _make_copy(NODES)
_UPSERT_EXECUTIONS: Final = _make_upsert(EXECUTIONS, "created_at")
_UPSERT_NODES: Final = _make_upsert(NODES)


def lock_runs(connection: Connection, schema: str, ids: Iterable[str]) -> None:
    """
    Lock runs until the end of the transaction, so that no other receiver changes them meanwhile.

    All transactions take these locks first and in one order, so they never deadlock. The locks are
    advisory locks, because a run that is not stored yet has no row to lock.

    Args:
        connection: The writing connection, within a transaction.
        schema: The schema of the history.
        ids: The ids that the runs were started under.
    """
    names = set(ids)
    if len(names) > LOCKS_AT_ONCE:
        lock_all_runs(connection, schema)
        return
    keys = sorted(_make_key(schema, name) for name in names)
    run(connection, _queries["lock_some"], {"all": _make_key(schema, ""), "keys": keys})


def lock_all_runs(connection: Connection, schema: str) -> None:
    """
    Exclude all other transactions that lock runs, until the end of this one.

    Args:
        connection: The writing connection, within a transaction.
        schema: The schema of the history.
    """
    run(connection, _queries["lock_all"], {"all": _make_key(schema, "")})


def _make_key(schema: str, name: str) -> int:
    digest = hashlib.blake2b(f"{schema}\0{name}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


class PostgresRows:
    """
    Reads and writes rows, within transactions that its caller opens; see `RowStore`.

    Args:
        connection: The writing connection.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def fetch_executions(self, ids: Sequence[str]) -> list[Row]:
        """Read executions; see `RowStore.fetch_executions`."""
        if not ids:
            return []
        return fetch_all(self._connection, _STORED_EXECUTIONS, {"ids": list(ids)})

    def fetch_nodes(self, execution_id: str, sequences: Sequence[int]) -> list[Row]:
        """Read node executions; see `RowStore.fetch_nodes`."""
        bound = {"id": execution_id, "sequences": list(sequences)}
        return fetch_all(self._connection, _STORED_NODES, bound)

    def fetch_running_nodes(self, execution_id: str, limit: int) -> list[Row]:
        """Read running node executions; see `RowStore.fetch_running_nodes`."""
        return fetch_all(self._connection, _RUNNING_NODES, {"id": execution_id, "limit": limit})

    def fetch_crashed_nodes(self, execution_id: str, limit: int) -> list[Row]:
        """Read crashed node executions; see `RowStore.fetch_crashed_nodes`."""
        return fetch_all(self._connection, _CRASHED_NODES, {"id": execution_id, "limit": limit})

    def fetch_counted_nodes(self, execution_id: str) -> list[Row]:
        """Read counted columns; see `RowStore.fetch_counted_nodes`."""
        return fetch_all(self._connection, _queries["counted_nodes"], {"id": execution_id})

    def fetch_running_executions(self, process_id: str, limit: int) -> list[Row]:
        """Read a process's executions; see `RowStore.fetch_running_executions`."""
        bound = {"process_id": process_id, "limit": limit}
        return fetch_all(self._connection, _RUNNING_EXECUTIONS, bound)

    def fetch_running_nodes_of_process(self, process_id: str, limit: int) -> list[Row]:
        """Read a process's node executions; see `RowStore.fetch_running_nodes_of_process`."""
        bound = {"process_id": process_id, "limit": limit}
        return fetch_all(self._connection, _RUNNING_NODES_OF_PROCESS, bound)

    def find_innermost_node(self, execution_id: str) -> str | None:
        """Find the newest running node execution; see `RowStore.find_innermost_node`."""
        row = fetch_one(self._connection, _queries["innermost_node"], {"id": execution_id})
        return None if row is None else row[0]

    def find_previous_run(self, execution_id: str) -> str | None:
        """Find the run before; see `RowStore.find_previous_run`."""
        row = fetch_one(self._connection, _queries["previous_run"], {"id": execution_id})
        return None if row is None else row[0]

    def insert_executions(self, rows: Sequence[Row], now: str) -> None:
        """Insert executions; see `RowStore.insert_executions`."""
        self._copy(_COPY_EXECUTIONS, [(*row, now) for row in rows])

    def replace_executions(self, rows: Sequence[Row], now: str) -> None:
        """Write executions; see `RowStore.replace_executions`."""
        self._replace(_UPSERT_EXECUTIONS, [(*row, now) for row in rows])

    def insert_nodes(self, rows: Sequence[Row]) -> None:
        """Insert node executions; see `RowStore.insert_nodes`."""
        self._copy(_COPY_NODES, rows)

    def replace_nodes(self, rows: Sequence[Row]) -> None:
        """Write node executions; see `RowStore.replace_nodes`."""
        self._replace(_UPSERT_NODES, rows)

    def _copy(self, sql: str, rows: Sequence[Row]) -> None:
        if rows:
            with self._connection.cursor() as cursor:
                # The driver's own dumper is several times as fast as one in Python.
                cursor.adapters.register_dumper(str, StrDumperUnknown)
                with cursor.copy(sql) as copy:
                    for row in rows:
                        copy.write_row(
                            [escape_text(each) if type(each) is str else each for each in row]
                        )

    def _replace(self, sql: str, rows: Sequence[Row]) -> None:
        if rows:
            with self._connection.cursor() as cursor:
                cursor.executemany(sql, rows)

    def add_stars(self, ids: Iterable[str]) -> list[str]:
        """Star executions; see `RowStore.add_stars`."""
        rows = fetch_all(self._connection, _queries["add_stars"], {"ids": list(ids)})
        return [row[0] for row in rows]


class PostgresRunStatements:
    """
    Runs the statements of `runs.sql`; see `RunStatements`.

    Args:
        connection: Any connection.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def __call__(self, name: str, bound: Mapping[str, Any], /) -> list[Row]:
        """Run a statement."""
        cursor = run(self._connection, _run_queries[name], bound)
        return [] if cursor.description is None else cursor.fetchall()


def resolve_address(connection: Connection, execution_id: str) -> str:
    """Find the current id of a run in the history; see `runs.resolve_address`."""
    return runs.resolve_address(PostgresRunStatements(connection), execution_id)
