"""Store saved queries, which are no records: nothing merges them, and no limit removes them."""

from __future__ import annotations

from typing import Final

import apsw

from flightlog.errors import InvalidQueryError
from flightlog.store.saved_queries import MAX_SAVED, SavedQuery
from flightlog.store.sqlite.queries import fetch_all, fetch_one, load_queries

_queries: Final = load_queries("saved_queries.sql")


def list_saved_queries(connection: apsw.Connection) -> tuple[SavedQuery, ...]:
    """
    List the saved queries.

    Args:
        connection: A connection within a read transaction.

    Returns:
        The queries in the order of their names.
    """
    rows = fetch_all(connection, _queries["list"])
    return tuple(SavedQuery(name=name, query=query) for name, query in rows)


def save_query(connection: apsw.Connection, name: str, query: str) -> None:
    """
    Save a query, or replace the query of the name; call this within a transaction.

    Args:
        connection: The writing connection.
        name: The name.
        query: The text of the query.

    Raises:
        InvalidQueryError: The history has as many saved queries as it may have.
    """
    row = fetch_one(connection, _queries["count_others"], (name,))
    if row is not None and row[0] >= MAX_SAVED:
        raise InvalidQueryError(
            "name",
            f"would be saved query number {row[0] + 1:,}",
            hint=f"A history keeps {MAX_SAVED:,} of them; delete one first.",
        )
    connection.execute(_queries["save"], {"name": name, "query": query})


def delete_saved_query(connection: apsw.Connection, name: str) -> bool:
    """
    Delete a saved query; call this within a transaction.

    Args:
        connection: The writing connection.
        name: The name.

    Returns:
        False when there is no such query.
    """
    connection.execute(_queries["delete"], (name,))
    return connection.changes() > 0
