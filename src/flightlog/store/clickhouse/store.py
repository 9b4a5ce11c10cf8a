"""
`ClickHouseStore`: the `ExecutionStore` that writes to a ClickHouse database.

Several receivers may use one database: insertions need no lock, because the server joins registers.
Capabilities that this store lacks raise `StoreCapabilityError`, and `MISSING` names them.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Final

from msgspec.structs import astuple

from flightlog.clock import Clock, utc_now
from flightlog.errors import InvalidQueryError
from flightlog.record.model import RunKey, WorkflowExecution
from flightlog.record.state import ExecutionState
from flightlog.store.clickhouse.erase import PORTION, Eraser
from flightlog.store.clickhouse.keys import find_started_id, read_runs
from flightlog.store.clickhouse.ledger import find_process
from flightlog.store.clickhouse.reader import ClickHouseReads
from flightlog.store.clickhouse.reading import ClickHouseReader
from flightlog.store.clickhouse.retention import (
    BATCHES,
    ClickHousePruneReads,
    EstimatingRemover,
    PortionRemover,
    forget_removed_before,
    forget_removed_workflow,
)
from flightlog.store.clickhouse.schema import exists, prepare, read_version
from flightlog.store.clickhouse.settings import ClickHouseSettings
from flightlog.store.clickhouse.writing import BatchWriter
from flightlog.store.commit import GroupCommit
from flightlog.store.ledger import check_process, find_sign_of_life
from flightlog.store.pruning import Pruner
from flightlog.store.removed_days import RemovedDay
from flightlog.store.results import IndexContent, Indexed, LogResult, Repair
from flightlog.store.retention import Pruned, RetentionLimits
from flightlog.store.saved_queries import MAX_SAVED, check_saved_query
from flightlog.store.states import ProcessNumbers, Tombstone

_MOST_UNSURE: Final = 500
"""The executions of a failed batch that are announced with the next one."""


class ClickHouseStore(ClickHouseReader):
    """
    Keeps executions in a ClickHouse database; see `ExecutionStore` for each method.

    Args:
        url: The address, e.g. `clickhouse://flightlog@db.example.com/history`.
        settings: How the database is used.
        clock: The time of the events that the store itself notes.

    Raises:
        StoreDisconnectedError: The server can't be reached.
        StoreUnavailableError: The address, the server or the user can't be used.
        StoreVersionError: A newer Flightlog made the tables; they are unchanged.
    """

    def __init__(
        self, url: str, settings: ClickHouseSettings | None = None, *, clock: Clock = utc_now
    ) -> None:
        super().__init__(url, settings, clock)
        try:
            with self._translated():
                prepare(self._connection, is_synced=self._settings.is_synced)
                self._connection.use_database()
                found = read_version(self._connection)
        except BaseException:
            self.close()
            raise
        self._check_version(found)
        self._lock = threading.Lock()
        self._writer = BatchWriter(self._connection, clock)
        self._eraser = Eraser(self._connection, clock)
        self._remover = PortionRemover(self._connection, self._eraser)
        self._pruner = Pruner(
            ClickHousePruneReads(self._connection, clock), self._remover, clock, batches=BATCHES
        )
        self._commits = GroupCommit(self._merge, self._lock)
        self._unsure: set[str] = set()

    def _publish(self, changed: Sequence[str]) -> None:
        if changed:
            self._poller.announce(changed)
            self._changes.publish(changed)

    def merge(self, records: Sequence[WorkflowExecution]) -> LogResult:
        """Join records into what is stored; see `ExecutionWriter.merge`."""
        return self._commits.run(records) if records else LogResult()

    def merge_each(
        self, requests: Sequence[Sequence[WorkflowExecution]]
    ) -> list[LogResult | Exception]:
        """Join the records of several requests; see `ExecutionWriter.merge_each`."""
        return self._commits.run_each(requests)

    def _merge(self, requests: Sequence[Sequence[WorkflowExecution]]) -> list[LogResult]:
        with self._reading():
            try:
                results = self._writer.write(requests)
            except Exception:
                # Some of the records may be stored, and repeated records change nothing.
                self._unsure.update(islice(_list_ids(requests), _MOST_UNSURE))
                raise
            self._publish([*{*self._unsure, *self._writer.changed}])
            self._unsure.clear()
        return results

    def merge_states(self, states: Sequence[ExecutionState]) -> LogResult:
        """Join states of another store; see `ExecutionWriter.merge_states`."""
        with self._lock, self._reading():
            result = self._writer.write_states(states)
            self._publish(self._writer.changed)
        return result

    def merge_tombstones(self, tombstones: Sequence[Tombstone]) -> tuple[RunKey, ...]:
        """Remember deletions; see `ExecutionWriter.merge_tombstones`."""
        with self._lock, self._reading():
            stored = self._writer.note_deleted(tombstones)
            self._publish(self._writer.changed)
        return stored

    def merge_process_numbers(self, processes: Sequence[ProcessNumbers]) -> None:
        """Join the ledgers of processes; see `ExecutionWriter.merge_process_numbers`."""
        with self._lock, self._reading():
            self._writer.ledger.join(processes)

    def merge_removed_days(self, days: Sequence[RemovedDay]) -> None:
        """Join counts of removed executions; see `ExecutionWriter.merge_removed_days`."""
        with self._lock, self._reading() as connection:
            rows = [astuple(day) for day in days]
            connection.insert("removed_days", RemovedDay.__struct_fields__, rows)

    def note_sent(self, process_id: str, last_number: int, *, is_alive: bool = False) -> None:
        """Note the number of a process's newest message; see `ExecutionWriter.note_sent`."""
        check_process(process_id, last_number)
        with self._lock, self._reading() as connection:
            known = find_process(connection, process_id)
            seen = find_sign_of_life(known, last_number, self._clock(), is_alive=is_alive)
            if seen is not None:
                self._writer.ledger.note_sent(process_id, last_number, seen)

    def mark_crashed(self, process_id: str) -> int:
        """Presume that a process crashed; see `ExecutionWriter.mark_crashed`."""
        total = 0
        while True:
            with self._lock, self._reading():
                crashed = self._writer.crash(process_id)
                self._publish(self._writer.changed)
            total += crashed.executions
            if not crashed.more:
                return total

    def set_star(self, execution_id: str, *, starred: bool) -> bool:
        """Star an execution, or remove the star; see `ExecutionWriter.set_star`."""
        with self._lock, self._reading() as connection:
            row_id = ClickHouseReads(connection, self._location).resolve_address(execution_id)
            (run,) = self._find_runs([row_id]) or (None,)
            if run is None:
                return False
            if self._writer.set_star(run, starred=starred):
                self._publish([row_id])
            return True

    def _find_runs(self, ids: Sequence[str]) -> list[RunKey]:
        names = {row_id: find_started_id(row_id) for row_id in ids}
        known = read_runs(self._connection, names.values())
        found = (known.find_run(row_id) for row_id in names)
        return [run for run in dict.fromkeys(found) if run is not None]

    def save_query(self, name: str, query: str) -> None:
        """Save a query under a name; see `ExecutionWriter.save_query`."""
        check_saved_query(name, query)
        with self._lock:
            others = sum(saved.name != name for saved in self.list_saved_queries())
            if others >= MAX_SAVED:
                raise InvalidQueryError(
                    "name",
                    f"would be saved query number {others + 1:,}",
                    hint=f"A history keeps {MAX_SAVED:,} of them; delete one first.",
                )
            self._insert_query(name, query, is_deleted=False)

    def delete_saved_query(self, name: str) -> bool:
        """Delete a saved query; see `ExecutionWriter.delete_saved_query`."""
        with self._lock:
            if name not in {saved.name for saved in self.list_saved_queries()}:
                return False
            self._insert_query(name, "", is_deleted=True)
            return True

    def _insert_query(self, name: str, query: str, *, is_deleted: bool) -> None:
        columns = ("name", "query", "is_deleted", "saved_at")
        with self._reading() as connection:
            row = (name, query, int(is_deleted), time.time_ns())
            connection.insert("saved_queries", columns, [row])

    def delete(self, execution_id: str) -> bool:
        """Erase one execution; see `ExecutionWriter.delete`."""
        return self.delete_many([execution_id]) > 0

    def delete_many(self, execution_ids: Sequence[str]) -> int:
        """Erase executions; see `ExecutionWriter.delete_many`."""
        total = 0
        for start in range(0, len(execution_ids), PORTION):
            with self._lock, self._reading() as connection:
                reads = ClickHouseReads(connection, self._location)
                chosen = execution_ids[start : start + PORTION]
                ids = [reads.resolve_address(each) for each in chosen]
                total += self._erase(self._find_runs(ids))
        return total

    def _erase(self, runs: Sequence[RunKey]) -> int:
        known = read_runs(self._connection, (run.execution_id for run in runs))
        self._eraser.erase(runs)
        self._publish([known.find_row_id(run) for run in runs])
        return len(runs)

    def clear(
        self,
        workflow_id: str,
        project_id: str | None = None,
        on_progress: Callable[[int], None] | None = None,
    ) -> int:
        """Erase a workflow's executions; see `ExecutionWriter.clear`."""
        with self._lock, self._reading() as connection:
            forget_removed_workflow(connection, workflow_id, project_id)
        return self._clear(lambda: self._eraser.find_workflow(workflow_id, project_id), on_progress)

    def clear_before(
        self, started_before: str, on_progress: Callable[[int], None] | None = None
    ) -> int:
        """Erase executions that started before a time; see `ExecutionWriter.clear_before`."""
        with self._lock, self._reading() as connection:
            forget_removed_before(connection, started_before)
        return self._clear(lambda: self._eraser.find_before(started_before), on_progress)

    def _clear(
        self, find: Callable[[], list[RunKey]], on_progress: Callable[[int], None] | None
    ) -> int:
        total = 0
        while True:
            with self._lock, self._reading():
                erased = self._erase(find())
            if not erased:
                return total
            total += erased
            if on_progress is not None:
                on_progress(erased)

    def prune(self, limits: RetentionLimits) -> Pruned:
        """Remove a portion of what exceeds limits; see `ExecutionWriter.prune`."""
        with self._lock, self._reading():
            # A portion is one batch.
            removed = self._pruner.prune(limits, portion_s=0.0)
            if not removed.more:
                self._remover.bound_notes()
            self._publish(self._pruner.changed)
        return removed

    def preview_prune(self, limits: RetentionLimits) -> Pruned:
        """Estimate what pruning would remove; see `ExecutionWriter.preview_prune`."""
        with self._reading() as connection:
            reads = ClickHousePruneReads(connection, self._clock)
            remover = EstimatingRemover(connection)
            pruner = Pruner(reads, remover, self._clock, batches=BATCHES)
            return pruner.prune(limits, portion_s=math.inf)

    def index_portion(self) -> Indexed:
        """Do nothing, because this store has no search index."""
        return Indexed(executions=0, more=False, ingest_share=0.0, took_s=0.0)

    def choose_index(self, content: IndexContent) -> None:
        """Do nothing, because this store has no search index; `health` says so."""

    def trim_log(self) -> None:
        """Do nothing, because the server keeps no log of this kind."""

    def needs_check(self) -> bool:
        """Say no, because the server checks its own files."""
        return False

    def repair(self, is_ending: Callable[[], bool]) -> Repair:  # noqa: ARG002 - ends at once
        """Find no damage, because the server checks its own files."""
        return Repair()


def _list_ids(requests: Sequence[Sequence[WorkflowExecution]]) -> Iterator[str]:
    for records in requests:
        for record in records:
            yield record.id


class ReadOnlyClickHouseStore(ClickHouseReader):
    """
    Reads a history in ClickHouse without making or changing anything.

    Args:
        url: The address.
        settings: How the database is used.
        clock: The time for the views.

    Raises:
        StoreUnavailableError: The database has no history.
        StoreVersionError: A newer Flightlog made the tables.
    """

    is_read_only = True

    def __init__(
        self, url: str, settings: ClickHouseSettings | None = None, *, clock: Clock = utc_now
    ) -> None:
        super().__init__(url, settings, clock)
        try:
            with self._reading() as connection:
                found = read_version(connection) if exists(connection) else 0
        except BaseException:
            self.close()
            raise
        self._check_version(found)
        self._connection.use_database()
