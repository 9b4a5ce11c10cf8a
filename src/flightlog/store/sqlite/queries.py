"""Run statements, and load the named statements (`-- name:`) of this package's `.sql` files."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from itertools import chain
from typing import Any, Final, TypeAlias

import apsw

from flightlog.store import row_functions
from flightlog.store.tables import Table

Row: TypeAlias = row_functions.Row
Bound: TypeAlias = tuple[Any, ...] | Mapping[str, Any]

_ROWS_AT_ONCE: Final = 10
"""The number of rows of one statement: so many that its text is short for each row."""


def read_sql(name: str) -> str:
    """
    Read one of this package's `.sql` files.

    Args:
        name: The file's name, e.g. `schema.sql`.

    Returns:
        The file's text.
    """
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def load_queries(name: str) -> Mapping[str, str]:
    """
    Load the statements of a `.sql` file.

    Args:
        name: The file's name.

    Returns:
        The statements by their names.
    """
    _, *parts = re.split(r"^-- name: (\w+)$", read_sql(name), flags=re.MULTILINE)
    return dict(zip(parts[::2], (text.strip() for text in parts[1::2]), strict=True))


def fetch_all(connection: apsw.Connection, sql: str, bound: Bound = ()) -> list[Row]:
    """
    Read all rows of a statement.

    Args:
        connection: Any connection.
        sql: The statement.
        bound: The statement's bound values.

    Returns:
        The rows.
    """
    return connection.execute(sql, bound).fetchall()


def fetch_one(connection: apsw.Connection, sql: str, bound: Bound = ()) -> Row | None:
    """
    Read the first row of a statement.

    Args:
        connection: Any connection.
        sql: The statement.
        bound: The statement's bound values.

    Returns:
        The row; None when there is none.
    """
    return connection.execute(sql, bound).fetchone()


class RowStatement:
    """
    A statement that inserts rows, most of them several at once.

    The driver looks its statement up, by its whole text, before each execution. SQLite keeps a
    journal for each statement of several rows, which costs more than it saves where the text is
    short.

    Args:
        sql: An INSERT of one row, with `VALUES (?, ?, …)`.
    """

    def __init__(self, sql: str) -> None:
        head, row, rest = re.split(r"(?<=VALUES )(\([?, ]+\))", sql)
        self._one = sql
        self._several = f"{head}{', '.join([row] * _ROWS_AT_ONCE)}{rest}"

    def run(self, connection: apsw.Connection, rows: Sequence[Row]) -> None:
        """
        Insert rows.

        Args:
            connection: The writing connection.
            rows: The rows, each with a value for each question mark.
        """
        end = len(rows) - len(rows) % _ROWS_AT_ONCE
        connection.executemany(
            self._several,
            (
                tuple(chain.from_iterable(rows[start : start + _ROWS_AT_ONCE]))
                for start in range(0, end, _ROWS_AT_ONCE)
            ),
        )
        connection.executemany(self._one, rows[end:])


def make_upsert(table: Table, *more: str) -> RowStatement:
    """
    Make the statement that inserts rows, or replaces the rows that have the same keys.

    Args:
        table: The table.
        more: Columns that only an inserted row gets; their values follow the row's.

    Returns:
        The statement; its rows are in the order of the table's columns.
    """
    names = (*table.columns, *more)
    key = table.columns[table.key_part]
    changes = ", ".join(
        f"{column} = excluded.{column}" for column in table.columns if column not in key
    )
    return RowStatement(
        f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))}) "
        f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {changes}"
    )
