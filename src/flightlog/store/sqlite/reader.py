"""
Read executions: lists, single executions, payloads and statistics.

Each read is a few statements in one short read transaction; a list takes a few statements, however
long the list is. `selection` compiles the filters of a query.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import apsw
from msgspec import UNSET

from flightlog.errors import PayloadDamagedError
from flightlog.record.model import MAX_COUNT
from flightlog.store.outline import PayloadKind
from flightlog.store.positions import Position, Selection
from flightlog.store.query import ExecutionQuery
from flightlog.store.record_reader import join_unfinished
from flightlog.store.results import PayloadContent, Unfinished
from flightlog.store.row_functions import LoadPayload
from flightlog.store.sqlite.compression import Codec
from flightlog.store.sqlite.node_pages import fetch_nodes, fetch_page, read_sizes
from flightlog.store.sqlite.payloads import StoredValue, make_loader, read_payloads
from flightlog.store.sqlite.queries import Row, fetch_all, fetch_one, load_queries
from flightlog.store.sqlite.scanning import select_executions
from flightlog.store.sqlite.selection import read_rows
from flightlog.store.tables import SHOWN_EXECUTION

_queries: Final = load_queries("reader.sql")
SELECT_EXECUTION: Final = f"SELECT {SHOWN_EXECUTION} FROM executions WHERE id = ?"
"""Reads one execution by its id."""


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
        return fetch_all(self._connection, SELECT_EXECUTION, (execution_id,))

    def fetch_nodes(self, ids: Sequence[str], limit: int | None) -> list[Row]:
        """Read node executions; see `ReadStore.fetch_nodes`."""
        return fetch_nodes(self._connection, ids, limit)

    def fetch_page(
        self, execution_id: str, limit: int | None, cursor: str | None
    ) -> tuple[list[Row], str | None]:
        """Read a page of node executions; see `ReadStore.fetch_page`."""
        return fetch_page(self._connection, execution_id, limit, cursor)

    def read_sizes(self, values: Iterable[StoredValue]) -> Mapping[StoredValue, int]:
        """Read the sizes of stored payloads; see `ReadStore.read_sizes`."""
        return read_sizes(self._connection, values)

    def make_loader(self, values: Iterable[StoredValue]) -> LoadPayload:
        """Read payloads; see `ReadStore.make_loader`."""
        return make_loader(
            read_payloads(self._connection, self._codec, values, replaces_damaged=True)
        )


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
        if stored is None:
            raise PayloadDamagedError("its row is missing")
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
