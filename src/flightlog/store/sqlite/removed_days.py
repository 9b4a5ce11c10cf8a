"""Count the executions that retention removes; a budget takes these counts last."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

import apsw
from msgspec.structs import astuple

from flightlog.store import removed_days
from flightlog.store.query import HistoryFilter
from flightlog.store.removed_days import RemovedDay
from flightlog.store.results import RemovedStats
from flightlog.store.sqlite.queries import fetch_all, fetch_one, load_queries

_queries: Final = load_queries("removed_days.sql")


def count_removed(connection: apsw.Connection, ordinals: str) -> None:
    """
    Count executions that are about to be removed; call this within a transaction.

    Args:
        connection: The writing connection, with the functions of `Aggregates`.
        ordinals: The executions, a JSON list.
    """
    connection.execute(_queries["count"], (ordinals,))


def bound_removed(connection: apsw.Connection) -> None:
    """
    Forget the oldest days if there are too many counts; call this within a transaction.

    Args:
        connection: The writing connection.
    """
    row = fetch_one(connection, _queries["nth_newest"], (removed_days.MOST_DAYS,))
    if row is not None:
        connection.execute(_queries["forget_oldest"], (removed_days.FORGOTTEN_AT_ONCE,))


def forget_oldest_removed(connection: apsw.Connection) -> bool:
    """
    Forget the oldest counts, because a budget needs their space; call this within a transaction.

    Args:
        connection: The writing connection.

    Returns:
        False when there are none.
    """
    connection.execute(_queries["forget_oldest"], (removed_days.FORGOTTEN_AT_ONCE,))
    return connection.changes() > 0


def forget_removed_workflow(
    connection: apsw.Connection, workflow_id: str, project_id: str | None
) -> None:
    """
    Forget the counts of a workflow that somebody clears; call this within a transaction.

    Args:
        connection: The writing connection.
        workflow_id: The workflow.
        project_id: The project; None means every project.
    """
    connection.execute(_queries["forget_workflow"], (workflow_id, project_id))


def forget_removed_before(connection: apsw.Connection, started_before: str) -> None:
    """
    Forget the counts of the whole days before a time; call this within a transaction.

    Args:
        connection: The writing connection.
        started_before: Canonical time.
    """
    connection.execute(_queries["forget_before"], (removed_days.find_day(started_before),))


def read_removed(connection: apsw.Connection, chosen: HistoryFilter) -> RemovedStats | None:
    """
    Add up what retention has removed.

    Args:
        connection: Any connection.
        chosen: Workflows, a project and times; only days that lie within the times count.

    Returns:
        The sums; None when nothing was removed.
    """
    days = removed_days.find_days(chosen)
    bound = {
        "after": days.first,
        "before": days.before,
        "project_id": chosen.project_id,
        "workflow_ids": json.dumps(chosen.workflow_ids) if chosen.workflow_ids else None,
    }
    return removed_days.sum_removed(fetch_one(connection, _queries["sum"], bound))


def read_removed_days(
    connection: apsw.Connection, after: tuple[str, str, str] | None, limit: int
) -> tuple[RemovedDay, ...]:
    """Read the counts themselves; see `ExecutionReader.read_removed_days`."""
    rows = fetch_all(connection, _queries["page"], (*(after or ("", "", "")), limit))
    names = RemovedDay.__struct_fields__
    return tuple(RemovedDay(**dict(zip(names, row, strict=True))) for row in rows)


def merge_removed_days(connection: apsw.Connection, days: Sequence[RemovedDay]) -> None:
    """
    Join counts with the stored ones; call this within a transaction.

    Args:
        connection: The writing connection.
        days: The counts.
    """
    connection.executemany(_queries["join"], [astuple(day) for day in days])
    bound_removed(connection)
