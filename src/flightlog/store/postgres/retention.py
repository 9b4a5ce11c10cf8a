"""
Remove old executions from PostgreSQL until a history is within its limits.

`flightlog.store.pruning` chooses what goes. One receiver at a time removes, one batch in each
transaction, and it locks the batch's runs like a receiver that stores records. The server's files
don't shrink when rows go, so the size of a history is an estimate of what its rows take.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from flightlog.clock import Clock
from flightlog.record.placeholders import write_placeholder
from flightlog.store.postgres.erase import Eraser
from flightlog.store.postgres.payloads import drop_references, read_reference, read_sizes
from flightlog.store.postgres.removed_days import bound_removed
from flightlog.store.postgres.statements import Connection, fetch_all, fetch_one, load_queries, run
from flightlog.store.pruning import Batches, Stage
from flightlog.store.retention import REMOVED_REASON, compute_latest_start
from flightlog.store.row_functions import Row

BATCHES: Final = Batches(largest=256, took_s=0.05)
"""The size of a batch, which is one transaction."""
_SAMPLED_PAGES: Final = 500
"""The pages of each table that one measurement reads, about."""
_MEASURED_FOR_S: Final = 2.0
"""A measurement serves so long; meanwhile, estimates of what was removed are subtracted."""

_SAMPLED: Final = ("executions", "nodes", "payloads")
"""The tables that are measured by a sample."""
_queries: Final = load_queries("retention.sql")
_erase_queries: Final = load_queries("erase.sql")


class PostgresPruneReads:
    """
    Finds the executions that may go; see `PruneReads`.

    Args:
        connection: Any connection.
        clock: The current time.
    """

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock

    def fetch_ended(self, status: str, place: tuple[str, int], number: int) -> list[Row]:
        """Find the next executions of a status; see `PruneReads.fetch_ended`."""
        bound = {
            "status": status,
            "started_at": place[0],
            "ordinal": place[1],
            "number": number,
            "latest": compute_latest_start(self._clock),
        }
        return fetch_all(self._connection, _queries["ended"], bound)

    def fetch_crowded_workflows(self, kept: int) -> list[str]:
        """List crowded workflows; see `PruneReads.fetch_crowded_workflows`."""
        rows = fetch_all(self._connection, _queries["crowded_workflows"], {"kept": kept})
        return [row[0] for row in rows]

    def find_newest_kept(self, workflow_id: str, kept: int) -> tuple[str, int] | None:
        """Find where the executions that stay begin; see `PruneReads.find_newest_kept`."""
        bound = {
            "workflow_id": workflow_id,
            "skipped": kept - 1,
            "latest": compute_latest_start(self._clock),
        }
        row = fetch_one(self._connection, _queries["newest_kept"], bound)
        return None if row is None else (row[0], row[1])

    def fetch_oldest(
        self, workflow_id: str, before: tuple[str, int], place: tuple[str, int], number: int
    ) -> list[Row]:
        """Find a workflow's next executions; see `PruneReads.fetch_oldest`."""
        bound = {
            "workflow_id": workflow_id,
            "before": before[0],
            "before_ordinal": before[1],
            "started_at": place[0],
            "ordinal": place[1],
            "number": number,
            "latest": compute_latest_start(self._clock),
        }
        return fetch_all(self._connection, _queries["oldest_of_workflow"], bound)


class EstimatingRemover:
    """
    Removes nothing, and estimates what removing would free; see `Remover`.

    Args:
        connection: Any connection, within a transaction.
        frees_index: Whether removed payloads also free their share of the search index.
    """

    def __init__(self, connection: Connection, *, frees_index: bool = True) -> None:
        self._connection = connection
        self._frees_index = frees_index
        self._index_share = 0.0
        self._used_bytes = 0
        self._measured_at: float | None = None
        self._erased: set[int] = set()

    def used_bytes(self) -> int:
        """Estimate the size of the rows; see `Remover.used_bytes`."""
        if self._measured_at is None:
            sizes = measure_tables(self._connection)
            self._used_bytes = sum(sizes)
            self._index_share = (
                sizes.search_index / max(1, sizes.payloads) if self._frees_index else 0.0
            )
            self._measured_at = time.monotonic()
        return self._used_bytes

    def remove(self, stage: Stage, ordinals: Sequence[int]) -> int:
        """Subtract what a part of executions takes; see `Remover.remove`."""
        left = [ordinal for ordinal in ordinals if ordinal not in self._erased]
        if stage is Stage.EXECUTION:
            self._erased.update(left)
        self._subtract(stage, left)
        return len(left)

    def _subtract(self, stage: Stage, ordinals: Sequence[int]) -> None:
        freed = estimate(self._connection, stage, ordinals, self._index_share)
        self._used_bytes = max(0, self._used_bytes - freed)

    def forget_removed(self) -> bool:
        """Forget nothing, because the estimate leaves these counts out."""
        return False


class PortionRemover(EstimatingRemover):
    """
    Removes a batch of executions; the caller opens a transaction for each.

    Args:
        connection: The writing connection.
        eraser: Erases executions.
        lock: Locks runs by the ids under which they were started.
        note_stale: Notes that executions must be indexed again.
    """

    def __init__(
        self,
        connection: Connection,
        eraser: Eraser,
        lock: Callable[[Sequence[str]], None],
        note_stale: Callable[[Sequence[int]], None],
    ) -> None:
        super().__init__(connection)
        self._eraser = eraser
        self._lock = lock
        self._note_stale = note_stale

    def used_bytes(self) -> int:
        """Estimate the size of the rows, anew after a while; see `Remover.used_bytes`."""
        measured_at = self._measured_at
        if measured_at is not None and time.monotonic() - measured_at > _MEASURED_FOR_S:
            self._measured_at = None
        return super().used_bytes()

    def remove(self, stage: Stage, ordinals: Sequence[int]) -> int:
        """Remove a part of executions; see `Remover.remove`."""
        bound = {"ordinals": list(ordinals)}
        self._lock([row[0] for row in fetch_all(self._connection, _queries["starts"], bound)])
        # Another receiver may have changed the executions before they were locked.
        rows = fetch_all(self._connection, _queries["still_removable"], bound)
        left = [row[0] for row in rows]
        if not left:
            return 0
        self._subtract(stage, left)
        if stage is Stage.EXECUTION:
            self._eraser.erase_outdated(left)
        elif stage is Stage.NODES:
            self._eraser.erase_nodes(left)
        else:
            self.drop_payloads(left)
        if stage is not Stage.EXECUTION:
            self._note_stale(left)
        return len(left)

    def drop_payloads(self, ordinals: Sequence[int]) -> None:
        """
        Put placeholders in the place of payloads; those that rows hold themselves stay.

        Args:
            ordinals: The executions; their runs are locked.
        """
        bound = {"ordinals": list(ordinals)}
        rows = fetch_all(self._connection, _erase_queries["references"], bound)
        held = [row[0] for row in rows if read_reference(row[0]) is not None]
        if not held:
            return
        sizes = read_sizes(self._connection, held)
        dropped = {
            **bound,
            "stored": list(sizes),
            "placeholders": [
                write_placeholder("dropped", reason=REMOVED_REASON, size=size)
                for size in sizes.values()
            ],
        }
        run(self._connection, _queries["drop_trigger_data"], dropped)
        run(self._connection, _queries["drop_node_payloads"], dropped)
        drop_references(self._connection, _count_references(held))


def bound_notes(connection: Connection) -> None:
    """
    Forget dead processes without executions, and old counts, so that both are bounded.

    Args:
        connection: The writing connection.
    """
    run(connection, _queries["forget_processes"])
    bound_removed(connection)


class TableSizes(NamedTuple):
    """The estimated bytes of the rows of tables, with their indexes."""

    executions: int
    nodes: int
    payloads: int
    search_index: int
    """The search index."""


def measure_tables(connection: Connection) -> TableSizes:
    """
    Estimate the bytes that the rows of each table take, from a sample of its pages.

    Args:
        connection: Any connection.

    Returns:
        The bytes.
    """
    pages = fetch_one(connection, _queries["pages"])
    assert pages is not None, "the statement returns one row"
    sizes = []
    for name, number in zip(_SAMPLED, pages, strict=True):
        share = min(100.0, 100.0 * _SAMPLED_PAGES / max(number, 1))
        row = fetch_one(connection, _queries[f"measure_{name}"], {"share": share})
        sizes.append(int(float((row and row[0]) or 0) * 100.0 / share))
    index = fetch_one(connection, _queries["measure_index"])
    executions, nodes, payloads = sizes
    return TableSizes(executions, nodes, payloads, int((index and index[0]) or 0))


def estimate(
    connection: Connection, stage: Stage, ordinals: Sequence[int], index_share: float = 0.0
) -> int:
    """
    Estimate the bytes that a part of executions takes.

    Args:
        connection: Any connection.
        stage: The part; an execution counts with its other parts.
        ordinals: The executions.
        index_share: The size of the search index by that of the payloads, whose words it holds.

    Returns:
        The bytes.
    """
    bound = {"ordinals": list(ordinals)}
    total = 0.0
    for part in Stage if stage is Stage.EXECUTION else (stage,):
        if part is Stage.PAYLOADS:
            rows = fetch_all(connection, _erase_queries["references"], bound)
            held = _count_references([row[0] for row in rows])
            numbers = {"ids": list(held), "numbers": list(held.values())}
            row = fetch_one(connection, _queries["estimate_payloads"], numbers)
            total += float((row and row[0]) or 0) * (1 + index_share)
        else:
            row = fetch_one(connection, _queries[f"estimate_{part.name.lower()}"], bound)
            total += float((row and row[0]) or 0)
    return int(total)


def _count_references(values: Sequence[bytes]) -> Counter[int]:
    return Counter(
        payload_id for value in values if (payload_id := read_reference(value)) is not None
    )
