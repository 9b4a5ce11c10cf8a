"""
Read node executions in bounded pages: bounded by number, and by the size of the payloads.

An execution can have a million node executions, each with payloads of many megabytes. `reader` and
`outline` convert the rows chosen here to records.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import apsw

from flightlog.store.node_pages import read_place, write_next_cursor
from flightlog.store.sqlite.payloads import StoredValue
from flightlog.store.sqlite.queries import Row, fetch_all
from flightlog.store.tables import NODES

_NODE: Final = NODES.select_list("node_executions")
_ALL: Final = -1
_SELECT_ALL: Final = (
    f"SELECT {_NODE} FROM node_executions WHERE execution_id IN (SELECT value FROM json_each(?)) "
    "ORDER BY execution_id, sequence, node_id"
)
"""The index has this order, so no row is sorted."""
_SELECT_FIRST: Final = (
    f"SELECT {_NODE} FROM json_each(?) AS wanted CROSS JOIN node_executions "
    "ON node_executions.execution_id = wanted.value "
    "ORDER BY wanted.key, sequence, node_id LIMIT ?"
)
SELECT_PAGE: Final = (
    f"SELECT {_NODE} FROM node_executions WHERE execution_id = ? "
    "AND (sequence, node_id) > (?, ?) ORDER BY sequence, node_id LIMIT ?"
)
"""Selects one execution's node executions after a sequence and node id, up to a limit."""


def fetch_nodes(
    connection: apsw.Connection, ids: Sequence[str], limit: int | None = None
) -> list[Row]:
    """
    Read the node executions of several executions.

    Args:
        connection: Any connection.
        ids: The executions.
        limit: The largest number of rows; None means all.

    Returns:
        The rows in the order of the columns of `NODES`. The rows of one execution are together and
        in order; with a limit, the executions have the order of the ids.
    """
    wanted = json.dumps(list(ids))
    if limit is None:
        return fetch_all(connection, _SELECT_ALL, (wanted,))
    return fetch_all(connection, _SELECT_FIRST, (wanted, limit))


def fetch_page(
    connection: apsw.Connection, execution_id: str, limit: int | None, cursor: str | None
) -> tuple[list[Row], str | None]:
    """
    Read one execution's node executions after a cursor.

    Args:
        connection: Any connection.
        execution_id: The execution.
        limit: The largest number of rows; None means all.
        cursor: The position after which to continue; None begins with the first node execution.

    Returns:
        The rows, and the cursor of the next page; None as the cursor when there is no next page.

    Raises:
        InvalidQueryError: The cursor is not a cursor of a page of nodes.
    """
    sequence, node_id = read_place(cursor)
    rows = fetch_all(
        connection,
        SELECT_PAGE,
        (execution_id, sequence, node_id, _ALL if limit is None else limit + 1),
    )
    return rows[:limit], None if limit is None else write_next_cursor(rows, limit)


def read_sizes(
    connection: apsw.Connection, values: Iterable[StoredValue]
) -> Mapping[StoredValue, int]:
    """
    Read the sizes of stored payloads.

    Args:
        connection: Any connection.
        values: The values of columns; JSON text and None are ignored.

    Returns:
        The sizes in bytes by payload id.
    """
    stored = {value for value in values if isinstance(value, int)}
    return dict(
        fetch_all(
            connection,
            "SELECT payloads.id, size FROM json_each(?) AS wanted "
            "CROSS JOIN payloads ON payloads.id = wanted.value",
            (json.dumps(sorted(stored)),),
        )
    )
