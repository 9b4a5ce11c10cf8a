"""
Erasing executions for good: their rows, their counts, their payloads, their place in the file.

`secure_delete` overwrites what is deleted, and the free pages go back to the file system. That the
write-ahead log, which may hold what was, is emptied too is up to the caller.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

import apsw

from flightlog.clock import Clock
from flightlog.record.model import canonical_time
from flightlog.store.sqlite.aggregates import Aggregates
from flightlog.store.sqlite.payloads import PayloadWriter
from flightlog.store.sqlite.queries import fetch_all, load_queries
from flightlog.store.sqlite.runs import resolve_address

CHUNK_EXECUTIONS: Final = 500
"""Executions erased in one transaction, so that others can write in between."""
_VACUUM_PAGES: Final = 5_000

_queries: Final = load_queries("erase.sql")


class Eraser:
    """
    Erases executions; `erase_one` and `erase_chunk` run within a transaction of their caller's.

    Args:
        connection: The writing connection.
        payloads: Sweeps what nothing refers to any more.
        aggregates: Counts off.
        clock: For the tombstones.
    """

    def __init__(
        self,
        connection: apsw.Connection,
        payloads: PayloadWriter,
        aggregates: Aggregates,
        clock: Clock,
    ) -> None:
        self._connection = connection
        self._payloads = payloads
        self._aggregates = aggregates
        self._clock = clock

    def erase_one(self, execution_id: str) -> bool:
        """Erase an execution; False when there is none."""
        return bool(self._erase(_queries["with_id"], (execution_id,)))

    def erase_these(self, execution_ids: Sequence[str]) -> list[str]:
        """Erase up to `CHUNK_EXECUTIONS` by their ids; returns those that were there."""
        row_ids = [resolve_address(self._connection, each) for each in execution_ids]
        return self._erase(_queries["with_ids"], (json.dumps(row_ids),))

    def erase_chunk(self, workflow_id: str, project_id: str | None) -> list[str]:
        """Erase up to `CHUNK_EXECUTIONS` of a workflow; returns their ids."""
        return self._erase(_queries["of_workflow"], (workflow_id, project_id, CHUNK_EXECUTIONS))

    def erase_chunk_before(self, started_before: str) -> list[str]:
        """Erase up to `CHUNK_EXECUTIONS` that started before then and ended; returns their ids."""
        return self._erase(_queries["started_before"], (started_before, CHUNK_EXECUTIONS))

    def _erase(self, which: str, bound: tuple[str | int | None, ...]) -> list[str]:
        rows = fetch_all(self._connection, which, bound)
        if not rows:
            return []
        chosen = json.dumps([ordinal for ordinal, _ in rows])
        now = canonical_time(self._clock().isoformat())
        self._connection.execute(_queries["remember_deleted"], (chosen, now))
        self._aggregates.subtract(chosen)
        self._connection.execute(_queries["erase"], (chosen,))
        self._payloads.sweep()
        return [str(execution_id) for _, execution_id in rows]

    def shrink(self) -> bool:
        """
        Give some free pages back to the file system; between transactions.

        Returns:
            Whether there are more.
        """
        self._connection.execute(f"PRAGMA incremental_vacuum({_VACUUM_PAGES})").fetchall()
        return bool(self._connection.pragma("freelist_count")) and bool(
            self._connection.pragma("auto_vacuum")
        )
