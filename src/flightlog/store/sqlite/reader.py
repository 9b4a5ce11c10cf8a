"""
Read executions: lists, single executions, payloads and statistics.

Each read is a few statements in one short read transaction; a list takes a few statements, however
long the list is. `selection` compiles the filters of a query.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Final

import apsw
from msgspec import UNSET

from flightlog.record.model import MAX_COUNT, WorkflowExecution
from flightlog.store import record_reader
from flightlog.store.outline import ExecutionPage, PayloadKind
from flightlog.store.positions import Position, Selection
from flightlog.store.query import ExecutionQuery
from flightlog.store.record_reader import join_unfinished
from flightlog.store.results import Page, PayloadContent, Unfinished
from flightlog.store.row_functions import LoadPayload
from flightlog.store.sqlite.compression import Codec
from flightlog.store.sqlite.nodepages import (
    count_fitting,
    fetch_nodes,
    fetch_page,
)
from flightlog.store.sqlite.payloads import StoredValue, make_loader, read_payloads
from flightlog.store.sqlite.queries import Row, fetch_all, fetch_one, load_queries
from flightlog.store.sqlite.scanning import select_executions
from flightlog.store.sqlite.selection import read_rows
from flightlog.store.tables import SHOWN_EXECUTION

_queries: Final = load_queries("reader.sql")


class SqliteReads:
    """
    Reads the rows of records from SQLite; see `ReadStore`.

    Args:
        connection: A connection within a read transaction.
        codec: Decompresses payloads.
    """

    def __init__(self, connection: apsw.Connection, codec: Codec) -> None:
        self._connection = connection
        self._codec = codec

    def select(self, query: ExecutionQuery, *, is_bounded: bool) -> Selection:
        """Find the executions of a page; see `ReadStore.select`."""
        return select_executions(self._connection, self._codec, query, is_bounded=is_bounded)

    def fetch_at(self, positions: list[Position]) -> list[Row]:
        """Read executions at positions; see `ReadStore.fetch_at`."""
        return read_rows(self._connection, positions)

    def fetch_shown(self, execution_id: str) -> list[Row]:
        """Read one execution; see `ReadStore.fetch_shown`."""
        sql = f"SELECT {SHOWN_EXECUTION} FROM executions WHERE id = ?"
        return fetch_all(self._connection, sql, (execution_id,))

    def fetch_nodes(self, ids: Sequence[str], limit: int | None) -> list[Row]:
        """Read node executions; see `ReadStore.fetch_nodes`."""
        return fetch_nodes(self._connection, ids, limit)

    def fetch_page(
        self, execution_id: str, limit: int | None, cursor: str | None
    ) -> tuple[list[Row], str | None]:
        """Read a page of node executions; see `ReadStore.fetch_page`."""
        return fetch_page(self._connection, execution_id, limit, cursor)

    def count_fitting(self, rows: Sequence[Row]) -> int:
        """Count the rows that fit on a page; see `ReadStore.count_fitting`."""
        return count_fitting(self._connection, rows)

    def make_loader(self, values: Iterable[StoredValue]) -> LoadPayload:
        """Read payloads; see `ReadStore.make_loader`."""
        return make_loader(read_payloads(self._connection, self._codec, values))


def find(connection: apsw.Connection, codec: Codec, query: ExecutionQuery) -> Page:
    """List executions; see `ExecutionReader.find`."""
    return record_reader.find(SqliteReads(connection, codec), query)


def get(connection: apsw.Connection, codec: Codec, execution_id: str) -> WorkflowExecution | None:
    """Read one execution with all node executions and payloads; see `ExecutionReader.get`."""
    return record_reader.get(SqliteReads(connection, codec), execution_id)


def get_page(
    connection: apsw.Connection, codec: Codec, execution_id: str, limit: int, cursor: str | None
) -> ExecutionPage | None:
    """Read one execution with a page of its node executions; see `ExecutionReader.read_page`."""
    return record_reader.get_page(SqliteReads(connection, codec), execution_id, limit, cursor)


def get_payload(
    connection: apsw.Connection,
    codec: Codec,
    execution_id: str,
    kind: PayloadKind,
    *,
    sequence: int | None,
    node_id: str | None,
    max_bytes: int | None,
) -> PayloadContent | None:
    """Read one payload with its size and digest; see `ExecutionReader.get_payload`."""
    if sequence is not None and not 0 <= sequence <= MAX_COUNT:
        return None
    row = fetch_one(
        connection,
        _queries[f"{kind}_payload"],
        {"execution_id": execution_id, "sequence": sequence, "node_id": node_id},
    )
    if row is None or row[0] is None:
        return None
    value: StoredValue = row[0]
    if isinstance(value, int):
        stored = fetch_one(connection, _queries["payload_key"], (value,))
        assert stored is not None, "a payload that a column refers to is never erased"
        size, digest = stored[0], stored[1].hex()
    else:
        data = str(value).encode()
        size, digest = len(data), hashlib.sha256(data).hexdigest()
    if max_bytes is not None and size > max_bytes:
        return PayloadContent(bytes=size, digest=digest, data=None)
    content = make_loader(read_payloads(connection, codec, [value]))(value)
    assert content is not UNSET
    return PayloadContent(bytes=size, digest=digest, data=content)


def count(connection: apsw.Connection) -> int:
    """
    Count all executions.

    Args:
        connection: Any connection.

    Returns:
        The number of executions.
    """
    row = fetch_one(connection, _queries["count"])
    return row[0] if row else 0


def list_running_processes(connection: apsw.Connection) -> tuple[str, ...]:
    """List processes with running executions; see `ExecutionReader.list_running_processes`."""
    return tuple(row[0] for row in connection.execute(_queries["running_processes"]))


def list_unfinished(connection: apsw.Connection) -> tuple[Unfinished, ...]:
    """Count running executions and nodes by process; see `ExecutionReader.list_unfinished`."""
    return join_unfinished(
        fetch_all(connection, _queries["unfinished_executions"]),
        fetch_all(connection, _queries["unfinished_nodes"]),
    )
