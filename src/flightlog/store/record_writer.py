"""
Write records: one transaction stores everything that waits.

`runs` decides which row a run has, and `merging` joins the records into the rows. `ledger` notes
every message that brought a record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final, NamedTuple, TypeAlias, TypeVar

from flightlog.clock import Clock
from flightlog.record.model import RunKey, WorkflowExecution
from flightlog.record.state import ExecutionState
from flightlog.store.aggregates import Aggregates, find_place
from flightlog.store.merging import Merger
from flightlog.store.outcomes import PORTION_PARTS, Outcome, Tally, count_outcomes, divide
from flightlog.store.results import LogResult
from flightlog.store.row_functions import Row
from flightlog.store.row_store import IndexNotes, LedgerNotes, PayloadStore, RowStore, RunStatements
from flightlog.store.runs import Placement, Runs
from flightlog.store.states import Tombstone
from flightlog.store.tables import EXECUTIONS

CRASHED_AT_ONCE: Final = 500
"""Executions marked in one transaction; the limit lets others write in between."""

Part = TypeVar("Part", WorkflowExecution, ExecutionState)
JoinParts: TypeAlias = Callable[[str, Sequence[Part], Row | None], bool]
"""Joins parts of a run into its row of the id, and returns whether this changed anything shown."""

_ID: Final = EXECUTIONS.find_position("id")


class Crashed(NamedTuple):
    """The work that a dead process left running."""

    executions: int
    """The number of executions that were marked."""
    more: bool
    """Whether more executions or node executions may remain than were marked."""


class Writer:
    """
    Joins records into the database, within transactions that its caller opens.

    Args:
        stored: Reads and writes rows.
        run: Runs the statements that place runs.
        payloads: Stores payloads.
        aggregates: Counts executions and node executions.
        clock: The time of `created_at`.
        ledger: Notes messages.
        index: Notes the executions that must be indexed; None if the store has no search index.

    Attributes:
        changed: The executions that the last `write` or `crash` created or changed.
    """

    def __init__(
        self,
        stored: RowStore,
        run: RunStatements,
        payloads: PayloadStore,
        aggregates: Aggregates,
        clock: Clock,
        *,
        ledger: LedgerNotes,
        index: IndexNotes | None = None,
        portion_parts: int = PORTION_PARTS,
    ) -> None:
        self._stored = stored
        self._payloads = payloads
        self._aggregates = aggregates
        self._index = index
        self._clock = clock
        self._ledger = ledger
        self._portion_parts = portion_parts
        self.changed: list[str] = []
        self._runs = Runs(run)
        self._merger = Merger(stored, payloads, aggregates, clock)

    def write(self, requests: Sequence[Sequence[WorkflowExecution]]) -> list[LogResult]:
        """
        Join the records of several requests.

        Args:
            requests: The records of each request.

        Returns:
            The result of each request. If several requests have records of one execution, the first
            of these requests counts the execution as created or changed.
        """
        self._begin()
        tally = Tally()
        changed: list[str] = []
        # One portion after the other, because the registers of all records of a transaction would
        # be in memory at once.
        for portion in divide(requests, self._portion_parts):
            outcomes = self._join_all(portion.records_by_run, self._merger.join)
            self._ledger.note(portion.received_by_process)
            tally.add(portion, outcomes)
            changed += self.changed
        self.changed = _drop_repeated(changed)
        return tally.make_results(len(requests))

    def write_states(self, states: Sequence[ExecutionState]) -> LogResult:
        """
        Join states of runs, whole or partial.

        Args:
            states: The states.

        Returns:
            The result.
        """
        self._begin()
        states_by_run: dict[RunKey, list[ExecutionState]] = {}
        for state in states:
            states_by_run.setdefault(state.run, []).append(state)
        return count_outcomes(self._join_all(states_by_run, self._merger.join_states))

    def note_deleted(self, tombstones: Sequence[Tombstone]) -> tuple[RunKey, ...]:
        """
        Remember deletions of runs that are not stored.

        Args:
            tombstones: The deletions.

        Returns:
            The runs that are stored, whose deletion is not remembered.
        """
        changed, stored = self._runs.note_deleted(tombstones)
        self._note_changed(changed)
        return stored

    def crash(self, process_id: str) -> Crashed:
        """
        Presume that a process crashed: mark its running executions, and then its node executions.

        Args:
            process_id: The process.

        Returns:
            The marked work, at most `CRASHED_AT_ONCE` executions and as many node executions.
        """
        self._begin()
        rows = self._stored.fetch_running_executions(process_id, CRASHED_AT_ONCE)
        for row in rows:
            self._merger.crash(row)
        self._flush()
        changed = [str(row[_ID]) for row in rows]
        more = len(rows) == CRASHED_AT_ONCE
        if not more:
            nodes = self._stored.fetch_running_nodes_of_process(process_id, CRASHED_AT_ONCE)
            for *node, workflow_id, project_id, started_at in nodes:
                self._merger.crash_node(
                    tuple(node), find_place(workflow_id, project_id, started_at)
                )
                changed.append(str(node[0]))
            self._flush()
            more = len(nodes) == CRASHED_AT_ONCE
        self._note_changed(changed)
        return Crashed(executions=len(rows), more=more)

    def _note_changed(self, execution_ids: list[str]) -> None:
        self.changed = list(dict.fromkeys(execution_ids))
        if self._index is not None:
            self._index.note_changed(self.changed, self._clock().timestamp())

    def _begin(self) -> None:
        self._payloads.begin()
        self._aggregates.begin()
        self._merger.begin()

    def _flush(self) -> None:
        self._merger.flush()
        self._aggregates.flush()

    def _join_all(
        self, parts_by_run: Mapping[RunKey, Sequence[Part]], join: JoinParts[Part]
    ) -> dict[RunKey, Outcome]:
        placement = self._runs.place(parts_by_run)
        row_ids = placement.row_ids
        outcomes = dict(self._join_each(parts_by_run, placement, join))
        changed = [row_ids[key] for key, done in outcomes.items() if done in _NEWS]
        self._flush()
        changed += placement.moved
        changed += self._runs.link(placement)
        starred = [
            row_id
            for key, row_id in row_ids.items()
            if any(part.starred for part in parts_by_run[key])
        ]
        changed += self._stored.add_stars(starred) if starred else []
        self._note_changed(changed)
        return outcomes

    def _join_each(
        self,
        parts_by_run: Mapping[RunKey, Sequence[Part]],
        placement: Placement,
        join: JoinParts[Part],
    ) -> Iterator[tuple[RunKey, Outcome]]:
        row_ids = placement.row_ids
        rows = self._stored.fetch_executions(placement.perhaps_stored)
        known = {row[0]: row for row in rows}
        for key, parts in parts_by_run.items():
            row_id = row_ids.get(key)
            if row_id is None:
                yield key, "deleted"
                continue
            row = known.get(row_id)
            changed = join(row_id, parts, row)
            yield key, "created" if row is None else _CHANGES[changed]


def _drop_repeated(ids: list[str]) -> list[str]:
    if len(ids) <= _ORDERED_IDS:
        return list(dict.fromkeys(ids))
    ids.sort()
    return [execution_id for execution_id, _ in groupby(ids)]


_ORDERED_IDS: Final = 10_000
"""So many changed executions keep their order; the dict of more of them takes much memory."""
_CHANGES: Final[dict[bool, Outcome]] = {True: "changed", False: "unchanged"}
_NEWS: Final[frozenset[Outcome]] = frozenset({"created", "changed"})
