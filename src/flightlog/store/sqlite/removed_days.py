"""
Count the executions that retention removes, by the day, workflow and project.

The transaction that removes executions counts them, so that ingest has nothing to do with it. The
counts hold no values of records but the ids of workflows and projects. They are bounded in number,
and a budget takes them last.
"""

from __future__ import annotations

import json
from typing import Final

import apsw

from flightlog.store.query import HistoryFilter
from flightlog.store.results import RemovedStats
from flightlog.store.sqlite.queries import fetch_one, load_queries

MOST_DAYS: Final = 50_000
"""The most counts, each of a workflow and day; they take about 4 MB."""
_AT_ONCE: Final = 1_000
_DAY_CHARACTERS: Final = 10
_MIDNIGHT: Final = "T00:00:00.000000Z"

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
    row = fetch_one(connection, _queries["nth_newest"], (MOST_DAYS,))
    if row is not None:
        connection.execute(_queries["forget_oldest"], (_AT_ONCE,))


def forget_oldest_removed(connection: apsw.Connection) -> bool:
    """
    Forget the oldest counts, because a budget needs their space; call this within a transaction.

    Args:
        connection: The writing connection.

    Returns:
        False when there are none.
    """
    connection.execute(_queries["forget_oldest"], (_AT_ONCE,))
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
    connection.execute(_queries["forget_before"], (started_before[:_DAY_CHARACTERS],))


def read_removed(connection: apsw.Connection, chosen: HistoryFilter) -> RemovedStats | None:
    """
    Add up what retention has removed.

    Args:
        connection: Any connection.
        chosen: Workflows, a project and times; only days that lie within the times count.

    Returns:
        The sums; None when nothing was removed.
    """
    after, before = chosen.started_from, chosen.started_before
    if after is not None and not after.endswith(_MIDNIGHT):
        # Texts that begin with the day come after the day alone.
        after = after[:_DAY_CHARACTERS] + "T"
    bound = {
        "after": None if after is None else after.removesuffix(_MIDNIGHT),
        "before": None if before is None else before[:_DAY_CHARACTERS],
        "project_id": chosen.project_id,
        "workflow_ids": json.dumps(chosen.workflow_ids) if chosen.workflow_ids else None,
    }
    row = fetch_one(connection, _queries["sum"], bound)
    assert row is not None, "a sum has a row"
    success, error, timed, duration_us, first, last = row
    if first is None:
        return None
    return RemovedStats(
        total=int(success + error),
        success=int(success),
        error=int(error),
        mean_duration_ms=duration_us / timed / 1000 if timed else None,
        first_day=first,
        last_day=last,
    )
