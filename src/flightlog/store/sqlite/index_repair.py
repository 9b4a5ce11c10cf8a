"""
Replace a damaged search index by an empty one.

The index is made from the executions, so a damaged index loses nothing, and the other tables stay
as they are. SQLite can't drop a table whose pages are damaged. So the tables are taken out of the
schema, and the whole file is written anew without their pages.
"""

from __future__ import annotations

import re
from typing import Final

import apsw

from flightlog.store.results import IndexContent
from flightlog.store.sqlite.connection import roll_back
from flightlog.store.sqlite.index_lookup import read_content
from flightlog.store.sqlite.queries import load_queries, read_sql

INDEX_TABLES: Final = "search_"
"""The beginning of the names of all tables of the index."""

_STATEMENTS: Final = re.compile(
    rf"^(?:CREATE (?:VIRTUAL )?TABLE|INSERT INTO) {INDEX_TABLES}.*?;$", re.MULTILINE | re.DOTALL
)
_queries: Final = load_queries("indexing.sql")


def replace_index(connection: apsw.Connection) -> None:
    """
    Replace the tables of the index, and note that every execution must be indexed.

    Args:
        connection: The writing connection, outside a transaction.

    Raises:
        apsw.Error: Other parts of the file are damaged, too, or the file can't be written.
    """
    content = _read_content(connection)
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.pragma("writable_schema", True)
        connection.execute("DELETE FROM sqlite_schema WHERE tbl_name GLOB ?", (f"{INDEX_TABLES}*",))
        connection.pragma("writable_schema", "reset")
        for statement in _read_statements():
            connection.execute(statement)
        connection.execute("UPDATE search_settings SET content = ?", (content,))
        if content != "off":
            connection.execute(_queries["note_all"])
        connection.execute("COMMIT")
    except BaseException:
        roll_back(connection)
        raise
    finally:
        connection.pragma("writable_schema", "reset")
    connection.execute("VACUUM")


def _read_content(connection: apsw.Connection) -> IndexContent:
    try:
        return read_content(connection)
    except apsw.Error:
        return "full"


def _read_statements() -> list[str]:
    return _STATEMENTS.findall(read_sql("schema.sql"))
