"""The statements of the merge on SQLite; see `flightlog.store.row_store`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import apsw

from flightlog.store import runs
from flightlog.store.sqlite.queries import (
    Row,
    fetch_all,
    fetch_one,
    load_queries,
    make_insert,
    make_upsert,
)
from flightlog.store.sqlite.stars import add_stars
from flightlog.store.tables import EXECUTIONS, NODES

_queries: Final = load_queries("row_store.sql")
_run_queries: Final = load_queries("runs.sql")
_INSERT_EXECUTION: Final = make_insert(EXECUTIONS, "created_at")
_UPSERT_EXECUTION: Final = make_upsert(EXECUTIONS, "created_at")
_INSERT_NODE: Final = make_insert(NODES)
_UPSERT_NODE: Final = make_upsert(NODES)
_SELECT_EXECUTIONS: Final = f"SELECT {EXECUTIONS.select_list()} FROM executions "
_SELECT_STORED_EXECUTIONS: Final = (
    _SELECT_EXECUTIONS + "WHERE id IN (SELECT value FROM json_each(?))"
)
RUNNING_OF_PROCESS: Final = (
    _SELECT_EXECUTIONS + "WHERE process_id = ? AND status = 'running' LIMIT ?"
)
"""Finds the executions that a dead process ran."""
RUNNING_NODES_OF_PROCESS: Final = _queries["running_nodes_of_process"].format(
    columns=NODES.select_list("n")
)
"""Finds the node executions that a dead process ran."""
_SELECT_NODES: Final = f"SELECT {NODES.select_list()} FROM node_executions "
_SELECT_STORED_NODES: Final = (
    _SELECT_NODES + "WHERE execution_id = ? AND sequence IN (SELECT value FROM json_each(?))"
)
_SELECT_RUNNING: Final = (
    _SELECT_NODES + "WHERE execution_id = ? AND status = 'running' AND process_id IS NULL LIMIT ?"
)
_SELECT_CRASHED: Final = (
    _SELECT_NODES
    + "WHERE execution_id = ? AND status = 'error' AND json_type(provenance, '$.status') = 'null' "
    "LIMIT ?"
)


class SqliteRows:
    """
    Reads and writes rows, within transactions that its caller opens; see `RowStore`.

    Args:
        connection: The writing connection.
    """

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def fetch_executions(self, ids: Sequence[str]) -> list[Row]:
        """Read executions; see `RowStore.fetch_executions`."""
        return fetch_all(self._connection, _SELECT_STORED_EXECUTIONS, (json.dumps(ids),))

    def fetch_nodes(self, execution_id: str, sequences: Sequence[int]) -> list[Row]:
        """Read node executions; see `RowStore.fetch_nodes`."""
        bound = (execution_id, json.dumps(sequences))
        return fetch_all(self._connection, _SELECT_STORED_NODES, bound)

    def fetch_running_nodes(self, execution_id: str, limit: int) -> list[Row]:
        """Read running node executions; see `RowStore.fetch_running_nodes`."""
        return fetch_all(self._connection, _SELECT_RUNNING, (execution_id, limit))

    def fetch_crashed_nodes(self, execution_id: str, limit: int) -> list[Row]:
        """Read crashed node executions; see `RowStore.fetch_crashed_nodes`."""
        return fetch_all(self._connection, _SELECT_CRASHED, (execution_id, limit))

    def fetch_counted_nodes(self, execution_id: str) -> list[Row]:
        """Read counted columns; see `RowStore.fetch_counted_nodes`."""
        return fetch_all(self._connection, _queries["counted_nodes"], (execution_id,))

    def fetch_running_executions(self, process_id: str, limit: int) -> list[Row]:
        """Read a process's executions; see `RowStore.fetch_running_executions`."""
        return fetch_all(self._connection, RUNNING_OF_PROCESS, (process_id, limit))

    def fetch_running_nodes_of_process(self, process_id: str, limit: int) -> list[Row]:
        """Read a process's node executions; see `RowStore.fetch_running_nodes_of_process`."""
        return fetch_all(self._connection, RUNNING_NODES_OF_PROCESS, (process_id, limit))

    def find_innermost_node(self, execution_id: str) -> str | None:
        """Find the newest running node execution; see `RowStore.find_innermost_node`."""
        row = fetch_one(self._connection, _queries["innermost_node"], (execution_id,))
        return None if row is None else row[0]

    def find_previous_run(self, execution_id: str) -> str | None:
        """Find the run before; see `RowStore.find_previous_run`."""
        row = fetch_one(self._connection, _queries["previous_run"], (execution_id,))
        return None if row is None else row[0]

    def insert_executions(self, rows: Sequence[Row], now: str) -> None:
        """Insert executions; see `RowStore.insert_executions`."""
        self._connection.executemany(_INSERT_EXECUTION, [(*row, now) for row in rows])

    def replace_executions(self, rows: Sequence[Row], now: str) -> None:
        """Write executions; see `RowStore.replace_executions`."""
        self._connection.executemany(_UPSERT_EXECUTION, [(*row, now) for row in rows])

    def insert_nodes(self, rows: Sequence[Row]) -> None:
        """Insert node executions; see `RowStore.insert_nodes`."""
        self._connection.executemany(_INSERT_NODE, rows)

    def replace_nodes(self, rows: Sequence[Row]) -> None:
        """Write node executions; see `RowStore.replace_nodes`."""
        self._connection.executemany(_UPSERT_NODE, rows)

    def add_stars(self, ids: Iterable[str]) -> list[str]:
        """Star executions; see `RowStore.add_stars`."""
        return add_stars(self._connection, ids)


class SqliteRunStatements:
    """
    Runs the statements of `runs.sql`; see `RunStatements`.

    Args:
        connection: Any connection.
    """

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def __call__(self, name: str, bound: Mapping[str, Any], /) -> list[Row]:
        """Run a statement; lists are bound as JSON."""
        values = {
            key: json.dumps(value) if isinstance(value, list) else value
            for key, value in bound.items()
        }
        return fetch_all(self._connection, _run_queries[name], values)


def resolve_address(connection: apsw.Connection, execution_id: str) -> str:
    """Find the current id of a run in the history; see `runs.resolve_address`."""
    return runs.resolve_address(SqliteRunStatements(connection), execution_id)
