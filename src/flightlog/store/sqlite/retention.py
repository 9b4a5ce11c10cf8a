"""
Remove old executions from a SQLite file until it is within its limits.

`flightlog.store.pruning` chooses what goes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from typing import Final

import apsw

from flightlog.clock import Clock
from flightlog.store.pruning import Batches, Pruner, Remover, Stage
from flightlog.store.retention import compute_latest_start
from flightlog.store.row_functions import Row
from flightlog.store.space_meter import compute_target
from flightlog.store.sqlite.erase import Eraser
from flightlog.store.sqlite.queries import fetch_all, fetch_one, load_queries
from flightlog.store.sqlite.removed_days import bound_removed, forget_oldest_removed

_BATCHES: Final = Batches(largest=32, took_s=0.003)
LONG_PORTION_S: Final = 0.03
"""The time of a portion if records arrive faster than old ones go, seconds."""
_SPARE_SHARE: Final = 20
_SPARE_BYTES: Final = 16 * 2**20

_queries: Final = load_queries("retention.sql")


def make_pruner(
    connection: apsw.Connection, remover: Remover, clock: Clock, wal_limit_bytes: int
) -> Pruner:
    """
    Make the pruner of a file.

    Args:
        connection: The connection that reads the executions.
        remover: Removes what was chosen.
        clock: The time by which ages are computed.
        wal_limit_bytes: The size that the write-ahead log may have.

    Returns:
        The pruner.
    """
    return Pruner(
        _SqlitePruneReads(connection, clock),
        remover,
        clock,
        batches=_BATCHES,
        compute_target=partial(compute_target, wal_limit_bytes=wal_limit_bytes),
    )


class _SqlitePruneReads:
    """Finds the executions that may go; see `PruneReads`."""

    def __init__(self, connection: apsw.Connection, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock

    def fetch_ended(self, status: str, place: tuple[str, int], number: int) -> list[Row]:
        bound = (status, *place, number, compute_latest_start(self._clock))
        return fetch_all(self._connection, _queries["next_ended"], bound)

    def fetch_crowded_workflows(self, kept: int) -> list[str]:
        rows = fetch_all(self._connection, _queries["crowded_workflows"], (kept,))
        return [row[0] for row in rows]

    def find_newest_kept(self, workflow_id: str, kept: int) -> tuple[str, int] | None:
        bound = (workflow_id, kept - 1, compute_latest_start(self._clock))
        row = fetch_one(self._connection, _queries["newest_kept"], bound)
        return None if row is None else (row[0], row[1])

    def fetch_oldest(
        self, workflow_id: str, before: tuple[str, int], place: tuple[str, int], number: int
    ) -> list[Row]:
        bound = (workflow_id, *before, *place, number, compute_latest_start(self._clock))
        return fetch_all(self._connection, _queries["oldest_of_workflow"], bound)


class PortionRemover:
    """
    Removes portions from one open file; the caller opens the transactions.

    Args:
        connection: The writing connection.
        eraser: Erases executions and their parts.
    """

    def __init__(self, connection: apsw.Connection, eraser: Eraser) -> None:
        self._connection = connection
        self._eraser = eraser

    def used_bytes(self) -> int:
        """Measure the history; see `Remover.used_bytes`."""
        pages, free, page_bytes = _measure(self._connection)
        return (pages - free) * page_bytes

    def remove(self, stage: Stage, ordinals: Sequence[int]) -> int:
        """Remove a part of executions; see `Remover.remove`."""
        if stage is Stage.PAYLOADS:
            self._eraser.erase_payloads(ordinals)
        elif stage is Stage.NODES:
            self._eraser.erase_nodes(ordinals)
        else:
            self._eraser.erase_outdated(ordinals)
        return len(ordinals)

    def forget_removed(self) -> bool:
        """Forget the oldest counts of removed executions; see `Remover.forget_removed`."""
        return forget_oldest_removed(self._connection)

    def bound_notes(self) -> None:
        """Forget dead processes without executions, and old counts, so that both are bounded."""
        self._connection.execute(_queries["forget_processes"])
        bound_removed(self._connection)

    def shrink(self, target_bytes: int | None) -> bool:
        """
        Return some free pages to the file system; call this between transactions.

        A few free pages stay, because new executions need them.

        Args:
            target_bytes: The size that the file should have; None for no size.

        Returns:
            Whether more pages should be returned.
        """
        pages, free, page_bytes = _measure(self._connection)
        spare = max(pages // _SPARE_SHARE, _SPARE_BYTES // page_bytes)
        is_over = target_bytes is not None and pages * page_bytes > target_bytes
        wanted = free if is_over else free - spare
        if wanted <= 0 or not self._connection.pragma("auto_vacuum"):
            return False
        returned = self._eraser.shrink(wanted)
        return 0 < returned < wanted


class EstimatingRemover:
    """
    Removes nothing, and estimates what removing would free, for `flightlog prune --dry-run`.

    Args:
        connection: Any connection, within a transaction.
    """

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        pages, free, page_bytes = _measure(connection)
        self._used_bytes = (pages - free) * page_bytes
        self._erased: set[int] = set()

    def used_bytes(self) -> int:
        """Return the size that the history would have; see `Remover.used_bytes`."""
        return self._used_bytes

    def remove(self, stage: Stage, ordinals: Sequence[int]) -> int:
        """Subtract what a part of executions takes; see `Remover.remove`."""
        left = [ordinal for ordinal in ordinals if ordinal not in self._erased]
        if stage is Stage.EXECUTION:
            self._erased.update(left)
        parts = Stage if stage is Stage.EXECUTION else (stage,)
        for part in parts:
            name = f"estimate_{part.name.lower()}"
            row = fetch_one(self._connection, _queries[name], (json.dumps(left),))
            self._used_bytes -= (row and row[0]) or 0
        return len(left)

    def forget_removed(self) -> bool:
        """Forget nothing, because the counts take little; see `Remover.forget_removed`."""
        return False


def _measure(connection: apsw.Connection) -> tuple[int, int, int]:
    names = ("page_count", "freelist_count", "page_size")
    pages, free, page_bytes = (int(connection.pragma(name)) for name in names)
    return pages, free, page_bytes
