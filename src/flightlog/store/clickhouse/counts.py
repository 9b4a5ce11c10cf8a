"""
Count and time executions and nodes in ClickHouse, by scans of a few columns.

The engine reads a column of a million executions in a few milliseconds, so nothing keeps counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flightlog.store import removed_days
from flightlog.store.clickhouse.lists import BUCKET
from flightlog.store.clickhouse.reader import ClickHouseReads
from flightlog.store.clickhouse.source import DIALECT
from flightlog.store.error_groups import FAILURE_COLUMNS
from flightlog.store.positions import Position
from flightlog.store.query import HistoryFilter
from flightlog.store.results import RemovedStats
from flightlog.store.row_functions import Row
from flightlog.store.server.places import compile_places
from flightlog.store.server.selection import read_chosen
from flightlog.store.tallies import Range
from flightlog.store.time_buckets import FIRST_HOUR, LAST_HOUR

_HOUR = "substring(assumeNotNull(started_at), 1, 13)"
_PROJECT = "coalesce(project_id, '')"
_NEWEST = "ORDER BY started_at DESC, ordinal DESC"
_MICROSECONDS = "toInt64(greatest(0, least(round(coalesce(duration_ms, 0) * 1000), 9e15)))"
_BUCKET = BUCKET.format(duration="duration_ms")
_REMOVED = (
    "SELECT sum(success), sum(error), sum(timed), sum(duration_us), "
    "if(count() = 0, NULL, min(day)), max(day) FROM removed_days FINAL "
    "WHERE (%(first)s IS NULL OR day >= %(first)s) AND (%(before)s IS NULL OR day < %(before)s) "
    "AND (%(project)s IS NULL OR project_id = %(project)s) "
    "AND (%(all)s = 1 OR workflow_id IN %(workflows)s)"
)


class ClickHouseCounts(ClickHouseReads):
    """Counts executions and node executions; see `MetricsStore`."""

    def _sum(self, sql: str, chosen: HistoryFilter, hours: Range, **more: Any) -> list[Row]:
        where, bound = compile_places(DIALECT, _HOUR, chosen, hours)
        return self._connection.fetch_all(sql.format(where=where), bound | more)

    def sum_executions(self, chosen: HistoryFilter, hours: Range) -> list[Row]:
        """Read counts and durations; see `CountStore.sum_executions`."""
        sql = (
            f"SELECT status, {_BUCKET} AS bucket, count(), sum({_MICROSECONDS}) "
            "FROM executions WHERE {where} GROUP BY status, bucket"
        )
        return self._sum(sql, chosen, hours)

    def sum_periods(self, chosen: HistoryFilter, hours: Range, length: int) -> list[Row]:
        """Read counts over time; see `CountStore.sum_periods`."""
        hour = "intDiv(toUInt8(substring(started_at, 12, 2)), %(length)s) * %(length)s"
        sql = (
            "SELECT concat(substring(started_at, 1, 11), leftPad(toString(assumeNotNull("
            f"{hour})), 2, '0')) AS period, status, {_BUCKET} AS bucket, count() "
            "FROM executions WHERE {where} GROUP BY period, status, bucket"
        )
        return self._sum(sql, chosen, hours, length=length)

    def sum_places(self, chosen: HistoryFilter, hours: Range) -> list[Row]:
        """Read counts by workflow and project; see `CountStore.sum_places`."""
        sql = (
            f"SELECT workflow_id, {_PROJECT} AS project, status, {_BUCKET} AS bucket, count(), "
            f"max({_HOUR}) FROM executions "
            "WHERE {where} GROUP BY workflow_id, project, status, bucket"
        )
        return self._sum(sql, chosen, hours)

    def sum_nodes(self, chosen: HistoryFilter, hours: Range) -> list[Row]:
        """Read counts by node; see `CountStore.sum_nodes`."""
        bucket = BUCKET.format(duration="n.duration_ms")
        sql = (
            f"SELECT e.workflow_id, n.node_id, n.status, {bucket} AS bucket, count() "
            "FROM node_executions AS n INNER JOIN (SELECT started_id, run_key, workflow_id "
            "FROM executions WHERE {where}) AS e "
            "ON n.started_id = e.started_id AND n.run_key = e.run_key "
            "WHERE n.node_id <> e.workflow_id "
            "GROUP BY e.workflow_id, n.node_id, n.status, bucket"
        )
        return self._sum(sql, chosen, hours)

    def find_first_hour(self, chosen: HistoryFilter) -> str | None:
        """Find the first hour with executions; see `CountStore.find_first_hour`."""
        every = Range(FIRST_HOUR, LAST_HOUR, ())
        sql = f"SELECT min({_HOUR}) FROM executions WHERE {{where}}"
        ((hour,),) = self._sum(sql, chosen, every)
        return hour or None

    def list_projects(self) -> list[str]:
        """List the projects; see `CountStore.list_projects`."""
        sql = f"SELECT DISTINCT {_PROJECT} AS project FROM executions WHERE project <> ''"
        return [row[0] for row in self._connection.fetch_all(f"{sql} ORDER BY project")]

    def find_newest(
        self, places: Sequence[tuple[str, str, str]]
    ) -> Mapping[tuple[str, str], tuple[str, str | None]]:
        """Find the newest execution of each place; see `CountStore.find_newest`."""
        if not places:
            return {}
        rows = self._connection.fetch_all(
            f"SELECT workflow_id, {_PROJECT} AS project, argMax(workflow_name, "
            "(assumeNotNull(started_at), ordinal)), max(started_at) FROM executions "
            f"WHERE (assumeNotNull(workflow_id), {_PROJECT}) IN %s GROUP BY workflow_id, project",
            ([tuple(place[:2]) for place in places],),
        )
        return {(workflow, project): (name, started) for workflow, project, name, started in rows}

    def fetch_node_names(self, workflow_ids: Sequence[str], project_id: str | None) -> list[Row]:
        """Read the names of nodes; see `CountStore.fetch_node_names`."""
        if not workflow_ids:
            return []
        return self._connection.fetch_all(
            "SELECT DISTINCT e.workflow_id, n.node_id, n.node_name, n.node_type "
            "FROM node_executions AS n INNER JOIN (SELECT started_id, run_key, workflow_id "
            "FROM executions WHERE workflow_id IN %(workflows)s "
            f"AND (%(project)s IS NULL OR {_PROJECT} = %(project)s) {_NEWEST} "
            "LIMIT 3 BY workflow_id) AS e "
            "ON n.started_id = e.started_id AND n.run_key = e.run_key",
            {"workflows": list(workflow_ids), "project": project_id},
        )

    def fetch_started(self, chosen: HistoryFilter, limit: int) -> list[Row]:
        """Read starts, statuses and durations; see `CountStore.fetch_started`."""
        return read_chosen(self._source, chosen, "started_at, status, duration_ms", limit)

    def read_removed(self, chosen: HistoryFilter) -> RemovedStats | None:
        """Add up what retention has removed; see `CountStore.read_removed`."""
        days = removed_days.find_days(chosen)
        row = self._connection.fetch_one(
            _REMOVED,
            {
                "first": days.first,
                "before": days.before,
                "project": chosen.project_id,
                "workflows": list(chosen.workflow_ids) or [""],
                "all": int(not chosen.workflow_ids),
            },
        )
        return removed_days.sum_removed(row)

    def _read(self, columns: str, positions: list[Position]) -> list[Row]:
        if not positions:
            return []
        return self._connection.fetch_all(
            f"SELECT {columns} FROM executions WHERE ordinal IN %s {_NEWEST}",
            ([position.ordinal for position in positions],),
        )

    def fetch_timed(self, positions: list[Position]) -> list[Row]:
        """Read starts, statuses and durations; see `SurveyStore.fetch_timed`."""
        return self._read("started_at, status, duration_ms", positions)

    def fetch_faceted(self, positions: list[Position]) -> list[Row]:
        """Read what the facets count; see `SurveyStore.fetch_faceted`."""
        return self._read("workflow_id, workflow_name, status, error_kind, tags", positions)

    def count_nodes(self, positions: list[Position]) -> list[Row]:
        """Count executions by node; see `SurveyStore.count_nodes`."""
        if not positions:
            return []
        return self._connection.fetch_all(
            "SELECT n.node_name, uniqExact(n.started_id, n.run_key) FROM node_executions AS n "
            "INNER JOIN (SELECT started_id, run_key, workflow_id FROM executions "
            "WHERE ordinal IN %s) AS e ON n.started_id = e.started_id AND n.run_key = e.run_key "
            "WHERE n.node_id <> e.workflow_id GROUP BY n.node_name",
            ([position.ordinal for position in positions],),
        )

    def fetch_measured(self, positions: list[Position]) -> list[Row]:
        """Read what workflows are measured by; see `SurveyStore.fetch_measured`."""
        columns = f"workflow_id, {_PROJECT}, workflow_name, started_at, status, duration_ms"
        return self._read(columns, positions)

    def fetch_measured_nodes(self, positions: list[Position]) -> list[Row]:
        """Read what nodes are measured by; see `SurveyStore.fetch_measured_nodes`."""
        if not positions:
            return []
        return self._connection.fetch_all(
            "SELECT e.workflow_id, n.node_id, n.node_name, n.node_type, n.status, n.duration_ms "
            "FROM node_executions AS n INNER JOIN (SELECT started_id, run_key, workflow_id, "
            "started_at, ordinal FROM executions WHERE ordinal IN %s) AS e "
            "ON n.started_id = e.started_id AND n.run_key = e.run_key "
            "WHERE n.node_id <> e.workflow_id ORDER BY e.started_at DESC, e.ordinal DESC",
            ([position.ordinal for position in positions],),
        )

    def count_models(self, positions: list[Position]) -> list[Row]:
        """Count nothing, because the calls of models aren't kept here."""
        del positions
        return []

    def fetch_failures(self, positions: list[Position]) -> list[Row]:
        """Read failures at positions; see `FailureStore.fetch_failures`."""
        return self._read(FAILURE_COLUMNS, positions)

    def fetch_newest_failures(self, chosen: HistoryFilter, limit: int) -> list[Row]:
        """Read the newest failures; see `FailureStore.fetch_newest_failures`."""
        return read_chosen(self._source, chosen, FAILURE_COLUMNS, limit)

    def fetch_direct_calls(self, most: int, largest_bytes: int) -> list[Row]:
        """Read runs outside of executions; see `OutsideCallStore.fetch_direct_calls`."""
        rows = self._connection.fetch_all(
            "SELECT workflow_id, workflow_name, trigger_data, parent_execution_id IS NOT NULL, id, "
            "started_id, run_key FROM "
            f"(SELECT * FROM executions {_NEWEST} LIMIT %s) "
            f"WHERE trigger_type = 'direct' {_NEWEST}",
            (most,),
        )
        runs = [tuple(row[5:]) for row in rows]
        first: dict[tuple[str, str], str] = {}
        if runs:
            for started_id, run_key, node_id in self._connection.fetch_all(
                "SELECT execution_id, run_id, argMin(node_id, (sequence, node_id)) "
                "FROM node_registers WHERE (execution_id, run_id) IN %s "
                "GROUP BY execution_id, run_id",
                (runs,),
            ):
                first[started_id, run_key] = node_id
        sizes = self.read_sizes(row[2] for row in rows)
        return [
            (
                *row[:2],
                row[2] if sizes.get(row[2], 0) <= largest_bytes else None,
                bool(row[3]),
                row[4],
                first.get((row[5], row[6])),
            )
            for row in rows
        ]

    def has_more(self, number: int) -> bool:
        """Check whether there are more executions; see `OutsideCallStore.has_more`."""
        return bool(
            self._connection.fetch_all("SELECT 1 FROM executions LIMIT 1 OFFSET %s", (number,))
        )
