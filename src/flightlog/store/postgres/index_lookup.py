"""
Search the index in PostgreSQL for the executions that may match an expression.

`flightlog.store.index_choices` chooses the terms.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from msgspec import Struct

from flightlog.query.expressions import Expression
from flightlog.store.index_choices import AllChoices, Choice, Terms, choose_terms
from flightlog.store.index_terms import VERSION
from flightlog.store.postgres.index_numbers import number_term
from flightlog.store.postgres.statements import (
    Connection,
    fetch_all,
    fetch_one,
    load_queries,
    write_array,
)
from flightlog.store.results import IndexContent

_queries: Final = load_queries("index_lookup.sql")


class IndexCandidates(Struct, frozen=True):
    """A search of the index; see `Candidates`."""

    connection: Connection
    """The connection, within a read transaction."""
    condition: str
    """The condition on a row of `search_entries`."""
    bound: tuple[Any, ...]
    """The bound values."""

    def list_few(self, most: int, /) -> list[int] | None:
        """List all candidates if there are few; see `Candidates.list_few`."""
        sql = _queries["few"].format(condition=self.condition)
        rows = fetch_all(self.connection, sql, (*self.bound, most + 1))
        return None if len(rows) > most else [row[0] for row in rows]

    def select_among(self, ordinals: Sequence[int], /) -> set[int]:
        """Select the candidates of a list; see `Candidates.select_among`."""
        sql = _queries["among"].format(condition=self.condition)
        some = write_array(ordinals)
        return {row[0] for row in fetch_all(self.connection, sql, (some, *self.bound, some))}


def read_content(connection: Connection) -> tuple[IndexContent, bool]:
    """
    Read what the index holds.

    Args:
        connection: Any connection.

    Returns:
        The content, and whether it has the terms of this version of Flightlog; otherwise the index
        must be built anew, and can't be searched.
    """
    row = fetch_one(connection, _queries["settings"])
    return ("off", True) if row is None else (row[0], row[1] == VERSION)


def find_candidates(connection: Connection, expression: Expression) -> IndexCandidates | None:
    """
    Compile an expression to a search of the index.

    Args:
        connection: A connection within a read transaction.
        expression: The expression.

    Returns:
        The search; None if the index does not narrow the expression.
    """
    content, is_current = read_content(connection)
    chosen = choose_terms(expression, content if is_current else "off")
    return None if chosen is None else IndexCandidates(connection, *_write(chosen))


def _write(choice: Choice) -> tuple[str, tuple[Any, ...]]:
    if isinstance(choice, Terms):
        numbers = sorted({number_term(choice.kind, term) for term in choice.terms})
        return "terms @> %s::integer[]", (write_array(numbers),)
    parts = [_write(each) for each in choice.choices]
    word = " AND " if isinstance(choice, AllChoices) else " OR "
    condition = word.join(f"({condition})" for condition, _ in parts)
    return condition, tuple(value for _, bound in parts for value in bound)
