"""Stars: which executions people have marked. They stand beside the record and are never merged."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Final

import apsw

from flightlog.store.sqlite.queries import fetch_all, load_queries

_queries: Final = load_queries("stars.sql")


def set_star(connection: apsw.Connection, execution_id: str, *, starred: bool) -> bool | None:
    """
    Mark an execution, or take the mark away; within a transaction.

    Returns:
        Whether that changed anything; None when there is no such execution.
    """
    row = connection.execute(_queries["star_of"], (execution_id,)).fetchone()
    if row is None:
        return None
    if bool(row[0]) == starred:
        return False
    connection.execute(_queries["set_star"], (starred, execution_id))
    return True


def add_stars(connection: apsw.Connection, execution_ids: Iterable[str]) -> list[str]:
    """Mark executions whose records say so; within a transaction; returns those that weren't."""
    wanted = json.dumps(list(execution_ids))
    return [str(row[0]) for row in fetch_all(connection, _queries["add_stars"], (wanted,))]
