"""
Writing: one transaction for everything that waits.

An execution that is new, and told of by one record, goes straight into rows. Any other is joined
into what is stored (`joining`). The ledger notes every message that brought a record.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final, Literal

import apsw

from flightlog.clock import Clock
from flightlog.merge import is_crash
from flightlog.model import WorkflowExecution
from flightlog.store.base import LogResult
from flightlog.store.sqlite.aggregates import Aggregates, place
from flightlog.store.sqlite.columns import EXECUTION_COLUMNS
from flightlog.store.sqlite.compression import Codec
from flightlog.store.sqlite.joining import Joiner, counted_of_node
from flightlog.store.sqlite.ledger import LedgerWriter
from flightlog.store.sqlite.payloads import PayloadWriter
from flightlog.store.sqlite.queries import fetch_all, load_queries
from flightlog.store.sqlite.rows import new_execution_row, new_node_row
from flightlog.store.sqlite.stars import add_stars
from flightlog.store.sqlite.waiting import ROWS_AT_ONCE, WaitingRows

CRASHED_AT_ONCE: Final = 500
"""Executions of a dead process marked in one transaction, so that others can write in between."""

Outcome = Literal["created", "changed", "unchanged", "deleted"]

_queries: Final = load_queries("writer.sql")
_SELECT_EXECUTIONS: Final = (
    f"SELECT {', '.join(EXECUTION_COLUMNS)} FROM executions "
    "WHERE id IN (SELECT value FROM json_each(?))"
)
RUNNING_OF_PROCESS: Final = (
    f"SELECT {', '.join(EXECUTION_COLUMNS)} FROM executions "
    f"WHERE process_id = ? AND status = 'running' LIMIT {CRASHED_AT_ONCE}"
)
"""The statement that finds what a dead process ran."""
_EXECUTION_ID: Final = EXECUTION_COLUMNS.index("id")
_EXECUTION_DURATION: Final = EXECUTION_COLUMNS.index("duration_ms")


class Writer:
    """
    Joins records into the database, within transactions that its caller opens.

    Args:
        connection: The writing connection.
        codec: Compresses payloads.
        payloads: Stores payloads.
        aggregates: Counts.
        clock: For `created_at`, and for when a process was heard of.

    Attributes:
        ledger: Notes messages.
        changed: The executions that the last `write` or `crash` created or changed.
    """

    def __init__(
        self,
        connection: apsw.Connection,
        codec: Codec,
        payloads: PayloadWriter,
        aggregates: Aggregates,
        clock: Clock,
    ) -> None:
        self._connection = connection
        self._payloads = payloads
        self._aggregates = aggregates
        self.ledger = LedgerWriter(connection, clock)
        self.changed: list[str] = []
        self._waiting = WaitingRows(connection, payloads, clock)
        self._joiner = Joiner(connection, codec, payloads, aggregates, self._waiting)

    def write(self, requests: Sequence[Sequence[WorkflowExecution]]) -> list[LogResult]:
        """
        Join the records of several requests.

        Args:
            requests: Each one's records.

        Returns:
            What became of each request's executions. An execution that several requests tell of is
            new, or changed, in the first of them.
        """
        self._begin()
        records_of: dict[str, list[WorkflowExecution]] = {}
        numbers_of: dict[str, list[int]] = {}
        for records in requests:
            for record in records:
                records_of.setdefault(record.id, []).append(record)
                if record.message is not None:
                    numbers = numbers_of.setdefault(record.message.process_id, [])
                    numbers.append(record.message.number)
        outcomes = dict(self._join_all(records_of))
        self.changed = [one for one, outcome in outcomes.items() if outcome in _NEWS]
        self._flush()
        self._star(records_of)
        self.ledger.note(numbers_of)
        return [_result(records, outcomes) for records in requests]

    def _star(self, records_of: dict[str, list[WorkflowExecution]]) -> None:
        starred = [one for one, records in records_of.items() if any(r.starred for r in records)]
        if starred:
            news = add_stars(self._connection, starred)
            self.changed = list(dict.fromkeys((*self.changed, *news)))

    def crash(self, process_id: str) -> int:
        """
        Presume that a process's running executions have crashed.

        Returns:
            How many: fewer than `CRASHED_AT_ONCE` when there are no more.
        """
        self._begin()
        rows = fetch_all(self._connection, RUNNING_OF_PROCESS, (process_id,))
        for row in rows:
            self._joiner.crash(row)
        self._flush()
        self.changed = [str(row[_EXECUTION_ID]) for row in rows]
        return len(rows)

    def _begin(self) -> None:
        self._payloads.begin()
        self._aggregates.begin()
        self._waiting.begin()

    def _flush(self) -> None:
        self._waiting.flush()
        self._aggregates.flush()

    def _join_all(
        self, records_of: dict[str, list[WorkflowExecution]]
    ) -> Iterator[tuple[str, Outcome]]:
        ids = json.dumps(list(records_of))
        deleted = {row[0] for row in self._connection.execute(_queries["deleted_among"], (ids,))}
        known = {row[0]: row for row in fetch_all(self._connection, _SELECT_EXECUTIONS, (ids,))}
        for execution_id, records in records_of.items():
            row = known.get(execution_id)
            if execution_id in deleted:
                yield execution_id, "deleted"
            elif row is None and len(records) == 1 and _is_plain(records[0]):
                self._insert(records[0])
                yield execution_id, "created"
            else:
                changed = self._joiner.join(records, row)
                yield execution_id, "created" if row is None else _CHANGES[changed]

    def _insert(self, record: WorkflowExecution) -> None:
        store = self._payloads.store
        row = new_execution_row(record, store)
        self._waiting.new_executions.append(row)
        where = place(record.workflow_id, record.project_id, record.started_at)
        self._aggregates.count_execution(where, record.status, row[_EXECUTION_DURATION])
        nodes = iter(record.node_executions)
        while rows := [new_node_row(record, node, store) for node in islice(nodes, ROWS_AT_ONCE)]:
            self._waiting.new_nodes += rows
            self._aggregates.count_nodes(where, map(counted_of_node, rows))
            if len(self._waiting.new_nodes) >= ROWS_AT_ONCE:
                self._waiting.flush()


_CHANGES: Final[dict[bool, Outcome]] = {True: "changed", False: "unchanged"}
_NEWS: Final[frozenset[Outcome]] = frozenset({"created", "changed"})


def _is_plain(record: WorkflowExecution) -> bool:
    # What a row shows is what the record says, unless two of its nodes are one, or it is a crash.
    nodes = record.node_executions
    return len({(node.sequence, node.node_id) for node in nodes}) == len(nodes) and not is_crash(
        record.status, record.error
    )


def _result(records: Sequence[WorkflowExecution], outcomes: dict[str, Outcome]) -> LogResult:
    counts: dict[Outcome, int] = {"created": 0, "changed": 0, "unchanged": 0}
    deleted = []
    for execution_id in dict.fromkeys(record.id for record in records):
        outcome = outcomes[execution_id]
        if outcome == "deleted":
            deleted.append(execution_id)
        else:
            counts[outcome] += 1
            outcomes[execution_id] = "unchanged"
    return LogResult(
        created=counts["created"],
        changed=counts["changed"],
        unchanged=counts["unchanged"],
        deleted=tuple(deleted),
    )
