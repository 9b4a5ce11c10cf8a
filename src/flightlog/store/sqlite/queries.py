"""Run statements, and load the named statements (`-- name:`) of this package's `.sql` files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import apsw

from flightlog.store import row_functions
from flightlog.store.statements import read_text, split_statements
from flightlog.store.tables import Table

Row: TypeAlias = row_functions.Row
Bound: TypeAlias = tuple[Any, ...] | Mapping[str, Any]


def read_sql(name: str) -> str:
    """
    Read one of this package's `.sql` files.

    Args:
        name: The file's name, e.g. `schema.sql`.

    Returns:
        The file's text.
    """
    return read_text(__package__, name)


def load_queries(name: str) -> Mapping[str, str]:
    """
    Load the statements of a `.sql` file.

    Args:
        name: The file's name.

    Returns:
        The statements by their names.
    """
    return split_statements(read_sql(name))


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


def make_insert(table: Table, *more: str) -> str:
    """
    Make the statement that inserts a row whose key is new.

    SQLite needs no journal for a statement of one row, and looks for no row to replace.

    Args:
        table: The table.
        more: Further columns; their values follow the row's.

    Returns:
        The statement; its values are in the order of the table's columns.
    """
    names = (*table.columns, *more)
    return f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"


def make_upsert(table: Table, *more: str) -> str:
    """
    Make the statement that inserts a row, or replaces the row that has the same key.

    Args:
        table: The table.
        more: Columns that only an inserted row gets; their values follow the row's.

    Returns:
        The statement; its values are in the order of the table's columns.
    """
    key = table.columns[table.key_part]
    changes = ", ".join(
        f"{column} = excluded.{column}" for column in table.columns if column not in key
    )
    return f"{make_insert(table, *more)} ON CONFLICT ({', '.join(key)}) DO UPDATE SET {changes}"
