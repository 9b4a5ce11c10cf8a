"""Compile workflows, a project and hours to the conditions of counts in a server's database."""

from __future__ import annotations

from typing import Any

from flightlog.store.query import HistoryFilter
from flightlog.store.server.source import Dialect
from flightlog.store.tallies import Range
from flightlog.store.time_buckets import FIRST_HOUR, LAST_HOUR


def compile_places(
    dialect: Dialect, hour: str, chosen: HistoryFilter, hours: Range
) -> tuple[str, dict[str, Any]]:
    """
    Compile the conditions of a count.

    Args:
        dialect: The server's fragments of SQL.
        hour: The expression of the hour.
        chosen: The workflows and the project.
        hours: The hours.

    Returns:
        The condition and its bound values.
    """
    terms, bound = ["true"], dict[str, Any]()
    if chosen.workflow_ids:
        terms.append(dialect.write_among("workflow_id", "%(workflow_ids)s"))
        bound["workflow_ids"] = list(chosen.workflow_ids)
    if chosen.project_id is not None:
        terms.append("project_id = %(project_id)s")
        bound["project_id"] = chosen.project_id
    if hours.from_hour != FIRST_HOUR:
        terms.append(f"{hour} >= %(from_hour)s")
        bound["from_hour"] = hours.from_hour
    if hours.before_hour != LAST_HOUR:
        terms.append(f"{hour} < %(before_hour)s")
        bound["before_hour"] = hours.before_hour
    return " AND ".join(terms), bound
