"""Bound pages of node executions: by number, and by the size of the payloads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from flightlog.store.query import NODE_CURSOR
from flightlog.store.row_functions import Row
from flightlog.store.tables import NODES

MAX_PAYLOAD_BYTES: Final = 64 * 2**20
"""
The largest size of one page's payloads, bytes. The first node execution's payloads are always
included.
"""

NODE_PAYLOADS: Final = tuple(map(NODES.find_position, NODES.payloads))
"""The places of the payloads in a row of `NODES`."""
_SEQUENCE, _NODE_ID = NODES.find_position("sequence"), NODES.find_position("node_id")


def read_place(cursor: str | None) -> tuple[int | str, ...]:
    """
    Read the place after which a page of node executions begins.

    Args:
        cursor: The cursor; None begins with the first node execution.

    Returns:
        The sequence and the node id of the node execution before the page.

    Raises:
        InvalidQueryError: The cursor is not a cursor of a page of nodes.
    """
    return (-1, "") if cursor is None else NODE_CURSOR.read(cursor)


def write_next_cursor(rows: Sequence[Row], count: int) -> str | None:
    """
    Write the cursor after the first rows of an execution.

    Args:
        rows: The rows.
        count: The number of rows on the page.

    Returns:
        The cursor; None when the page holds all rows.
    """
    if count >= len(rows):
        return None
    last = rows[count - 1]
    return NODE_CURSOR.write(last[_SEQUENCE], last[_NODE_ID])


def count_fitting(rows: Sequence[Row], sizes: Mapping[Any, int]) -> int:
    """
    Count the first rows whose payloads fit into `MAX_PAYLOAD_BYTES`.

    Args:
        rows: The rows in the order of the columns of `NODES`.
        sizes: The sizes of stored payloads, by the values of their columns.

    Returns:
        The number of rows, at least 1 if there are any rows.
    """
    total = 0
    for number, row in enumerate(rows):
        total += sum(sizes.get(row[place], 0) for place in NODE_PAYLOADS if row[place] is not None)
        if total > MAX_PAYLOAD_BYTES and number > 0:
            return number
    return len(rows)
