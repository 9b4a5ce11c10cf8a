"""Read what takes the space in PostgreSQL; `flightlog.store.space_meter` makes the results."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from flightlog.clock import Clock
from flightlog.store.postgres.retention import (
    BATCHES,
    EstimatingRemover,
    PostgresPruneReads,
    measure_tables,
)
from flightlog.store.postgres.statements import Connection, fetch_all, fetch_one, load_queries
from flightlog.store.pruning import Pruner, Remover
from flightlog.store.retention import compute_latest_start
from flightlog.store.row_functions import Row
from flightlog.store.space import SpaceParts
from flightlog.store.space_meter import Size

_queries: Final = load_queries("space.sql")
_reader_queries: Final = load_queries("reader.sql")


class PostgresSpaceReads:
    """
    Reads what a measurement needs; see `SpaceReads`.

    Args:
        connection: A connection within a read transaction.
        schema: The schema of the tables.
        clock: The time by which ages are computed.
    """

    def __init__(self, connection: Connection, schema: str, clock: Clock) -> None:
        self._connection = connection
        self._schema = schema
        self._clock = clock

    def fetch_days(self) -> list[Row]:
        """Count executions by workflow and day; see `SpaceReads.fetch_days`."""
        return fetch_all(
            self._connection, _queries["days"], {"latest": compute_latest_start(self._clock)}
        )

    def measure_parts(self, runs: int) -> SpaceParts:
        """
        Estimate the parts as retention does, and what else the tables take.

        Args:
            runs: Not used, because the server knows the sizes of its tables.

        Returns:
            The parts. The write-ahead log belongs to the whole server, so it is left out.
        """
        del runs
        sizes = measure_tables(self._connection)
        row = fetch_one(self._connection, _reader_queries["size"], {"schema": self._schema})
        assert row is not None, "a sum has one row"
        return SpaceParts(
            payload_bytes=sizes.payloads,
            index_bytes=sizes.search_index,
            row_bytes=sizes.executions + sizes.nodes,
            free_bytes=max(0, row[0] - sum(sizes)),
            log_bytes=0,
        )

    def fetch_newest(self, workflow_id: str, number: int) -> list[Row]:
        """Find a workflow's newest executions; see `SpaceReads.fetch_newest`."""
        bound = {"workflow_id": workflow_id, "number": number}
        return fetch_all(self._connection, _queries["newest_runs"], bound)

    def fetch_from(self, workflow_id: str, begins: Sequence[str]) -> list[Row]:
        """Find executions by their times; see `SpaceReads.fetch_from`."""
        bound = {"workflow_id": workflow_id, "begins": list(begins)}
        return fetch_all(self._connection, _queries["runs_from"], bound)

    def find_newest_good(self, workflow_id: str, hour: str) -> Row | None:
        """Find a successful execution; see `SpaceReads.find_newest_good`."""
        latest = compute_latest_start(self._clock)
        bound = {"workflow_id": workflow_id, "hour": hour, "latest": latest}
        return fetch_one(self._connection, _queries["newest_good"], bound)

    def count_starred(self) -> int:
        """Count the starred executions; see `SpaceReads.count_starred`."""
        row = fetch_one(self._connection, _queries["count_starred"])
        return row[0] if row is not None else 0

    def fetch_starred(self, number: int) -> list[Row]:
        """Find starred executions; see `SpaceReads.fetch_starred`."""
        return fetch_all(self._connection, _queries["starred"], {"number": number})

    def measure_runs(self, runs: Sequence[Row], most_nodes: int) -> Size:
        """Estimate the bytes of executions; see `SpaceReads.measure_runs`."""
        bound = {"ordinals": [run[0] for run in runs], "most_nodes": most_nodes}
        row = fetch_one(self._connection, _queries["sizes_of_runs"], bound)
        assert row is not None, "a sum has one row"
        return Size(float(row[0] or 0), float(row[1] or 0))

    def make_remover(self) -> Remover:
        """Make what estimates a removal; see `SpaceReads.make_remover`."""
        # The preview subtracts the index by itself.
        return EstimatingRemover(self._connection, frees_index=False)

    def make_pruner(self, remover: Remover) -> Pruner:
        """Make what chooses executions; see `SpaceReads.make_pruner`."""
        reads = PostgresPruneReads(self._connection, self._clock)
        return Pruner(reads, remover, self._clock, batches=BATCHES)

    def describe_runs(self, ordinals: Sequence[int]) -> list[Row]:
        """Describe executions; see `SpaceReads.describe_runs`."""
        bound = {"ordinals": list(ordinals)}
        return fetch_all(self._connection, _queries["removed_runs"], bound)
