"""
Search the index in a SQLite file for the executions that may match an expression.

`flightlog.store.index_choices` chooses the terms.
"""

from __future__ import annotations

from typing import Any, Final

import apsw
from msgspec import Struct

from flightlog.query.expressions import Expression
from flightlog.store.index_choices import AllChoices, AnyChoice, Choice, Terms, choose_terms
from flightlog.store.index_terms import VERSION
from flightlog.store.results import IndexContent
from flightlog.store.sqlite.queries import fetch_all, fetch_one

_WAITING: Final = "SELECT ordinal FROM search_pending"
_TABLES: Final = {"words": "search_words", "parts": "search_parts"}


class Candidates(Struct, frozen=True):
    """A search of the index, and the executions that wait to be indexed."""

    indexed_sql: str
    """Selects the ordinals of the indexed executions that may match; it may repeat them."""
    bound: tuple[Any, ...]
    """The bound values."""

    @property
    def sql(self) -> str:
        """Selects the ordinals of all executions that may match; it may repeat them."""
        return f"{self.indexed_sql} UNION ALL {_WAITING}"

    def are_more_than(self, connection: apsw.Connection, number: int) -> bool:
        """
        Check whether there are more candidates than a number, besides those that wait.

        Args:
            connection: Any connection.
            number: The number.

        Returns:
            True if there are more; candidates that the search repeats count each time.
        """
        sql = f"SELECT count(*) FROM ({self.indexed_sql} LIMIT ?)"
        row = fetch_one(connection, sql, (*self.bound, number + 1))
        return row is not None and row[0] > number

    def select_between(self, connection: apsw.Connection, low: int, high: int) -> set[int]:
        """
        List the candidates in a range.

        Args:
            connection: Any connection.
            low: The lowest ordinal.
            high: The highest ordinal.

        Returns:
            Their ordinals.
        """
        sql = f"SELECT ordinal FROM ({self.sql}) WHERE ordinal BETWEEN ? AND ?"
        return {row[0] for row in fetch_all(connection, sql, (*self.bound, low, high))}


def do_more_wait(connection: apsw.Connection, number: int) -> bool:
    """
    Check whether more executions wait to be indexed than a number.

    Args:
        connection: Any connection.
        number: The number.

    Returns:
        True if there are more.
    """
    sql = f"SELECT 1 FROM ({_WAITING} LIMIT ?, 1)"
    return fetch_one(connection, sql, (number,)) is not None


def read_content(connection: apsw.Connection) -> IndexContent:
    """
    Read what the index holds.

    Args:
        connection: Any connection.

    Returns:
        The content.
    """
    row = fetch_one(connection, "SELECT content FROM search_settings")
    content: IndexContent = "off" if row is None else row[0]
    return content


def is_outdated(connection: apsw.Connection) -> bool:
    """
    Check whether the index has the terms of another version of Flightlog.

    Args:
        connection: Any connection.

    Returns:
        True if the index must be built anew, and can't be searched.
    """
    row = fetch_one(connection, "SELECT version FROM search_settings WHERE content <> 'off'")
    return row is not None and row[0] != VERSION


def find_candidates(expression: Expression, content: IndexContent) -> Candidates | None:
    """
    Compile an expression to a search of the index.

    Args:
        expression: The expression.
        content: The content of the index.

    Returns:
        The search; None if the index does not narrow the expression.
    """
    chosen = choose_terms(expression, content, with_beginnings=True)
    if chosen is None:
        return None
    sql, bound = _write(chosen)
    return Candidates(sql, bound)


def _write(choice: Choice) -> tuple[str, tuple[Any, ...]]:
    pure = _match(choice)
    if pure is not None:
        table, match = pure
        return f"SELECT rowid AS ordinal FROM {table} WHERE {table} MATCH ?", (match,)
    assert not isinstance(choice, Terms), "terms of one table are one match"
    parts = [_write(each) for each in _join_by_table(choice)]
    bound = tuple(value for _, values in parts for value in values)
    if isinstance(choice, AnyChoice):
        return " UNION ALL ".join(f"SELECT ordinal FROM ({sql})" for sql, _ in parts), bound
    (first, _), *rest = parts
    more = " AND ".join(f"ordinal IN ({sql})" for sql, _ in rest)
    return f"SELECT ordinal FROM ({first}) WHERE {more}", bound


def _join_by_table(choice: AllChoices | AnyChoice) -> list[Choice]:
    by_table: dict[str, list[Choice]] = {}
    joined: list[Choice] = []
    for each in choice.choices:
        pure = _match(each)
        if pure is None:
            joined.append(each)
        else:
            by_table.setdefault(pure[0], []).append(each)
    return [type(choice)(tuple(some)) for some in by_table.values()] + joined


def _match(choice: Choice) -> tuple[str, str] | None:
    """Write a choice within one table as a query of FTS5."""
    if isinstance(choice, Terms):
        quoted = (term.replace('"', '""') for term in choice.terms)
        end = "*" if choice.are_beginnings else ""
        return _TABLES[choice.kind], " AND ".join(f'"{term}"{end}' for term in quoted)
    matches = [_match(each) for each in choice.choices]
    known = [match for match in matches if match is not None]
    if len(known) < len(matches) or len({table for table, _ in known}) > 1:
        return None
    word = " AND " if isinstance(choice, AllChoices) else " OR "
    return known[0][0], word.join(f"({match})" for _, match in known)
