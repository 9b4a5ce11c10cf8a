"""Run statements on a connection, and load this package's `.sql` files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, TypeAlias

import psycopg

from flightlog.store.row_functions import Row
from flightlog.store.statements import read_text, split_statements

Connection: TypeAlias = psycopg.Connection[Row]
Bound: TypeAlias = Sequence[Any] | Mapping[str, Any]

_PACKAGE: Final = __package__


def read_sql(name: str) -> str:
    """
    Read one of this package's `.sql` files.

    Args:
        name: The file's name.

    Returns:
        The file's text.
    """
    return read_text(_PACKAGE, name)


def load_queries(name: str) -> Mapping[str, str]:
    """
    Load the statements of a `.sql` file.

    Args:
        name: The file's name.

    Returns:
        The statements by their names.
    """
    return split_statements(read_sql(name))


def fetch_all(connection: Connection, sql: str, bound: Bound | None = None) -> list[Row]:
    """
    Read all rows of a statement.

    Args:
        connection: Any connection.
        sql: The statement.
        bound: The statement's bound values; None for a statement without any.

    Returns:
        The rows.
    """
    return run(connection, sql, bound).fetchall()


def fetch_one(connection: Connection, sql: str, bound: Bound | None = None) -> Row | None:
    """
    Read the first row of a statement.

    Args:
        connection: Any connection.
        sql: The statement.
        bound: The statement's bound values; None for a statement without any.

    Returns:
        The row; None when there is none.
    """
    return run(connection, sql, bound).fetchone()


def run(connection: Connection, sql: str, bound: Bound | None = None) -> psycopg.Cursor[Row]:
    """
    Run a statement.

    Args:
        connection: Any connection.
        sql: The statement; it consists of this package's constants.
        bound: The statement's bound values; None for a statement without any.

    Returns:
        The cursor with the statement's rows.
    """
    return connection.execute(sql, bound)


def write_array(values: Iterable[str | int | float]) -> str:
    """
    Write a list as the text of an array, much faster than the driver does.

    Args:
        values: Texts or numbers.

    Returns:
        The text; the statement casts it, for example `%(ids)s::bigint[]`.
    """
    return (
        "{"
        + ",".join(_quote(each) if isinstance(each, str) else repr(each) for each in values)
        + "}"
    )


def _quote(text: str) -> str:
    return '"' + text.replace("\\", r"\\").replace('"', r"\"") + '"'
