"""
Erase executions for good: their rows, counts and payloads, and their space in the file.

`secure_delete` overwrites deleted content, and free pages return to the file system. The
write-ahead log may still hold the content, so the caller must empty the log.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

import apsw

from flightlog.clock import Clock
from flightlog.record.times import canonical_time
from flightlog.store.sqlite.aggregates import Aggregates
from flightlog.store.sqlite.payloads import PayloadWriter
from flightlog.store.sqlite.queries import fetch_all, load_queries
from flightlog.store.sqlite.runs import resolve_address

CHUNK_EXECUTIONS: Final = 500
"""
The number of executions erased in one transaction; the limit lets other processes write in between.
"""
_VACUUM_PAGES: Final = 5_000

_queries: Final = load_queries("erase.sql")


class Eraser:
    """
    Erases executions. The caller opens the transaction for every method except `shrink`.

    Args:
        connection: The writing connection.
        payloads: Sweeps payloads without references.
        aggregates: Subtracts the executions from the counts.
        clock: The time of the tombstones.
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
        """
        Erase an execution.

        Args:
            execution_id: The execution's id, or the address of a run.

        Returns:
            False when there is no such execution.
        """
        return bool(self._erase(_queries["with_id"], (execution_id,)))

    def erase_these(self, execution_ids: Sequence[str]) -> list[str]:
        """
        Erase executions by their ids.

        Args:
            execution_ids: At most `CHUNK_EXECUTIONS` ids or addresses.

        Returns:
            The ids of the executions that existed.
        """
        row_ids = [resolve_address(self._connection, each) for each in execution_ids]
        return self._erase(_queries["with_ids"], (json.dumps(row_ids),))

    def erase_chunk(self, workflow_id: str, project_id: str | None) -> list[str]:
        """
        Erase up to `CHUNK_EXECUTIONS` executions of a workflow.

        Args:
            workflow_id: The workflow.
            project_id: The project; None means every project.

        Returns:
            The ids of the erased executions.
        """
        return self._erase(_queries["of_workflow"], (workflow_id, project_id, CHUNK_EXECUTIONS))

    def erase_chunk_before(self, started_before: str) -> list[str]:
        """
        Erase up to `CHUNK_EXECUTIONS` executions that started before a time.

        Only executions that have ended and are not starred are erased.

        Args:
            started_before: Canonical time.

        Returns:
            The ids of the erased executions.
        """
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
        Return some free pages to the file system; call this between transactions.

        Returns:
            Whether more free pages remain.
        """
        self._connection.execute(f"PRAGMA incremental_vacuum({_VACUUM_PAGES})").fetchall()
        return bool(self._connection.pragma("freelist_count")) and bool(
            self._connection.pragma("auto_vacuum")
        )
