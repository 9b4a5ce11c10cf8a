"""Run statements, and load the named statements (`-- name:`) of this package's `.sql` files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.resources import files
from typing import Any, TypeAlias

import apsw

Row: TypeAlias = tuple[Any, ...]
Bound: TypeAlias = tuple[Any, ...] | Mapping[str, Any]


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
