"""Read executions, payloads, lists and counts from PostgreSQL, each within one snapshot."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from msgspec import UNSET

from flightlog.record.model import MAX_COUNT
from flightlog.store.node_pages import read_place, write_next_cursor
from flightlog.store.outline import PayloadKind
from flightlog.store.positions import Position, Selection
from flightlog.store.postgres.compression import Codec
from flightlog.store.postgres.payloads import (
    make_loader,
    read_payloads,
    read_reference,
    read_sizes,
)
from flightlog.store.postgres.source import PostgresSource
from flightlog.store.postgres.statements import Connection, fetch_all, fetch_one, load_queries
from flightlog.store.query import ExecutionQuery
from flightlog.store.record_reader import join_unfinished
from flightlog.store.results import PayloadContent, Unfinished
from flightlog.store.row_functions import LoadPayload, Row
from flightlog.store.saved_queries import SavedQuery
from flightlog.store.server.scanning import select_executions
from flightlog.store.server.selection import read_rows
from flightlog.store.tables import EXECUTIONS, NODES, SHOWN_EXECUTION

_queries: Final = load_queries("reader.sql")
_payload_queries: Final = load_queries("payloads.sql")
_SHOWN: Final = f"SELECT {SHOWN_EXECUTION} FROM executions WHERE id = %(id)s"
_NODE: Final = NODES.select_list("node_executions")
_NODES: Final = _queries["nodes"].format(columns=_NODE)
_FIRST_NODES: Final = _queries["first_nodes"].format(columns=_NODE)
_PAGE: Final = _queries["page"].format(columns=_NODE)
_ID: Final = EXECUTIONS.find_position("id")


class PostgresReads:
    """
    Reads the rows of records from PostgreSQL; see `ReadStore`.

    Args:
        connection: A connection within a read transaction.
        codec: Decompresses payloads.
    """

    def __init__(self, connection: Connection, codec: Codec) -> None:
        self._connection = connection
        self._codec = codec
        self._source = PostgresSource(connection, codec)

    def select(self, query: ExecutionQuery, *, is_bounded: bool) -> Selection:
        """Find the executions of a page; see `ReadStore.select`."""
        return select_executions(self._source, query, is_bounded=is_bounded)

    def fetch_at(self, positions: list[Position]) -> list[Row]:
        """Read executions at positions; see `ReadStore.fetch_at`."""
        return read_rows(self._source, positions)

    def fetch_shown(self, execution_id: str) -> list[Row]:
        """Read one execution; see `ReadStore.fetch_shown`."""
        return fetch_all(self._connection, _SHOWN, {"id": execution_id})

    def fetch_nodes(self, ids: Sequence[str], limit: int | None) -> list[Row]:
        """Read node executions; see `ReadStore.fetch_nodes`."""
        bound = {"ids": list(ids), "limit": limit}
        return fetch_all(self._connection, _NODES if limit is None else _FIRST_NODES, bound)

    def fetch_page(
        self, execution_id: str, limit: int | None, cursor: str | None
    ) -> tuple[list[Row], str | None]:
        """Read a page of node executions; see `ReadStore.fetch_page`."""
        sequence, node_id = read_place(cursor)
        most = None if limit is None else limit + 1
        bound = {"id": execution_id, "sequence": sequence, "node_id": node_id, "limit": most}
        rows = fetch_all(self._connection, _PAGE, bound)
        return rows[:limit], None if limit is None else write_next_cursor(rows, limit)

    def read_sizes(self, values: Iterable[bytes | None]) -> Mapping[bytes, int]:
        """Read the sizes of stored payloads; see `ReadStore.read_sizes`."""
        return read_sizes(self._connection, values)

    def make_loader(self, values: Iterable[bytes | None]) -> LoadPayload:
        """Read payloads; see `ReadStore.make_loader`."""
        return make_loader(
            read_payloads(self._connection, self._codec, values, replaces_damaged=True)
        )


def get_payload(
    connection: Connection,
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
    bound = {"id": execution_id, "sequence": sequence, "node_id": node_id}
    row = fetch_one(connection, _queries[f"{kind}_payload"], bound)
    if row is None or row[0] is None:
        return None
    value: bytes = row[0]
    payload_id = read_reference(value)
    if payload_id is None:
        size, digest = len(value), hashlib.sha256(value).hexdigest()
    else:
        stored = fetch_one(connection, _payload_queries["key"], {"id": payload_id})
        assert stored is not None, "a payload that a column refers to is never erased"
        size, digest = stored[0], bytes(stored[1]).hex()
    if max_bytes is not None and size > max_bytes:
        return PayloadContent(bytes=size, digest=digest, data=None)
    content = make_loader(read_payloads(connection, codec, [value]))(value)
    assert content is not UNSET
    return PayloadContent(bytes=size, digest=digest, data=content)


def count(connection: Connection) -> int:
    """
    Count all executions.

    Args:
        connection: Any connection.

    Returns:
        The number of executions.
    """
    row = fetch_one(connection, _queries["count"])
    return row[0] if row else 0


def list_running_processes(connection: Connection) -> tuple[str, ...]:
    """List processes with running executions; see `ExecutionReader.list_running_processes`."""
    return tuple(row[0] for row in fetch_all(connection, _queries["running_processes"]))


def list_unfinished(connection: Connection) -> tuple[Unfinished, ...]:
    """Count running executions and nodes by process; see `ExecutionReader.list_unfinished`."""
    return join_unfinished(
        fetch_all(connection, _queries["unfinished_executions"]),
        fetch_all(connection, _queries["unfinished_nodes"]),
    )


def list_saved_queries(connection: Connection) -> tuple[SavedQuery, ...]:
    """List the saved queries; see `ExecutionReader.list_saved_queries`."""
    rows = fetch_all(connection, _queries["saved_queries"])
    return tuple(SavedQuery(name=name, query=query) for name, query in rows)
