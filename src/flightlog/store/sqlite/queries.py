"""Running statements, and those kept in `.sql` files of this package under their `-- name:`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.resources import files
from typing import Any, TypeAlias

import apsw

Row: TypeAlias = tuple[Any, ...]
Bound: TypeAlias = tuple[Any, ...] | Mapping[str, Any]


def read_sql(name: str) -> str:
    """The text of one of this package's `.sql` files, e.g. `schema.sql`."""
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def load_queries(name: str) -> Mapping[str, str]:
    """The statements of a `.sql` file by their names."""
    _, *parts = re.split(r"^-- name: (\w+)$", read_sql(name), flags=re.MULTILINE)
    return dict(zip(parts[::2], (text.strip() for text in parts[1::2]), strict=True))


def fetch_all(connection: apsw.Connection, sql: str, bound: Bound = ()) -> list[Row]:
    """All rows of a statement."""
    return connection.execute(sql, bound).fetchall()


def fetch_one(connection: apsw.Connection, sql: str, bound: Bound = ()) -> Row | None:
    """The first row of a statement; None when there is none."""
    return connection.execute(sql, bound).fetchone()
