"""
Read the running aggregates from PostgreSQL; `flightlog.store.counting` makes the results.

Each writing connection has counts of its own, so a count is the sum of several rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from flightlog.store.postgres.removed_days import read_removed
from flightlog.store.postgres.source import DIALECT
from flightlog.store.postgres.statements import fetch_all, load_queries
from flightlog.store.postgres.survey import PostgresSurveys
from flightlog.store.query import EVERYTHING, HistoryFilter
from flightlog.store.results import RemovedStats
from flightlog.store.row_functions import Row
from flightlog.store.server.places import compile_places
from flightlog.store.server.selection import read_chosen
from flightlog.store.tallies import Range, round_to_hours

_queries: Final = load_queries("metrics.sql")
_FIRST_HOUR: Final = f"{_queries['all_places']} {_queries['first_hour']}"
_PROJECTS: Final = f"{_queries['all_places']} {_queries['projects']}"
_EVERY_HOUR: Final = round_to_hours(EVERYTHING)


class PostgresCounts(PostgresSurveys):
    """Reads the running aggregates; see `CountStore`."""

    def _sum(self, sql: str, chosen: HistoryFilter, hours: Range, **more: Any) -> list[Row]:
        where, bound = compile_places(DIALECT, "hour", chosen, hours)
        return fetch_all(self._connection, sql.format(where=where), bound | more)

    def sum_executions(self, chosen: HistoryFilter, hours: Range) -> list[Row]:
        """Read counts and durations; see `CountStore.sum_executions`."""
        return self._sum(_queries["sum_executions"], chosen, hours)

    def sum_periods(self, chosen: HistoryFilter, hours: Range, length: int) -> list[Row]:
        """Read counts over time; see `CountStore.sum_periods`."""
        return self._sum(_queries["sum_periods"], chosen, hours, length=length)

    def sum_places(self, chosen: HistoryFilter, hours: Range) -> list[Row]:
        """Read counts by workflow and project; see `CountStore.sum_places`."""
        return self._sum(_queries["sum_places"], chosen, hours)

    def sum_nodes(self, chosen: HistoryFilter, hours: Range) -> list[Row]:
        """Read counts by node; see `CountStore.sum_nodes`."""
        return self._sum(_queries["sum_nodes"], chosen, hours)

    def find_first_hour(self, chosen: HistoryFilter) -> str | None:
        """Find the first hour with executions; see `CountStore.find_first_hour`."""
        ((hour,),) = self._sum(_FIRST_HOUR, chosen, _EVERY_HOUR)
        return None if hour is None else str(hour)

    def list_projects(self) -> list[str]:
        """List the projects; see `CountStore.list_projects`."""
        return [row[0] for row in fetch_all(self._connection, _PROJECTS)]

    def find_newest(
        self, places: Sequence[tuple[str, str, str]]
    ) -> Mapping[tuple[str, str], tuple[str, str | None]]:
        """Find the newest execution of each place; see `CountStore.find_newest`."""
        bound = {
            name: [place[at] for place in places]
            for at, name in enumerate(("workflow_ids", "project_ids", "hours"))
        }
        return {
            (workflow, project): (workflow if name is None else name, started_at)
            for workflow, project, name, started_at in fetch_all(
                self._connection, _queries["newest_of_places"], bound
            )
        }

    def fetch_node_names(self, workflow_ids: Sequence[str], project_id: str | None) -> list[Row]:
        """Read the names of nodes; see `CountStore.fetch_node_names`."""
        bound = {"workflow_ids": list(workflow_ids), "project_id": project_id}
        return fetch_all(self._connection, _queries["names_of_nodes"], bound)

    def fetch_started(self, chosen: HistoryFilter, limit: int) -> list[Row]:
        """Read starts, statuses and durations; see `CountStore.fetch_started`."""
        return read_chosen(self._source, chosen, "started_at, status, duration_ms", limit)

    def read_removed(self, chosen: HistoryFilter) -> RemovedStats | None:
        """Add up what retention has removed; see `CountStore.read_removed`."""
        return read_removed(self._connection, chosen)
