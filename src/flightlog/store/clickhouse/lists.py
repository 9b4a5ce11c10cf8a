"""Read what lists and outlines show from ClickHouse."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from flightlog.record.model import RunKey
from flightlog.store.clickhouse.reader import ClickHouseReads
from flightlog.store.clickhouse.schema import STATUSES
from flightlog.store.outlining import Neighbours
from flightlog.store.positions import Position
from flightlog.store.query import HistoryFilter
from flightlog.store.row_functions import Row
from flightlog.store.server.ranking import rank_by_duration
from flightlog.store.summaries import Ranking
from flightlog.store.summarizing import LATE_S
from flightlog.store.tables import EXECUTIONS

_LETTERS: Final = {status: {"skipped": "k"}.get(status, status[0]) for status in STATUSES}
"""The letters of `NodeProgress.strip`."""
_WORKFLOW_ID: Final = EXECUTIONS.find_position("workflow_id")
_PLACE: Final = "(assumeNotNull(started_at), ordinal)"
BUCKET: Final = (
    "multiIf({duration} IS NULL, -1, {duration} * 1000 < 0.5, 0, 1 + toInt64(ceil("
    "log(least(round({duration} * 1000), toFloat64(9007199254740992))) / log(1.02 / 0.98))))"
)
"""The bucket of a duration, as `flightlog.store.histogram` counts it."""


class ClickHouseLists(ClickHouseReads):
    """Reads what lists and outlines show; see `HistoryStore`."""

    def _bind_runs(self, ids: Sequence[str]) -> list[tuple[str, str]]:
        return [(run.execution_id, run.run_id) for run in self._find_runs(ids).values()]

    def read_letters(self, ids: Sequence[str]) -> dict[str, str]:
        """Read the letters of node executions; see `SummaryStore.read_letters`."""
        runs = self._find_runs(ids)
        if not runs:
            return {}
        self._load(run for run in runs.values() if run not in self._shown)
        letters = dict.fromkeys(runs.values(), "")
        for execution_id, run_id, node_id, place, may_crash, is_root in self._connection.fetch_all(
            "SELECT execution_id, run_id, node_id, status_r.3, process_id_r.1 = 0, "
            "node_type_r.3 = 'workflow' AND parent_sequence_r.1 = 0 FROM node_registers FINAL "
            "PREWHERE (execution_id, run_id) IN %s WHERE status_r.1 > 0 "
            "ORDER BY execution_id, run_id, sequence, node_id",
            ([tuple(run) for run in letters],),
        ):
            run = RunKey(execution_id, run_id)
            shown = self._shown.get(run)
            if shown is None or (is_root and node_id == shown.row[_WORKFLOW_ID]):
                continue
            status = STATUSES[place]
            crashes = status == "running" and may_crash and shown.is_crashed
            letters[run] += "e" if crashes else _LETTERS[status]
        return {row_id: letters[run] for row_id, run in runs.items()}

    def fetch_last_seen(self, ids: Sequence[str]) -> dict[str, str]:
        """Read when processes were last heard of; see `SummaryStore.fetch_last_seen`."""
        runs = self._bind_runs(ids)
        if not runs:
            return {}
        rows = self._connection.fetch_all(
            "SELECT e.id, e.created_at, e.started_at, p.last_seen FROM executions AS e "
            "INNER JOIN (SELECT id, max(last_seen) AS last_seen FROM processes GROUP BY id) AS p "
            "ON p.id = e.process_id WHERE (e.started_id, e.run_key) IN %s",
            (runs,),
        )
        return {
            row_id: last_seen
            for row_id, created_at, started_at, last_seen in rows
            if not (
                _measure_s(started_at, created_at) > LATE_S
                and 0 <= _measure_s(created_at, last_seen) <= LATE_S
            )
        }

    def fetch_small_triggers(self, ids: Sequence[str], most_bytes: int) -> list[Row]:
        """Read small trigger data; see `TriggerStore.fetch_small_triggers`."""
        runs = self._bind_runs(ids)
        if not runs:
            return []
        rows = self._connection.fetch_all(
            "SELECT id, trigger_data FROM executions "
            "WHERE (started_id, run_key) IN %s AND trigger_data IS NOT NULL",
            (runs,),
        )
        sizes = self.read_sizes(row[1] for row in rows)
        return [row for row in rows if sizes.get(row[1], 0) <= most_bytes]

    def rank_by_duration(
        self, chosen: HistoryFilter, ranking: Ranking, limit: int
    ) -> tuple[list[Position], Position | None]:
        """Find the longest or the shortest; see `SummaryStore.rank_by_duration`."""
        return rank_by_duration(self._source, chosen, ranking, limit)

    def find_ids(self, start: str, limit: int) -> tuple[str, ...]:
        """List ids that begin with a text; see `HistoryStore.find_ids`."""
        rows = self._connection.fetch_all(
            "SELECT id FROM executions WHERE started_id >= %(start)s "
            "AND startsWith(started_id, %(start)s) AND id = started_id ORDER BY id LIMIT %(limit)s",
            {"start": start, "limit": limit},
        )
        return tuple(row[0] for row in rows)

    def has_execution(self, row_id: str) -> bool:
        """Check whether there is a row of this id; see `OutlineStore.has_execution`."""
        runs = self._find_runs([row_id])
        return bool(runs) and self.resolve_address(row_id) == row_id

    def find_neighbours(self, workflow_id: str, position: Position) -> Neighbours:
        """Find the neighbours of a position; see `OutlineStore.find_neighbours`."""
        before, after = f"{_PLACE} < %(place)s", f"{_PLACE} > %(place)s"
        row = self._connection.fetch_one(
            f"SELECT argMaxIf(id, {_PLACE}, {before}), argMinIf(id, {_PLACE}, {after}), "
            f"argMaxIf(id, {_PLACE}, {before} AND status = 'success'), "
            f"argMaxIf(id, {_PLACE}, {before} AND status = 'error') "
            "FROM executions WHERE workflow_id = %(workflow)s",
            {"workflow": workflow_id, "place": tuple(position)},
        )
        assert row is not None, "the statement always returns a row"
        return Neighbours(*(found or None for found in row))

    def fetch_children(self, execution_id: str) -> list[Row]:
        """Read the children of an execution; see `OutlineStore.fetch_children`."""
        return self._fetch_children("parent_execution_id = %(id)s", {"id": execution_id})

    def fetch_children_of_run(self, key: RunKey, *, is_shown: bool) -> list[Row]:
        """Read the children of one run; see `OutlineStore.fetch_children_of_run`."""
        return self._fetch_children(
            "parent_execution_id IN (%(id)s, %(address)s) AND (parent_execution_id = %(address)s "
            "OR coalesce(parent_run_id, %(shown)s) = %(run_id)s)",
            {
                "id": key.execution_id,
                "address": key.address,
                "run_id": key.run_id,
                "shown": key.run_id if is_shown else "",
            },
        )

    def _fetch_children(self, condition: str, bound: dict[str, Any]) -> list[Row]:
        return self._connection.fetch_all(
            f"SELECT id, workflow_name, status FROM executions WHERE {condition} "
            "ORDER BY started_at, ordinal LIMIT 1000",
            bound,
        )

    def fetch_usual(self, workflow_id: str, project_id: str, hour: str) -> list[Row]:
        """Read durations of a workflow; see `OutlineStore.fetch_usual`."""
        bucket = BUCKET.format(duration="duration_ms")
        return self._connection.fetch_all(
            f"SELECT {bucket} AS bucket, count() FROM executions WHERE workflow_id = %s "
            "AND coalesce(project_id, '') = %s AND substring(started_at, 1, 13) >= %s "
            "AND status IN ('success', 'error') GROUP BY bucket",
            (workflow_id, project_id, hour),
        )

    def fetch_usual_of_nodes(self, workflow_id: str, project_id: str, hour: str) -> list[Row]:
        """Read durations of a workflow's nodes; see `OutlineStore.fetch_usual_of_nodes`."""
        bucket = BUCKET.format(duration="duration_ms")
        return self._connection.fetch_all(
            f"SELECT node_id, {bucket} AS bucket, count() FROM node_executions "
            "WHERE (started_id, run_key) IN (SELECT started_id, run_key FROM executions "
            "WHERE workflow_id = %s AND coalesce(project_id, '') = %s "
            "AND substring(started_at, 1, 13) >= %s) "
            "AND status IN ('success', 'error') GROUP BY node_id, bucket",
            (workflow_id, project_id, hour),
        )


def _measure_s(first: str, last: str) -> float:
    return (datetime.fromisoformat(last) - datetime.fromisoformat(first)).total_seconds()
