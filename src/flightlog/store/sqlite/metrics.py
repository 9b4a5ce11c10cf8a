"""Read the running aggregates from SQLite; `flightlog.store.counting` makes the results."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

from flightlog.store.query import EVERYTHING, HistoryFilter
from flightlog.store.results import RemovedStats
from flightlog.store.sqlite.queries import Row, fetch_all, fetch_one, load_queries
from flightlog.store.sqlite.removed_days import read_removed
from flightlog.store.sqlite.selection import read_chosen
from flightlog.store.sqlite.survey import SqliteSurveys
from flightlog.store.tallies import Range, round_to_hours

_queries: Final = load_queries("metrics.sql")
_DAY_HOURS: Final = 24
_EVERY_HOUR: Final = round_to_hours(EVERYTHING)


class SqliteCounts(SqliteSurveys):
    """Reads the running aggregates; see `CountStore`."""

    def _sum(
        self, table: str, columns: str, chosen: HistoryFilter, hours: Range, group: str
    ) -> list[Row]:
        sql = f"{select_places(table, columns)} {group}"
        return fetch_all(self._connection, sql, bind_filter(chosen, hours))

    def sum_executions(self, chosen: HistoryFilter, hours: Range) -> list[Row]:
        """Read counts and durations; see `CountStore.sum_executions`."""
        columns = "status, bucket, sum(count), total(duration_us)"
        if chosen == EVERYTHING and hours == _EVERY_HOUR:
            # Each aggregate counts, so one scan is faster than a search for each place.
            sql = f"SELECT {columns} FROM execution_aggregates GROUP BY 1, 2"
            return fetch_all(self._connection, sql)
        return self._sum("execution_aggregates", columns, chosen, hours, "GROUP BY 1, 2")

    def sum_periods(self, chosen: HistoryFilter, hours: Range, length: int) -> list[Row]:
        """Read counts over time; see `CountStore.sum_periods`."""
        first = f"printf('%02d', substr(hour, 12) / {length} * {length})"
        if length == _DAY_HOURS:
            first = "'00'"
        columns = f"substr(hour, 1, 11) || {first}, status, bucket, sum(count)"
        return self._sum("execution_aggregates", columns, chosen, hours, "GROUP BY 1, 2, 3")

    def sum_places(self, chosen: HistoryFilter, hours: Range) -> list[Row]:
        """Read counts by workflow and project; see `CountStore.sum_places`."""
        columns = "workflow, project, status, bucket, sum(count), max(iif(count > 0, hour, ''))"
        return self._sum("execution_aggregates", columns, chosen, hours, "GROUP BY 1, 2, 3, 4")

    def sum_nodes(self, chosen: HistoryFilter, hours: Range) -> list[Row]:
        """Read counts by node; see `CountStore.sum_nodes`."""
        columns = "workflow, node_id, status, bucket, sum(count)"
        # The node that stands for a whole workflow has the workflow's id.
        group = "AND node_id <> workflow GROUP BY 1, 2, 3, 4"
        return self._sum("node_aggregates", columns, chosen, hours, group)

    def find_first_hour(self, chosen: HistoryFilter) -> str | None:
        """Find the first hour with executions; see `CountStore.find_first_hour`."""
        sql = f"{write_places('execution_aggregates')} {_queries['first_hour']}"
        row = fetch_one(self._connection, sql, bind_filter(chosen))
        return None if row is None else row[0]

    def list_projects(self) -> list[str]:
        """List the projects; see `CountStore.list_projects`."""
        sql = f"{write_places('execution_aggregates')} {_queries['projects']}"
        return [row[0] for row in fetch_all(self._connection, sql, {"workflow_ids": None})]

    def find_newest(
        self, places: Sequence[tuple[str, str, str]]
    ) -> Mapping[tuple[str, str], tuple[str, str | None]]:
        """Find the newest execution of each place; see `CountStore.find_newest`."""
        rows = fetch_all(self._connection, _queries["newest_of_places"], (json.dumps(places),))
        return {
            (workflow, project): tuple(json.loads(found)) if found else (workflow, None)
            for workflow, project, found in rows
        }

    def fetch_node_names(self, workflow_ids: Sequence[str], project_id: str | None) -> list[Row]:
        """Read the names of nodes; see `CountStore.fetch_node_names`."""
        bound = (json.dumps(workflow_ids), project_id)
        return fetch_all(self._connection, _queries["names_of_nodes"], bound)

    def fetch_started(self, chosen: HistoryFilter, limit: int) -> list[Row]:
        """Read starts, statuses and durations; see `CountStore.fetch_started`."""
        return read_chosen(self._connection, chosen, "started_at, status, duration_ms", limit)

    def read_removed(self, chosen: HistoryFilter) -> RemovedStats | None:
        """Add up what retention has removed; see `CountStore.read_removed`."""
        return read_removed(self._connection, chosen)


@cache
def select_places(table: str, columns: str) -> str:
    """
    Write the beginning of a statement on the aggregates of a chosen within whole hours.

    Args:
        table: The table of aggregates.
        columns: The columns to select.

    Returns:
        SQL to which the caller appends `GROUP BY`.
    """
    rest = _queries["chosen_places"].format(table=table)
    return f"{write_places(table)} SELECT {columns} {rest}"


@cache
def write_places(table: str) -> str:
    """
    Write the beginning of a statement that names the places of a chosen `places`.

    Args:
        table: The table of aggregates.

    Returns:
        SQL to which the caller appends `SELECT`.
    """
    return _queries["all_places"].format(table=table)


def bind_filter(chosen: HistoryFilter, hours: Range | None = None) -> dict[str, Any]:
    """
    Build the bound values of a statement on places.

    Args:
        chosen: The executions to count.
        hours: The hours to count; None when the statement does not select hours.

    Returns:
        The values by parameter name.
    """
    bound: dict[str, Any] = {
        "workflow_ids": json.dumps(chosen.workflow_ids) if chosen.workflow_ids else None,
        "project_id": chosen.project_id,
    }
    if hours is not None:
        bound.update(from_hour=hours.from_hour, before_hour=hours.before_hour)
    return bound
