"""
Erase executions: a tombstone hides a run at once, and then its rows and payloads are deleted.

Rows are deleted by lightweight deletes: they are no longer read, and their bytes go when the server
merges their parts. `sweep` finishes what was interrupted. A payload that was stored in the last
minutes stays until a later deletion, because another receiver may be about to refer to it.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from flightlog.clock import Clock
from flightlog.record.model import RunKey
from flightlog.record.times import normalize_time
from flightlog.store.clickhouse.connection import Connection
from flightlog.store.clickhouse.keys import note_reused_ids
from flightlog.store.clickhouse.payloads import (
    REFERENCES,
    count_references,
    drop_payloads,
    read_references,
)
from flightlog.store.clickhouse.schema import PLACE_COLUMNS

_ORDINAL_BITS: Final = 6
"""The bits of an ordinal below the microseconds of its time."""
PORTION: Final = 1_000
"""The largest number of executions erased at once."""
GRACE_S: Final = 600
"""A payload stays so long after it was stored, seconds; longer than any insertion takes."""


def first_ordinal(at: float) -> int:
    """
    Compute the first number of arrival of a time.

    Args:
        at: The time, seconds since 1970.

    Returns:
        The number.
    """
    return int(at * 1_000_000) << _ORDINAL_BITS


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
        self._erase_rows(runs)

    def remove(self, runs: Sequence[RunKey]) -> None:
        """
        Erase runs and remember nothing of them, so that late records are stored again.

        Args:
            runs: Stored runs.
        """
        self._erase_rows(runs)
        self._delete("reused_ids", runs)

    def erase_nodes(self, runs: Sequence[RunKey]) -> None:
        """
        Erase the node executions of runs.

        Args:
            runs: Stored runs.
        """
        references = self._list_references(runs)
        self._delete("node_registers", runs)
        self._erase_payloads(references)

    def drop_payloads(self, runs: Sequence[RunKey]) -> None:
        """
        Put placeholders in the place of stored payloads that only these runs hold.

        Args:
            runs: Stored runs.
        """
        held = Counter[str]()
        for numbers in read_references(self._connection, runs).values():
            held += numbers
        counts = count_references(self._connection, held)
        own = [each for each, number in held.items() if counts.get(each, 0) <= number]
        drop_payloads(self._connection, own)

    def sweep(self) -> None:
        """Erase what interrupted deletions have left, and late rows of deleted runs."""
        database = self._connection.database
        for table, _ in REFERENCES:
            self._connection.run(
                f"DELETE FROM {database}.{table} WHERE (execution_id, run_id) IN "
                f"(SELECT execution_id, run_id FROM {database}.deleted_executions)"
            )
        unheld = " AND ".join(
            f"hash NOT IN (SELECT arrayJoin([{', '.join(columns)}]) FROM {database}.{table})"
            for table, columns in REFERENCES
        )
        self._connection.run(
            f"DELETE FROM {database}.payloads WHERE stored_at <= %s AND {unheld}",
            (int(time.time()) - self._grace_s,),
        )

        self._sweep_places()

    def _sweep_places(self) -> None:
        """Erase places of executions that are gone, and add places that two receivers missed."""
        database = self._connection.database
        # A new place precedes its execution.
        before = first_ordinal(time.time() - self._grace_s)
        self._connection.run(
            f"DELETE FROM {database}.places WHERE ordinal < %s AND (execution_id, run_id) NOT IN "
            f"(SELECT execution_id, run_id FROM {database}.execution_registers)",
            (before,),
        )
        missing = self._connection.fetch_all(
            "SELECT assumeNotNull(started_at) AS start, ordinal, started_id, run_key "
            f"FROM {database}.executions WHERE (start, ordinal, started_id, run_key) NOT IN "
            f"(SELECT {', '.join(PLACE_COLUMNS)} FROM {database}.places)"
        )
        self._connection.insert("places", PLACE_COLUMNS, missing)

    def _erase_rows(self, runs: Sequence[RunKey]) -> None:
        references = self._list_references(runs)
        # An interruption leaves an execution without nodes, which is erased with the next attempt.
        self._delete("node_registers", runs)
        self._delete("execution_registers", runs)
        self._erase_payloads(references)

    def _delete(self, table: str, runs: Sequence[RunKey]) -> None:
        self._connection.run(
            f"DELETE FROM {self._connection.database}.{table} WHERE (execution_id, run_id) IN %s",
            ([tuple(run) for run in runs],),
        )

    def _list_references(self, runs: Sequence[RunKey]) -> list[str]:
        held = read_references(self._connection, runs).values()
        return sorted({each for some in held for each in some})

    def _erase_payloads(self, references: Sequence[str]) -> None:
        used = count_references(self._connection, references)
        unused = [each for each in references if each not in used]
        if unused:
            self._connection.run(
                f"DELETE FROM {self._connection.database}.payloads "
                "WHERE hash IN %s AND stored_at <= %s",
                (unused, int(time.time()) - self._grace_s),
            )
