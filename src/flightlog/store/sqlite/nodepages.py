"""
Node executions in bounded portions: by their number, and by the size of their payloads.

An execution can have a million node executions, and each of them payloads of many megabytes.
`reader` and `outline` make records of the rows that are chosen here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Final

import apsw

from flightlog.store.cursors import NODES
from flightlog.store.sqlite.columns import NODE_COLUMNS, PAYLOAD_COLUMNS
from flightlog.store.sqlite.queries import Row, fetch_all

MAX_PAYLOAD_BYTES: Final = 64 * 2**20
"""Payloads of one portion, bytes; the first node execution's come whatever their size."""

_NODE: Final = ", ".join(f"node_executions.{name}" for name in NODE_COLUMNS)
_PLACES: Final = tuple(NODE_COLUMNS.index(name) for name in PAYLOAD_COLUMNS & set(NODE_COLUMNS))
_SEQUENCE, _NODE_ID = NODE_COLUMNS.index("sequence"), NODE_COLUMNS.index("node_id")
_ALL: Final = -1
_SELECT: Final = (
    f"SELECT {_NODE} FROM json_each(?) AS wanted CROSS JOIN node_executions "
    "ON node_executions.execution_id = wanted.value "
)
SELECT_PAGE: Final = (
    f"SELECT {_NODE} FROM node_executions WHERE execution_id = ? "
    "AND (sequence, node_id) > (?, ?) ORDER BY sequence, node_id LIMIT ?"
)
"""One execution's node executions after a sequence and node id, at most so many."""


def fetch_nodes(
    connection: apsw.Connection, ids: Sequence[str], limit: int | None = None
) -> list[Row]:
    """
    The rows of the node executions of some executions, in the order of the ids.

    Args:
        connection: Where to read.
        ids: The executions.
        limit: At most so many rows; None is all.
    """
    sql = f"{_SELECT} ORDER BY wanted.key, sequence, node_id LIMIT ?"
    return fetch_all(connection, sql, (json.dumps(list(ids)), _ALL if limit is None else limit))


def fetch_page(
    connection: apsw.Connection, execution_id: str, limit: int | None, cursor: str | None
) -> tuple[list[Row], str | None]:
    """
    The rows of one execution's node executions after a cursor, and the cursor of the next page.

    Raises:
        InvalidQueryError: The cursor isn't one of a page of nodes.
    """
    sequence, node_id = (-1, "") if cursor is None else NODES.read(cursor)
    rows = fetch_all(
        connection,
        SELECT_PAGE,
        (execution_id, sequence, node_id, _ALL if limit is None else limit + 1),
    )
    return rows[:limit], None if limit is None else next_cursor(rows, limit)


def next_cursor(rows: Sequence[Row], count: int) -> str | None:
    """The cursor after the first rows of an execution; None where these are all."""
    if count >= len(rows):
        return None
    last = rows[count - 1]
    return NODES.write(last[_SEQUENCE], last[_NODE_ID])


def fitting(connection: apsw.Connection, rows: Iterable[Row]) -> int:
    """How many of the first rows have payloads of at most `MAX_PAYLOAD_BYTES`; at least one."""
    rows = list(rows)
    stored = {row[place] for row in rows for place in _PLACES if isinstance(row[place], int)}
    sizes: dict[int, int] = dict(
        fetch_all(
            connection,
            "SELECT payloads.id, size FROM json_each(?) AS wanted "
            "CROSS JOIN payloads ON payloads.id = wanted.value",
            (json.dumps(sorted(stored)),),
        )
    )
    total = 0
    for number, row in enumerate(rows):
        total += sum(sizes.get(row[place], 0) for place in _PLACES if row[place] is not None)
        if total > MAX_PAYLOAD_BYTES and number > 0:
            return number
    return len(rows)
