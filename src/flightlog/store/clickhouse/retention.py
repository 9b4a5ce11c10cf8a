"""
Remove what exceeds the limits of a history in ClickHouse; `flightlog.store.pruning` chooses it.

Deleted rows take space until the server merges their parts. So a budget counts the rows that are
left, by what all rows take on average. A payload that goes while its execution stays is replaced by
a row without data, from which readers make a placeholder.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final, NamedTuple

from flightlog.clock import Clock
from flightlog.record.model import RunKey
from flightlog.store import removed_days
from flightlog.store.clickhouse.connection import Connection
from flightlog.store.clickhouse.erase import Eraser
from flightlog.store.clickhouse.payloads import read_references, read_sizes
from flightlog.store.clickhouse.schema import REMOVED_PLACE
from flightlog.store.pruning import Batches, Stage
from flightlog.store.retention import compute_latest_start
from flightlog.store.row_functions import Row

BATCHES: Final = Batches(largest=1_000, took_s=20.0)
"""The size of a batch; the server deletes many rows about as fast as few."""
EXECUTION_WEIGHT: Final = 500
NODE_WEIGHT: Final = 200
"""Units of what an execution and a node execution take without their payloads."""
_MEASURED_FOR_S: Final = 5.0
"""A measurement serves so long; meanwhile, estimates of what was removed are subtracted."""
_SWEEP_S: Final = 3_600.0

_NEWEST_GOOD: Final = (
    "(workflow_id, started_at, ordinal) IN ("
    "SELECT workflow_id, (max((started_at, ordinal)) AS newest).1, newest.2 "
    "FROM brief_executions WHERE status = 'success' AND started_at <= %(latest)s "
    "GROUP BY workflow_id)"
)
_REMOVED_COLUMNS: Final = (*REMOVED_PLACE, "success", "error", "timed", "duration_us")


class ClickHousePruneReads:
    """
    Finds the executions that may go; see `PruneReads`.

    Args:
        connection: The connection.
        clock: The current time.
    """

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock

    def fetch_ended(self, status: str, place: tuple[str, int], number: int) -> list[Row]:
        """Find the next executions of a status; see `PruneReads.fetch_ended`."""
        stays = f"starred = 1 OR {_NEWEST_GOOD}" if status == "success" else "starred = 1"
        return self._connection.fetch_all(
            f"SELECT ordinal, id, started_at, {stays} FROM brief_executions "
            "WHERE status = %(status)s AND (started_at, ordinal) > %(place)s "
            "ORDER BY started_at, ordinal LIMIT %(number)s",
            {
                "status": status,
                "place": tuple(place),
                "number": number,
                "latest": compute_latest_start(self._clock),
            },
        )

    def fetch_crowded_workflows(self, kept: int) -> list[str]:
        """List crowded workflows; see `PruneReads.fetch_crowded_workflows`."""
        sql = "SELECT workflow_id FROM brief_executions GROUP BY workflow_id HAVING count() > %s"
        return [row[0] for row in self._connection.fetch_all(sql, (kept,))]

    def find_newest_kept(self, workflow_id: str, kept: int) -> tuple[str, int] | None:
        """Find where the executions that stay begin; see `PruneReads.find_newest_kept`."""
        row = self._connection.fetch_one(
            "SELECT started_at, ordinal FROM brief_executions WHERE workflow_id = %s "
            "AND started_at <= %s ORDER BY started_at DESC, ordinal DESC LIMIT 1 OFFSET %s",
            (workflow_id, compute_latest_start(self._clock), kept - 1),
        )
        return None if row is None else (row[0], row[1])

    def fetch_oldest(
        self, workflow_id: str, before: tuple[str, int], place: tuple[str, int], number: int
    ) -> list[Row]:
        """Find a workflow's next executions; see `PruneReads.fetch_oldest`."""
        return self._connection.fetch_all(
            "SELECT ordinal, id, started_at FROM brief_executions WHERE workflow_id = %(workflow)s "
            "AND (started_at, ordinal) < %(before)s "
            "AND (started_at, ordinal) > %(place)s "
            f"AND status <> 'running' AND starred = 0 AND NOT {_NEWEST_GOOD} "
            "ORDER BY started_at, ordinal LIMIT %(number)s",
            {
                "workflow": workflow_id,
                "before": tuple(before),
                "place": tuple(place),
                "number": number,
                "latest": compute_latest_start(self._clock),
            },
        )


class Sizes(NamedTuple):
    """The bytes that the rows take which are left."""

    rows: int
    payloads: int
    row_scale: float
    """The bytes of a unit of weight."""
    payload_scale: float
    """The bytes on disk of a byte of JSON."""
    free: int
    """The bytes of deleted rows, and of small tables."""


def measure(connection: Connection) -> Sizes:
    """
    Measure what the rows of a history take.

    Args:
        connection: The connection.

    Returns:
        The sizes; those of rows that are left, in tables with deleted rows, are estimates.
    """
    stored = {
        table: (on_disk, rows, json)
        for table, on_disk, rows, json in connection.fetch_all(
            "SELECT table, sum(bytes_on_disk), sum(rows), sum(data_uncompressed_bytes) "
            "FROM system.parts WHERE database = %s AND active GROUP BY table",
            (connection.database,),
        )
    }
    left = connection.fetch_one(
        "SELECT (SELECT count() FROM execution_registers), (SELECT count() FROM node_registers), "
        "(SELECT sum(length(data)) FROM payloads)"
    )
    assert left is not None, "the statement has one row"
    row_bytes = 0.0
    for table, count in zip(("execution_registers", "node_registers"), left, strict=False):
        on_disk, rows, _ = stored.get(table, (0, 0, 0))
        row_bytes += on_disk * count / max(rows, 1)
    weight = left[0] * EXECUTION_WEIGHT + left[1] * NODE_WEIGHT
    on_disk, _, json = stored.get("payloads", (0, 0, 0))
    payload_scale = on_disk / max(json, 1)
    payload_bytes = left[2] * payload_scale
    total = sum(each[0] for each in stored.values())
    return Sizes(
        rows=int(row_bytes),
        payloads=int(payload_bytes),
        row_scale=row_bytes / max(weight, 1),
        payload_scale=payload_scale,
        free=max(0, total - int(row_bytes) - int(payload_bytes)),
    )


class EstimatingRemover:
    """
    Removes nothing, and estimates what removing would free; see `Remover`.

    Args:
        connection: The connection.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sizes = Sizes(0, 0, 0.0, 0.0, 0)
        self._used_bytes = 0
        self._measured_at: float | None = None
        self._erased: set[int] = set()

    def used_bytes(self) -> int:
        """Estimate the size of the rows; see `Remover.used_bytes`."""
        if self._measured_at is None:
            self._sizes = measure(self._connection)
            self._used_bytes = self._sizes.rows + self._sizes.payloads
            self._measured_at = time.monotonic()
        return self._used_bytes

    def remove(self, stage: Stage, ordinals: Sequence[int]) -> int:
        """Subtract what a part of executions takes; see `Remover.remove`."""
        left = [ordinal for ordinal in ordinals if ordinal not in self._erased]
        if stage is Stage.EXECUTION:
            self._erased.update(left)
        rows = self._connection.fetch_all(
            "SELECT started_id, run_key FROM brief_executions WHERE ordinal IN %s", (left,)
        )
        self._subtract(stage, [RunKey(*row) for row in rows])
        return len(left)

    def _subtract(self, stage: Stage, runs: Sequence[RunKey]) -> None:
        if not runs:
            return
        freed = 0.0
        is_whole = stage is Stage.EXECUTION
        if is_whole:
            freed += EXECUTION_WEIGHT * self._sizes.row_scale * len(runs)
        if is_whole or stage is Stage.NODES:
            row = self._connection.fetch_one(
                "SELECT count() FROM node_registers WHERE (execution_id, run_id) IN %s",
                ([tuple(run) for run in runs],),
            )
            freed += NODE_WEIGHT * self._sizes.row_scale * (row[0] if row else 0)
        if is_whole or stage is Stage.PAYLOADS:
            held = read_references(self._connection, runs).values()
            sizes = read_sizes(self._connection, {each for some in held for each in some})
            freed += self._sizes.payload_scale * sum(sizes.values())
        self._used_bytes = max(0, self._used_bytes - int(freed))

    def forget_removed(self) -> bool:
        """Forget nothing, because the estimate leaves these counts out."""
        return False


class PortionRemover(EstimatingRemover):
    """
    Removes a batch of executions; the caller excludes other writers of this store.

    Args:
        connection: The connection.
        eraser: Erases executions and their parts.
    """

    def __init__(self, connection: Connection, eraser: Eraser) -> None:
        super().__init__(connection)
        self._eraser = eraser
        self._swept_at: float | None = None

    def used_bytes(self) -> int:
        """Estimate the size of the rows, anew after a while; see `Remover.used_bytes`."""
        measured_at = self._measured_at
        if measured_at is not None and time.monotonic() - measured_at > _MEASURED_FOR_S:
            self._measured_at = None
        return super().used_bytes()

    def remove(self, stage: Stage, ordinals: Sequence[int]) -> int:
        """Remove a part of executions; see `Remover.remove`."""
        # Another receiver may have changed the executions after they were chosen.
        rows = self._connection.fetch_all(
            "SELECT started_id, run_key FROM brief_executions "
            "WHERE ordinal IN %s AND status <> 'running' AND starred = 0",
            (list(ordinals),),
        )
        runs = [RunKey(*row) for row in rows]
        if not runs:
            return 0
        self._subtract(stage, runs)
        if stage is Stage.EXECUTION:
            count_removed(self._connection, runs)
            self._eraser.remove(runs)
        elif stage is Stage.NODES:
            self._eraser.erase_nodes(runs)
        else:
            self._eraser.drop_payloads(runs)
        return len(runs)

    def bound_notes(self) -> None:
        """Forget old counts, and from time to time erase what interrupted deletions have left."""
        bound_removed(self._connection)
        now = time.monotonic()
        if self._swept_at is None:
            self._swept_at = now
        if now - self._swept_at > _SWEEP_S:
            self._swept_at = now
            self._eraser.sweep()


def count_removed(connection: Connection, runs: Sequence[RunKey]) -> None:
    """
    Count executions that are about to be removed.

    Two receivers that count executions of one workflow and day at the same moment may count too
    few.

    Args:
        connection: The connection.
        runs: The runs.
    """
    rows = connection.fetch_all(
        "SELECT c.day, c.workflow_id, c.project_id, c.success + coalesce(r.success, 0), "
        "c.error + coalesce(r.error, 0), c.timed + coalesce(r.timed, 0), "
        "c.duration_us + coalesce(r.duration_us, 0) FROM ("
        "SELECT substring(assumeNotNull(started_at), 1, 10) AS day, "
        "assumeNotNull(workflow_id) AS workflow_id, coalesce(project_id, '') AS project_id, "
        "countIf(status = 'success') AS success, countIf(status = 'error') AS error, "
        "count(duration_ms) AS timed, "
        "toUInt64(sum(round(coalesce(duration_ms, 0) * 1000))) AS duration_us "
        "FROM executions WHERE (started_id, run_key) IN %s GROUP BY day, workflow_id, project_id"
        ") AS c LEFT JOIN (SELECT * FROM removed_days FINAL) AS r "
        "ON r.day = c.day AND r.workflow_id = c.workflow_id AND r.project_id = c.project_id",
        ([tuple(run) for run in runs],),
    )
    connection.insert("removed_days", _REMOVED_COLUMNS, rows)


def bound_removed(connection: Connection) -> None:
    """
    Forget the oldest days if there are too many counts.

    Args:
        connection: The connection.
    """
    place = ", ".join(REMOVED_PLACE)
    row = connection.fetch_one("SELECT count() FROM removed_days FINAL")
    if row is not None and row[0] > removed_days.MOST_DAYS:
        connection.run(
            f"DELETE FROM {connection.database}.removed_days WHERE ({place}) IN (SELECT {place} "
            f"FROM {connection.database}.removed_days FINAL ORDER BY {place} LIMIT %s)",
            (removed_days.FORGOTTEN_AT_ONCE,),
        )


def forget_removed_workflow(
    connection: Connection, workflow_id: str, project_id: str | None
) -> None:
    """
    Forget the counts of a workflow that somebody clears.

    Args:
        connection: The connection.
        workflow_id: The workflow.
        project_id: The project; None means every project.
    """
    connection.run(
        f"DELETE FROM {connection.database}.removed_days WHERE workflow_id = %(workflow)s "
        "AND (%(project)s IS NULL OR project_id = %(project)s)",
        {"workflow": workflow_id, "project": project_id},
    )


def forget_removed_before(connection: Connection, started_before: str) -> None:
    """
    Forget the counts of the whole days before a time.

    Args:
        connection: The connection.
        started_before: Canonical time.
    """
    connection.run(
        f"DELETE FROM {connection.database}.removed_days WHERE day < %s",
        (removed_days.find_day(started_before),),
    )
