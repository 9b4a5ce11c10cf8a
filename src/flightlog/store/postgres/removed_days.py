"""Count the executions that retention removes from PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from flightlog.store import removed_days
from flightlog.store.postgres.statements import Connection, fetch_one, load_queries, run
from flightlog.store.query import HistoryFilter
from flightlog.store.results import RemovedStats

_queries: Final = load_queries("removed_days.sql")


def count_removed(connection: Connection, ordinals: Sequence[int]) -> None:
    """
    Count executions that are about to be removed; call this within a transaction.

    Args:
        connection: The writing connection.
        ordinals: The executions.
    """
    run(connection, _queries["count"], {"ordinals": list(ordinals)})


def bound_removed(connection: Connection) -> None:
    """
    Forget the oldest days if there are too many counts; call this within a transaction.

    Args:
        connection: The writing connection.
    """
    row = fetch_one(connection, _queries["nth_newest"], {"skipped": removed_days.MOST_DAYS})
    if row is not None:
        run(connection, _queries["forget_oldest"], {"number": removed_days.FORGOTTEN_AT_ONCE})


def forget_removed_workflow(
    connection: Connection, workflow_id: str, project_id: str | None
) -> None:
    """
    Forget the counts of a workflow that somebody clears; call this within a transaction.

    Args:
        connection: The writing connection.
        workflow_id: The workflow.
        project_id: The project; None means every project.
    """
    bound = {"workflow_id": workflow_id, "project_id": project_id}
    run(connection, _queries["forget_workflow"], bound)


def forget_removed_before(connection: Connection, started_before: str) -> None:
    """
    Forget the counts of the whole days before a time; call this within a transaction.

    Args:
        connection: The writing connection.
        started_before: Canonical time.
    """
    run(connection, _queries["forget_before"], {"day": removed_days.find_day(started_before)})


def read_removed(connection: Connection, chosen: HistoryFilter) -> RemovedStats | None:
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
        "first": days.first,
        "before": days.before,
        "project_id": chosen.project_id,
        "workflow_ids": list(chosen.workflow_ids) or None,
    }
    return removed_days.sum_removed(fetch_one(connection, _queries["sum"], bound))
