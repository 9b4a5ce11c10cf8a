"""Erase executions: their rows, counts and payloads. Tombstones keep late records away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from flightlog.clock import Clock
from flightlog.record.times import normalize_time
from flightlog.store.postgres.aggregates import Aggregates
from flightlog.store.postgres.payloads import drop_references, read_reference
from flightlog.store.postgres.removed_days import (
    count_removed,
    forget_removed_before,
    forget_removed_workflow,
)
from flightlog.store.postgres.row_store import lock_runs, resolve_address
from flightlog.store.postgres.statements import Connection, fetch_all, load_queries, run

PORTION: Final = 500
"""The largest number of executions erased in one transaction; others write in between."""

_queries: Final = load_queries("erase.sql")


class Eraser:
    """
    Erases executions, within transactions that its caller opens.

    Args:
        connection: The writing connection.
        schema: The schema of the history.
        aggregates: Subtracts the executions from the counts.
        clock: The time of the tombstones.
    """

    def __init__(
        self, connection: Connection, schema: str, aggregates: Aggregates, clock: Clock
    ) -> None:
        self._connection = connection
        self._schema = schema
        self._aggregates = aggregates
        self._clock = clock

    def erase_ids(self, execution_ids: Sequence[str]) -> list[str]:
        """
        Erase executions by their ids.

        Args:
            execution_ids: At most `PORTION` ids or addresses.

        Returns:
            The ids of the executions that existed.
        """
        row_ids = [resolve_address(self._connection, each) for each in execution_ids]
        return self._erase("with_ids", {"ids": row_ids})

    def erase_workflow(self, workflow_id: str, project_id: str | None) -> list[str]:
        """
        Erase some executions of a workflow; the last call forgets what retention has removed of it.

        Args:
            workflow_id: The workflow.
            project_id: The project; None means every project.

        Returns:
            The ids of the erased executions; empty when none is left.
        """
        bound = {"workflow_id": workflow_id, "project_id": project_id, "limit": PORTION}
        erased = self._erase("of_workflow", bound)
        if not erased:
            forget_removed_workflow(self._connection, workflow_id, project_id)
        return erased

    def erase_before(self, started_before: str) -> list[str]:
        """
        Erase some executions that started before a time, have ended and are not starred.

        The last call forgets what retention has removed of earlier days.

        Args:
            started_before: Canonical time.

        Returns:
            The ids of the erased executions; empty when none is left.
        """
        erased = self._erase("started_before", {"before": started_before, "limit": PORTION})
        if not erased:
            forget_removed_before(self._connection, started_before)
        return erased

    def _erase(self, which: str, bound: Mapping[str, Any]) -> list[str]:
        found = fetch_all(self._connection, _queries[which], {**bound, "ordinals": None})
        if not found:
            return []
        lock_runs(self._connection, self._schema, (row[2] for row in found))
        # Another receiver may have changed the executions before they were locked.
        locked = {**bound, "ordinals": [row[0] for row in found]}
        rows = fetch_all(self._connection, _queries[which], locked)
        ordinals = [row[0] for row in rows]
        if not ordinals:
            return []
        now = normalize_time(self._clock().isoformat())
        run(self._connection, _queries["remember"], {"ordinals": ordinals, "now": now})
        self._remove(ordinals)
        return [str(row[1]) for row in rows]

    def erase_outdated(self, ordinals: Sequence[int]) -> None:
        """
        Erase executions because of their age, and count them; their runs are locked.

        Their ids are not remembered: a record that arrives later is erased by the next pruning, and
        tombstones would grow without end.

        Args:
            ordinals: The executions.
        """
        count_removed(self._connection, ordinals)
        self._remove(ordinals)

    def erase_nodes(self, ordinals: Sequence[int]) -> None:
        """
        Erase the node executions of executions because of their age; their runs are locked.

        Args:
            ordinals: The executions.
        """
        bound = {"ordinals": list(ordinals)}
        self._aggregates.begin()
        self._aggregates.subtract_nodes(ordinals)
        references = self._count_references("node_references", bound)
        run(self._connection, _queries["delete_nodes"], bound)
        self._release(references)

    def _remove(self, ordinals: Sequence[int]) -> None:
        bound = {"ordinals": list(ordinals)}
        self._aggregates.begin()
        self._aggregates.subtract(ordinals)
        references = self._count_references("references", bound)
        run(self._connection, _queries["delete"], bound)
        self._release(references)

    def _count_references(self, name: str, bound: Mapping[str, Any]) -> Counter[int]:
        rows = fetch_all(self._connection, _queries[name], bound)
        ids = (read_reference(row[0]) for row in rows)
        return Counter(payload_id for payload_id in ids if payload_id is not None)

    def _release(self, references: Counter[int]) -> None:
        if references:
            drop_references(self._connection, references)
        self._aggregates.flush()
