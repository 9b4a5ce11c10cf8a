"""Tests of the fragments of SQL that differ between servers."""

from __future__ import annotations

from collections.abc import Sequence

from flightlog.query import Expression
from flightlog.store.postgres.source import DIALECT
from flightlog.store.row_functions import Row
from flightlog.store.server.source import Bound, Dialect, fetch_first


class Rows:
    """Returns fixed rows."""

    dialect: Dialect = DIALECT

    def __init__(self, *rows: Row) -> None:
        self._rows = [*rows]

    def fetch_all(self, sql: str, bound: Bound | None = None, /) -> list[Row]:
        """Return the rows."""
        del sql, bound
        return self._rows

    def fetch_chosen(self, sql: str, column: str, values: Sequence[object], /) -> list[Row]:
        """Return the rows."""
        del sql, column, values
        return self._rows

    def find_candidates(self, expression: Expression, /) -> None:
        """Have no index."""
        del expression

    def read_reference(self, value: object, /) -> None:
        """Find no reference."""
        del value

    def read_payloads(self, references: list[int], most_bytes: int, /) -> list[tuple[int, bytes]]:
        """Find no payload."""
        del references, most_bytes
        return []


def test_fetch_first_returns_none_without_rows() -> None:
    """The first row of a statement is returned, and None where there is none."""
    assert fetch_first(Rows((1,), (2,)), "SELECT 1") == (1,)
    assert fetch_first(Rows(), "SELECT 1") is None


def test_write_among_names_column_and_placeholder() -> None:
    """The condition holds the column and the placeholder of the list."""
    assert DIALECT.write_among("id") == "id = ANY(%s)"
    assert DIALECT.write_among("ordinal", "%(values)s") == "ordinal = ANY(%(values)s)"
