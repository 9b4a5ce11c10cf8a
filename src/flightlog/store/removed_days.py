"""
Counts of the executions that retention has removed, by the day, workflow and project.

The transaction that removes executions counts them, so that ingest has nothing to do with it. The
counts hold no values of records but the ids of workflows and projects, and they are bounded in
number. Each store has the table and its SQL.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from msgspec import Struct

from flightlog.store.query import HistoryFilter
from flightlog.store.results import RemovedStats

MOST_DAYS: Final = 50_000
"""The most counts, each of a workflow and day; they take about 4 MB."""
FORGOTTEN_AT_ONCE: Final = 1_000
"""How many of the oldest counts go at once if there are too many."""
_DAY_CHARACTERS: Final = 10
_MIDNIGHT: Final = "T00:00:00.000000Z"
_LAST_MOMENT: Final = "T23:59:59.999999Z"


class RemovedDay(Struct, frozen=True, kw_only=True):
    """The executions of a workflow and day that retention has removed."""

    day: str
    """The day of their starts, e.g. `2026-11-22`."""
    workflow_id: str
    """Their workflow."""
    project_id: str
    """The workflow's project; empty where there is none."""
    success: int
    """The number of executions that had ended successfully."""
    error: int
    """The number of executions that had ended in an error."""
    timed: int
    """The number of executions with a duration."""
    duration_us: int
    """The sum of the durations, microseconds."""

    @property
    def place(self) -> tuple[str, str, str]:
        """The day, workflow and project, by which the counts are ordered."""
        return self.day, self.workflow_id, self.project_id


class Days(NamedTuple):
    """The days that lie within a filter's times; texts are compared."""

    first: str | None
    """The days from this text on; None means from the beginning."""
    before: str | None
    """The days before this text; None means until the end."""


def choose_executions(counted: RemovedDay) -> HistoryFilter:
    """
    Choose the executions that are stored of a count's workflow and day.

    Args:
        counted: The count.

    Returns:
        The filter; without a project, it chooses those of every project.
    """
    return HistoryFilter(
        workflow_ids=(counted.workflow_id,),
        project_id=counted.project_id or None,
        started_from=f"{counted.day}{_MIDNIGHT}",
        started_before=f"{counted.day}{_LAST_MOMENT}",
    )


def leave_out(counted: RemovedDay, success: int, error: int) -> RemovedDay:
    """
    Count fewer executions, because another history still has some of them.

    Args:
        counted: The count.
        success: How many of the other history's executions ended successfully.
        error: How many ended in an error.

    Returns:
        The count without them; the durations shrink in proportion.
    """
    total = counted.success + counted.error
    left_success = max(0, counted.success - max(0, success))
    left_error = max(0, counted.error - max(0, error))
    left = left_success + left_error
    return RemovedDay(
        day=counted.day,
        workflow_id=counted.workflow_id,
        project_id=counted.project_id,
        success=left_success,
        error=left_error,
        timed=counted.timed * left // total if total else 0,
        duration_us=counted.duration_us * left // total if total else 0,
    )


def find_days(chosen: HistoryFilter) -> Days:
    """
    Find the days of which every moment is within a filter's times.

    Args:
        chosen: The filter.

    Returns:
        The days.
    """
    first, before = chosen.started_from, chosen.started_before
    if first is not None and not first.endswith(_MIDNIGHT):
        # Texts that begin with the day come after the day alone.
        first = first[:_DAY_CHARACTERS] + "T"
    return Days(
        None if first is None else first.removesuffix(_MIDNIGHT),
        None if before is None else find_day(before),
    )


def find_day(moment: str) -> str:
    """
    Find the day of a time.

    Args:
        moment: Canonical time.

    Returns:
        The day, e.g. `2026-11-22`.
    """
    return moment[:_DAY_CHARACTERS]


def sum_removed(row: tuple[Any, ...] | None) -> RemovedStats | None:
    """
    Make the result from a row of sums.

    Args:
        row: The successful executions, the failed ones, those with a duration, the durations in
            microseconds, the first day and the last day.

    Returns:
        The sums; None when nothing was removed.
    """
    assert row is not None, "a sum has a row"
    success, error, timed, duration_us, first, last = row
    if first is None:
        return None
    return RemovedStats(
        total=int(success + error),
        success=int(success),
        error=int(error),
        mean_duration_ms=float(duration_us) / float(timed) / 1000 if timed else None,
        first_day=first,
        last_day=last,
    )
