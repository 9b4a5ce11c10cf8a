"""
Erase executions: a tombstone hides a run at once, and then its rows and payloads are deleted.

Rows are deleted by lightweight deletes: they are no longer read, and their bytes go when the server
merges their parts. A payload that was stored in the last minutes stays until a later deletion,
because another receiver may be about to refer to it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any, Final

from flightlog.clock import Clock
from flightlog.record.fields import EXECUTION_FIELDS, NODE_FIELDS
from flightlog.record.model import RunKey
from flightlog.record.times import normalize_time
from flightlog.store.clickhouse.connection import Connection
from flightlog.store.clickhouse.keys import note_reused_ids
from flightlog.store.clickhouse.payloads import read_reference

PORTION: Final = 1_000
"""The largest number of executions erased at once."""
GRACE_S: Final = 600
"""A payload stays so long after it was stored, seconds; longer than any insertion takes."""

_TABLES: Final = (
    ("execution_registers", EXECUTION_FIELDS.list_kind("payload")),
    ("node_registers", NODE_FIELDS.list_kind("payload")),
)


class Eraser:
    """
    Erases executions.

    Args:
        connection: The connection.
        clock: The time of the tombstones.
        grace_s: How long a new payload stays, seconds.
    """

    def __init__(self, connection: Connection, clock: Clock, grace_s: int = GRACE_S) -> None:
        self._connection = connection
        self._clock = clock
        self._grace_s = grace_s

    def find_workflow(self, workflow_id: str, project_id: str | None) -> list[RunKey]:
        """
        Find some executions of a workflow.

        Args:
            workflow_id: The workflow.
            project_id: The project; None means every project.

        Returns:
            At most `PORTION` runs, the oldest first.
        """
        return self._find(
            "workflow_id = %(workflow)s AND (%(project)s IS NULL OR project_id = %(project)s)",
            {"workflow": workflow_id, "project": project_id},
        )

    def find_before(self, started_before: str) -> list[RunKey]:
        """
        Find some executions that started before a time, have ended and are not starred.

        Args:
            started_before: Canonical time.

        Returns:
            At most `PORTION` runs, the oldest first.
        """
        return self._find(
            "status IN ('success', 'error') AND started_at < %(before)s AND starred = 0",
            {"before": started_before},
        )

    def _find(self, condition: str, bound: dict[str, Any]) -> list[RunKey]:
        rows = self._connection.fetch_all(
            f"SELECT started_id, run_key FROM executions WHERE {condition} "
            "ORDER BY started_at, ordinal LIMIT %(limit)s",
            {**bound, "limit": PORTION},
        )
        return [RunKey(*row) for row in rows]

    def erase(self, runs: Sequence[RunKey]) -> None:
        """
        Erase runs.

        Args:
            runs: Stored runs.
        """
        if not runs:
            return
        now = normalize_time(self._clock().isoformat())
        self._connection.insert(
            "deleted_executions",
            ("execution_id", "run_id", "deleted_at"),
            [(*run, now) for run in runs],
        )
        note_reused_ids(self._connection, {run.execution_id for run in runs})
        keys = [tuple(run) for run in runs]
        references = set(self._list_references("(execution_id, run_id) IN %s", (keys,)))
        for table, _ in _TABLES:
            self._connection.run(
                f"DELETE FROM {self._connection.database}.{table} "
                "WHERE (execution_id, run_id) IN %s",
                (keys,),
            )
        self._erase_payloads(sorted(references))

    def _list_references(self, condition: str, bound: tuple[Any, ...]) -> Iterable[str]:
        for table, payloads in _TABLES:
            columns = ", ".join(f"{name}_r.5" for name in payloads)
            for (content,) in self._connection.fetch_all(
                f"SELECT DISTINCT arrayJoin([{columns}]) FROM {table} WHERE {condition}", bound
            ):
                if read_reference(content) is not None:
                    yield content

    def _erase_payloads(self, references: Sequence[str]) -> None:
        if not references:
            return
        columns = [(table, f"{name}_r.5") for table, names in _TABLES for name in names]
        used: set[str] = set()
        for table, column in columns:
            used.update(
                row[0]
                for row in self._connection.fetch_all(
                    f"SELECT DISTINCT {column} FROM {table} WHERE {column} IN %s", (references,)
                )
            )
        unused = [each for each in references if each not in used]
        if unused:
            self._connection.run(
                f"DELETE FROM {self._connection.database}.payloads "
                "WHERE hash IN %s AND stored_at <= %s",
                (unused, int(time.time()) - self._grace_s),
            )
