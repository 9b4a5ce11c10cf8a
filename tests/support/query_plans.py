"""SQLite's plans for statements."""

from __future__ import annotations

from typing import Any

import apsw


def plan(connection: apsw.Connection, sql: str, bound: Any = ()) -> str:
    """
    List SQLite's plan for a statement.

    Args:
        connection: The database.
        sql: The statement.
        bound: The values of its parameters.

    Returns:
        A line for each step.
    """
    rows = connection.execute(f"EXPLAIN QUERY PLAN {sql}", bound)
    return "\n".join(str(row[3]) for row in rows)
