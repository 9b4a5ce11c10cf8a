"""Read what takes the space in ClickHouse; `flightlog.store.space_meter` makes the results."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from flightlog.clock import Clock
from flightlog.record.model import RunKey
from flightlog.store.clickhouse.connection import Connection
from flightlog.store.clickhouse.payloads import (
    count_references,
    read_references,
    read_sizes,
)
from flightlog.store.clickhouse.retention import (
    BATCHES,
    EXECUTION_WEIGHT,
    NODE_WEIGHT,
    ClickHousePruneReads,
    EstimatingRemover,
    measure,
)
from flightlog.store.pruning import Pruner, Remover
from flightlog.store.retention import compute_latest_start
from flightlog.store.row_functions import Row
from flightlog.store.space import SpaceParts
from flightlog.store.space_meter import Size

_NEWEST: Final = "ORDER BY started_at DESC, ordinal DESC LIMIT"
_RUN: Final = "SELECT ordinal, id, workflow_name FROM executions WHERE"


class ClickHouseSpaceReads:
    """
    Reads what a measurement needs; see `SpaceReads`.

    Args:
        connection: The connection.
        clock: The time by which ages are computed.
    """

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock

    def fetch_days(self) -> list[Row]:
        """Count executions by workflow and day; see `SpaceReads.fetch_days`."""
        return self._connection.fetch_all(
            "SELECT workflow_id, substring(started_at, 1, 10) AS day, count(), "
            "maxIf(substring(started_at, 1, 13), status = 'success' AND started_at <= %s) "
            "FROM brief_executions GROUP BY workflow_id, day ORDER BY workflow_id, day",
            (compute_latest_start(self._clock),),
        )

    def measure_parts(self, runs: int) -> SpaceParts:
        """
        Measure the parts as retention does, and what else the tables take.

        Args:
            runs: Not used, because the server knows the sizes of its tables.

        Returns:
            The parts. There is no write-ahead log.
        """
        del runs
        sizes = measure(self._connection)
        return SpaceParts(
            payload_bytes=sizes.payloads,
            index_bytes=0,
            row_bytes=sizes.rows,
            free_bytes=sizes.free,
            log_bytes=0,
        )

    def fetch_newest(self, workflow_id: str, number: int) -> list[Row]:
        """Find a workflow's newest executions; see `SpaceReads.fetch_newest`."""
        sql = f"{_RUN} workflow_id = %s {_NEWEST} %s"
        return self._connection.fetch_all(sql, (workflow_id, number))

    def fetch_from(self, workflow_id: str, begins: Sequence[str]) -> list[Row]:
        """Find executions by their times; see `SpaceReads.fetch_from`."""
        if not begins:
            return []
        # One reading finds the first execution from each time on.
        columns = ", ".join(
            f"argMinIf((ordinal, id, workflow_name), (assumeNotNull(started_at), ordinal), "
            f"started_at >= %(begin_{place})s), countIf(started_at >= %(begin_{place})s)"
            for place in range(len(begins))
        )
        bound = {f"begin_{place}": begin for place, begin in enumerate(begins)}
        row = self._connection.fetch_one(
            f"SELECT {columns} FROM executions WHERE workflow_id = %(workflow)s",
            {**bound, "workflow": workflow_id},
        )
        assert row is not None, "the statement has one row"
        return [tuple(run) for run, count in zip(row[::2], row[1::2], strict=True) if count]

    def find_newest_good(self, workflow_id: str, hour: str) -> Row | None:
        """Find a successful execution; see `SpaceReads.find_newest_good`."""
        condition = (
            "workflow_id = %s AND started_at >= %s AND started_at <= %s AND status = 'success'"
        )
        sql = f"{_RUN} {condition} {_NEWEST} 1"
        return self._connection.fetch_one(
            sql, (workflow_id, hour, compute_latest_start(self._clock))
        )

    def count_starred(self) -> int:
        """Count the starred executions; see `SpaceReads.count_starred`."""
        row = self._connection.fetch_one("SELECT count() FROM brief_executions WHERE starred = 1")
        return row[0] if row is not None else 0

    def fetch_starred(self, number: int) -> list[Row]:
        """Find starred executions; see `SpaceReads.fetch_starred`."""
        return self._connection.fetch_all(f"{_RUN} starred = 1 {_NEWEST} %s", (number,))

    def measure_runs(self, runs: Sequence[Row], most_nodes: int) -> Size:
        """Estimate the bytes of executions; see `SpaceReads.measure_runs`."""
        ordinals = [run[0] for run in runs]
        if not ordinals:
            return Size()
        found = self._connection.fetch_all(
            "SELECT started_id, run_key FROM brief_executions WHERE ordinal IN %s", (ordinals,)
        )
        keys = [RunKey(*row) for row in found]
        nodes = {
            RunKey(*run): count
            for *run, count in self._connection.fetch_all(
                "SELECT execution_id, run_id, uniqExact(sequence, node_id) FROM node_registers "
                "WHERE (execution_id, run_id) IN %s GROUP BY execution_id, run_id",
                ([tuple(key) for key in keys],),
            )
        }
        rows = EXECUTION_WEIGHT * len(keys) + NODE_WEIGHT * sum(nodes.values())
        held = read_references(self._connection, keys, most_nodes)
        references = {each for some in held.values() for each in some}
        counts = count_references(self._connection, references)
        sizes = read_sizes(self._connection, references)
        payloads = 0.0
        for key, numbers in held.items():
            # The first nodes of an execution stand for the others.
            factor = max(1.0, nodes.get(key, 0) / most_nodes)
            payloads += factor * sum(
                sizes.get(each, 0) * number / max(counts.get(each, 1), 1)
                for each, number in numbers.items()
            )
        return Size(float(rows), payloads)

    def make_remover(self) -> Remover:
        """Make what estimates a removal; see `SpaceReads.make_remover`."""
        return EstimatingRemover(self._connection)

    def make_pruner(self, remover: Remover) -> Pruner:
        """Make what chooses executions; see `SpaceReads.make_pruner`."""
        reads = ClickHousePruneReads(self._connection, self._clock)
        return Pruner(reads, remover, self._clock, batches=BATCHES)

    def describe_runs(self, ordinals: Sequence[int]) -> list[Row]:
        """Describe executions; see `SpaceReads.describe_runs`."""
        return self._connection.fetch_all(
            "SELECT status, workflow_id, max(workflow_name), count(), min(started_at), "
            "max(started_at) FROM executions WHERE ordinal IN %s GROUP BY status, workflow_id",
            (list(ordinals),),
        )
