"""Store stars: the marks that people put on executions. Stars are never merged with records."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Final

import apsw

from flightlog.store.sqlite.queries import fetch_all, load_queries

_queries: Final = load_queries("stars.sql")


def set_star(connection: apsw.Connection, execution_id: str, *, starred: bool) -> bool | None:
    """
    Star an execution, or remove the star; call this within a transaction.

    Args:
        connection: The writing connection.
        execution_id: The execution.
        starred: Whether the execution should be starred.

    Returns:
        Whether this changed anything; None when there is no such execution.
    """
    row = connection.execute(_queries["star"], (execution_id,)).fetchone()
    if row is None:
        return None
    if bool(row[0]) == starred:
        return False
    connection.execute(_queries["set_star"], (starred, execution_id))
    return True


def add_stars(connection: apsw.Connection, execution_ids: Iterable[str]) -> list[str]:
    """
    Star executions whose records say so; call this within a transaction.

    Args:
        connection: The writing connection.
        execution_ids: The executions.

    Returns:
        The ids of the executions that were not starred before.
    """
    wanted = json.dumps(list(execution_ids))
    return [str(row[0]) for row in fetch_all(connection, _queries["add_stars"], (wanted,))]
