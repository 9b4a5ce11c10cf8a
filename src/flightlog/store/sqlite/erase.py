"""
Erase executions for good: their rows, counts and payloads, and their space in the file.

`secure_delete` overwrites deleted content, and free pages return to the file system. The
write-ahead log may still hold the content, so the caller must empty the log.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

import apsw

from flightlog.clock import Clock
from flightlog.record.placeholders import write_placeholder
from flightlog.record.times import normalize_time
from flightlog.store.retention import REMOVED_REASON
from flightlog.store.sqlite.aggregates import Aggregates
from flightlog.store.sqlite.indexing import IndexWriter
from flightlog.store.sqlite.payloads import PayloadWriter
from flightlog.store.sqlite.queries import fetch_all, load_queries
from flightlog.store.sqlite.removed_days import (
    count_removed,
    forget_removed_before,
    forget_removed_workflow,
)
from flightlog.store.sqlite.row_store import resolve_address
from flightlog.store.throttling import PortionSizer

LARGEST_PORTION: Final = 500
"""The largest number of executions erased in one transaction; others write in between."""
FIRST_PORTION: Final = 16
_FIRST_PAGES: Final = 100
_MOST_PAGES: Final = 5_000

_queries: Final = load_queries("erase.sql")


class Eraser:
    """
    Erases executions. The caller opens the transaction for every method except `shrink`.

    Args:
        connection: The writing connection.
        payloads: Sweeps payloads without references.
        aggregates: Subtracts the executions from the counts.
        index: Deletes the executions' entries.
        clock: The time of the tombstones.
    """

    def __init__(
        self,
        connection: apsw.Connection,
        payloads: PayloadWriter,
        aggregates: Aggregates,
        index: IndexWriter,
        clock: Clock,
    ) -> None:
        self._connection = connection
        self._payloads = payloads
        self._aggregates = aggregates
        self._index = index
        self._clock = clock
        self._sizer = PortionSizer(_FIRST_PAGES, _MOST_PAGES)
        connection.create_scalar_function("dropped_payload", _drop, 1, deterministic=True)

    def erase_execution(self, execution_id: str) -> bool:
        """
        Erase an execution.

        Args:
            execution_id: The execution's id, or the address of a run.

        Returns:
            False when there is no such execution.
        """
        return bool(self._erase(_queries["with_id"], (execution_id,)))

    def erase_executions(self, execution_ids: Sequence[str]) -> list[str]:
        """
        Erase executions by their ids.

        Args:
            execution_ids: At most `LARGEST_PORTION` ids or addresses.

        Returns:
            The ids of the executions that existed.
        """
        row_ids = [resolve_address(self._connection, each) for each in execution_ids]
        return self._erase(_queries["with_ids"], (json.dumps(row_ids),))

    def erase_chunk(self, workflow_id: str, project_id: str | None, number: int) -> list[str]:
        """
        Erase some executions of a workflow; the last call forgets what retention has removed of it.

        Args:
            workflow_id: The workflow.
            project_id: The project; None means every project.
            number: The most executions to erase.

        Returns:
            The ids of the erased executions.
        """
        erased = self._erase(_queries["ids_of_workflow"], (workflow_id, project_id, number))
        if not erased:
            forget_removed_workflow(self._connection, workflow_id, project_id)
        return erased

    def erase_chunk_before(self, started_before: str, number: int) -> list[str]:
        """
        Erase some executions that started before a time.

        Only executions that have ended and are not starred are erased. The last call forgets what
        retention has removed of earlier days.

        Args:
            started_before: Canonical time.
            number: The most executions to erase.

        Returns:
            The ids of the erased executions.
        """
        erased = self._erase(_queries["ids_started_before"], (started_before, number))
        if not erased:
            forget_removed_before(self._connection, started_before)
        return erased

    def _erase(self, which: str, bound: tuple[str | int | None, ...]) -> list[str]:
        rows = fetch_all(self._connection, which, bound)
        if not rows:
            return []
        chosen = json.dumps([ordinal for ordinal, _ in rows])
        now = normalize_time(self._clock().isoformat())
        self._connection.execute(_queries["remember_deleted"], (chosen, now))
        self._remove(chosen)
        return [str(execution_id) for _, execution_id in rows]

    def erase_outdated(self, ordinals: Sequence[int]) -> None:
        """
        Erase executions because of their age: count them, and don't remember their ids.

        A record that arrives later is erased by the next pruning, and tombstones would grow
        without end.

        Args:
            ordinals: The executions.
        """
        chosen = json.dumps(ordinals)
        count_removed(self._connection, chosen)
        self._remove(chosen)

    def erase_nodes(self, ordinals: Sequence[int]) -> None:
        """
        Erase the node executions of executions because of their age.

        Args:
            ordinals: The executions.
        """
        chosen = json.dumps(ordinals)
        self._aggregates.subtract_nodes(chosen)
        self._connection.execute(_queries["delete_nodes"], (chosen,))
        self._payloads.sweep()
        self._index.forget(chosen, are_stale=True)

    def erase_payloads(self, ordinals: Sequence[int]) -> None:
        """
        Put placeholders in the place of the payloads of executions because of their age.

        Payloads so small that their rows hold them stay.

        Args:
            ordinals: The executions.
        """
        chosen = json.dumps(ordinals)
        references = Counter(
            row[0] for row in fetch_all(self._connection, _queries["references"], (chosen,))
        )
        self._connection.execute(_queries["drop_trigger_data"], (chosen,))
        self._connection.execute(_queries["drop_node_payloads"], (chosen,))
        self._connection.executemany(
            _queries["release"], [(number, payload_id) for payload_id, number in references.items()]
        )
        self._payloads.sweep()
        self._index.forget(chosen, are_stale=True)

    def _remove(self, ordinals: str) -> None:
        self._aggregates.subtract(ordinals)
        self._connection.execute(_queries["erase"], (ordinals,))
        self._payloads.sweep()
        self._index.forget(ordinals)

    def shrink(self, most_pages: int | None = None) -> int:
        """
        Return some free pages to the file system; call this between transactions.

        Args:
            most_pages: The most pages to return; None for no limit.

        Returns:
            The number of pages that were returned. It is bounded, so that others can write.
        """
        pages = self._sizer.size if most_pages is None else min(self._sizer.size, most_pages)
        free = int(self._connection.pragma("freelist_count"))
        if not free:
            return 0
        self._sizer.begin()
        self._connection.execute(f"PRAGMA incremental_vacuum({pages})").fetchall()
        returned = free - int(self._connection.pragma("freelist_count"))
        self._sizer.end(returned)
        return returned


def _drop(*arguments: Any) -> str:
    return write_placeholder("dropped", reason=REMOVED_REASON, size=arguments[0]).decode()
