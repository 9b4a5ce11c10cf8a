"""Positions in the order of lists: the start of an execution, and then the order of arrival."""

from __future__ import annotations

from typing import NamedTuple, cast

from flightlog.store.query import EXECUTION_CURSOR, MAX_NUMBER, ExecutionQuery


class Position(NamedTuple):
    """The position of an execution in the order of lists."""

    started_at: str
    ordinal: int


class Selection(NamedTuple):
    """The result of a selection."""

    positions: list[Position]
    """The found positions in the search's order, at most as many as the query's limit."""
    stopped_at: Position | None
    """The position at which to continue in the same direction; None at the end."""
    is_partial: bool
    """Whether a search stopped at its row limit before the page was full."""


def write_cursor(position: Position) -> str:
    """
    Write a position as the text of a cursor.

    Args:
        position: The position.

    Returns:
        The cursor, which clients send back.
    """
    return EXECUTION_CURSOR.write(*position)


def read_cursor(cursor: str) -> Position:
    """
    Read the position of a cursor.

    Args:
        cursor: The cursor.

    Returns:
        The position.

    Raises:
        InvalidQueryError: The text is not a cursor of this list.
    """
    return Position(*cast(tuple[str, int], EXECUTION_CURSOR.read(cursor)))


def find_page_start(query: ExecutionQuery) -> Position | None:
    """
    Find the position at which a page begins.

    Args:
        query: The query.

    Returns:
        The position; None when the page begins at an end of the list.

    Raises:
        InvalidQueryError: The text is not a cursor of this list.
    """
    if query.cursor is not None:
        return read_cursor(query.cursor)
    return None if query.at is None else Position(query.at, MAX_NUMBER)
