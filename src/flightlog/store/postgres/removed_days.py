"""Count the executions that retention removes from PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec.structs import asdict

from flightlog.store import removed_days
from flightlog.store.postgres.statements import Connection, fetch_all, fetch_one, load_queries, run
from flightlog.store.query import HistoryFilter
from flightlog.store.removed_days import RemovedDay
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


def read_removed_days(
    connection: Connection, after: tuple[str, str, str] | None, limit: int
) -> tuple[RemovedDay, ...]:
    """Read the counts themselves; see `ExecutionReader.read_removed_days`."""
    day, workflow_id, project_id = after or ("", "", "")
    bound = {"day": day, "workflow_id": workflow_id, "project_id": project_id, "limit": limit}
    return tuple(
        RemovedDay(
            day=row[0],
            workflow_id=row[1],
            project_id=row[2],
            success=row[3],
            error=row[4],
            timed=row[5],
            duration_us=int(row[6]),
        )
        for row in fetch_all(connection, _queries["page"], bound)
    )


def merge_removed_days(connection: Connection, days: Sequence[RemovedDay]) -> None:
    """
    Join counts with the stored ones; call this within a transaction.

    Args:
        connection: The writing connection.
        days: The counts.
    """
    # In one order, so that two transactions never wait for each other.
    for day in sorted(days, key=lambda each: each.place):
        run(connection, _queries["join"], asdict(day))
    bound_removed(connection)
