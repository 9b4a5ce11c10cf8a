"""Read what takes the space of a SQLite file; `flightlog.store.space_meter` makes the results."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

import apsw

from flightlog.clock import Clock
from flightlog.store.pruning import Pruner, Remover
from flightlog.store.retention import compute_latest_start
from flightlog.store.space import SpaceParts
from flightlog.store.space_meter import Size
from flightlog.store.sqlite.queries import Row, fetch_all, fetch_one, load_queries
from flightlog.store.sqlite.retention import EstimatingRemover, make_pruner
from flightlog.store.sqlite.space_parts import measure_parts

_queries: Final = load_queries("space.sql")


class SqliteSpaceReads:
    """
    Reads what a measurement needs; see `SpaceReads`.

    Args:
        connection: A connection within a read transaction.
        clock: The time by which ages are computed.
        wal_limit_bytes: The size that the write-ahead log may have.
        log_bytes: The size of the write-ahead log.
    """

    def __init__(
        self, connection: apsw.Connection, clock: Clock, wal_limit_bytes: int, log_bytes: int
    ) -> None:
        self._connection = connection
        self._clock = clock
        self._wal_limit_bytes = wal_limit_bytes
        self._log_bytes = log_bytes

    def fetch_days(self) -> list[Row]:
        """Count executions by workflow and day; see `SpaceReads.fetch_days`."""
        return fetch_all(self._connection, _queries["days"], (compute_latest_start(self._clock),))

    def measure_parts(self, runs: int) -> SpaceParts:
        """Measure the parts of the file; see `SpaceReads.measure_parts`."""
        return measure_parts(self._connection, self._log_bytes, runs)

    def fetch_newest(self, workflow_id: str, number: int) -> list[Row]:
        """Find a workflow's newest executions; see `SpaceReads.fetch_newest`."""
        return fetch_all(self._connection, _queries["newest_runs"], (workflow_id, number))

    def fetch_from(self, workflow_id: str, begins: Sequence[str]) -> list[Row]:
        """Find executions by their times; see `SpaceReads.fetch_from`."""
        sql = _queries["run_from"]
        rows = (fetch_one(self._connection, sql, (workflow_id, begin)) for begin in begins)
        return [row for row in rows if row is not None]

    def find_newest_good(self, workflow_id: str, hour: str) -> Row | None:
        """Find a successful execution; see `SpaceReads.find_newest_good`."""
        bound = (workflow_id, hour, compute_latest_start(self._clock))
        return fetch_one(self._connection, _queries["newest_good"], bound)

    def count_starred(self) -> int:
        """Count the starred executions; see `SpaceReads.count_starred`."""
        row = fetch_one(self._connection, _queries["count_starred"])
        return row[0] if row is not None else 0

    def fetch_starred(self, number: int) -> list[Row]:
        """Find starred executions; see `SpaceReads.fetch_starred`."""
        return fetch_all(self._connection, _queries["starred"], (number,))

    def measure_runs(self, runs: Sequence[Row], most_nodes: int) -> Size:
        """Estimate the bytes of executions; see `SpaceReads.measure_runs`."""
        total = Size()
        for ordinal, execution_id, *_ in runs:
            row = fetch_one(self._connection, _queries["size_of_run"], (ordinal,))
            count = fetch_one(self._connection, _queries["count_nodes"], (execution_id,))
            bound = (execution_id, most_nodes)
            nodes = fetch_one(self._connection, _queries["size_of_nodes"], bound)
            assert row is not None, "the execution was found in the same transaction"
            assert count is not None, "a count has one row"
            assert nodes is not None, "a sum has one row"
            factor = count[0] / max(1, min(count[0], most_nodes))
            total = total.plus(Size(*row)).plus(Size(nodes[0] or 0, nodes[1] or 0).times(factor))
        return total

    def make_remover(self) -> Remover:
        """Make what estimates a removal; see `SpaceReads.make_remover`."""
        return EstimatingRemover(self._connection)

    def make_pruner(self, remover: Remover) -> Pruner:
        """Make what chooses executions; see `SpaceReads.make_pruner`."""
        return make_pruner(self._connection, remover, self._clock, self._wal_limit_bytes)

    def describe_runs(self, ordinals: Sequence[int]) -> list[Row]:
        """Describe executions; see `SpaceReads.describe_runs`."""
        return fetch_all(self._connection, _queries["removed_runs"], (json.dumps(ordinals),))
