"""
`PostgresStore`: the `ExecutionStore` that writes to a PostgreSQL database.

Several receivers may use one database.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Final

from flightlog.clock import Clock, utc_now
from flightlog.errors import InvalidQueryError
from flightlog.record.model import RunKey, WorkflowExecution
from flightlog.record.state import ExecutionState
from flightlog.record.times import normalize_time
from flightlog.store.commit import GroupCommit
from flightlog.store.ledger import check_process, find_sign_of_life
from flightlog.store.postgres.aggregates import roll_up
from flightlog.store.postgres.connection import connect
from flightlog.store.postgres.documents import PostgresDocuments
from flightlog.store.postgres.erase import PORTION
from flightlog.store.postgres.index_lookup import read_content
from flightlog.store.postgres.indexing import IndexFiller
from flightlog.store.postgres.ledger import (
    find_process,
)
from flightlog.store.postgres.model_calls import list_signed_records, list_signed_states
from flightlog.store.postgres.reading import PostgresReader
from flightlog.store.postgres.removed_days import merge_removed_days
from flightlog.store.postgres.retention import (
    BATCHES,
    EstimatingRemover,
    PostgresPruneReads,
    bound_notes,
)
from flightlog.store.postgres.row_store import resolve_address
from flightlog.store.postgres.settings import PostgresSettings
from flightlog.store.postgres.statements import Connection, fetch_one, load_queries, run
from flightlog.store.postgres.writing import Result, Session, Transactions
from flightlog.store.pruning import Pruner
from flightlog.store.removed_days import RemovedDay
from flightlog.store.results import (
    IndexContent,
    Indexed,
    LogResult,
    Repair,
)
from flightlog.store.retention import Pruned, RetentionLimits
from flightlog.store.saved_queries import MAX_SAVED, check_saved_query
from flightlog.store.states import ProcessNumbers, Tombstone
from flightlog.store.throttling import Share
from flightlog.store.time_buckets import find_hour

_ROLL_UP_S: Final = 60.0
"""The pause after all counts were rolled up, seconds."""
_COUNTED_APART: Final = timedelta(hours=2)
"""The counts of newer executions stay apart, because they change often."""
_queries: Final = load_queries("reader.sql")
_row_queries: Final = load_queries("row_store.sql")


class PostgresStore(PostgresReader):
    """
    Keeps executions in a PostgreSQL database; see `ExecutionStore` for each method.

    Args:
        url: The address, e.g. `postgresql://flightlog@db.example.com/history`.
        settings: How the database is used.
        clock: The time of the events that the store itself notes.

    Raises:
        StoreDisconnectedError: The server can't be reached.
        StoreUnavailableError: The address, the server or the role can't be used.
        StoreVersionError: A newer Flightlog made the tables; they are unchanged.
    """

    def __init__(
        self, url: str, settings: PostgresSettings | None = None, *, clock: Clock = utc_now
    ) -> None:
        super().__init__(url, settings, clock)
        self._lock = threading.Lock()
        with self._translated():
            self._transactions = Transactions(self._open_session)
        self._commits = GroupCommit(self._merge, self._lock)
        self._ingest_share = Share()
        self._roll_up_at = 0.0
        self._filling = threading.Lock()
        self.documents = PostgresDocuments(self._reading, self._change_documents, clock)
        """The documents that the receivers of the history share."""
        self._filler = IndexFiller(self._connect_writing, self._settings.schema, self._codec, clock)

    def _connect_writing(self) -> Connection:
        return connect(self._url, self._settings, timeout_ms=self._settings.write_timeout_ms)

    def _open_session(self) -> Session:
        return Session(self._url, self._settings, self._location, self._clock, self._codec)

    def _change(self, change: Callable[[Session], Result]) -> Result:
        """Commit a change; the caller holds the lock."""
        self._check_open()
        return self._transactions.run(change)

    def _change_documents(self, change: Callable[[Connection], bool]) -> bool:
        with self._translated(), self._lock:
            return self._change(lambda session: change(session.connection))

    def _publish_changed(self, change: Callable[[Session], tuple[Result, Sequence[str]]]) -> Result:
        """Commit a change of executions and announce it; the caller holds the lock."""
        result, changed = self._change(change)
        if changed:
            self._changes.publish(changed)
            self._transactions.after_commit(
                lambda session: self._listener.announce(session.connection, changed)
            )
        return result

    def merge(self, records: Sequence[WorkflowExecution]) -> LogResult:
        """Join records into what is stored; see `ExecutionWriter.merge`."""
        return self._commits.run(records) if records else LogResult()

    def merge_each(
        self, requests: Sequence[Sequence[WorkflowExecution]]
    ) -> list[LogResult | Exception]:
        """Join the records of several requests; see `ExecutionWriter.merge_each`."""
        return self._commits.run_each(requests)

    def _merge(self, requests: Sequence[Sequence[WorkflowExecution]]) -> list[LogResult]:
        def write(session: Session) -> tuple[list[LogResult], list[str]]:
            session.prepare_records(record for records in requests for record in records)
            results = session.writer.write(requests)
            session.note_changed(
                list_signed_records(record for records in requests for record in records)
            )
            return results, session.writer.changed

        with self._translated(), self._ingest_share.measuring():
            results = self._publish_changed(write)
            self._transactions.after_commit(Session.train)
        return results

    def merge_states(self, states: Sequence[ExecutionState]) -> LogResult:
        """Join states of another store; see `ExecutionWriter.merge_states`."""

        def write(session: Session) -> tuple[LogResult, list[str]]:
            session.prepare_states(states)
            result = session.writer.write_states(states)
            session.note_changed(list_signed_states(states))
            return result, session.writer.changed

        with self._translated(), self._lock:
            result = self._publish_changed(write)
            self._transactions.after_commit(Session.train)
        return result

    def merge_tombstones(self, tombstones: Sequence[Tombstone]) -> tuple[RunKey, ...]:
        """Remember deletions; see `ExecutionWriter.merge_tombstones`."""

        def write(session: Session) -> tuple[tuple[RunKey, ...], list[str]]:
            session.lock(each.run.execution_id for each in tombstones)
            return session.writer.note_deleted(tombstones), session.writer.changed

        with self._translated(), self._lock:
            return self._publish_changed(write)

    def merge_process_numbers(self, processes: Sequence[ProcessNumbers]) -> None:
        """Join the ledgers of processes; see `ExecutionWriter.merge_process_numbers`."""

        def join(session: Session) -> None:
            for process in sorted(processes, key=lambda each: each.process_id):
                session.ledger.join(process)

        with self._translated(), self._lock:
            self._change(join)

    def merge_removed_days(self, days: Sequence[RemovedDay]) -> None:
        """Join counts of removed executions; see `ExecutionWriter.merge_removed_days`."""
        with self._translated(), self._lock:
            self._change(lambda session: merge_removed_days(session.connection, days))

    def note_sent(self, process_id: str, last_number: int, *, is_alive: bool = False) -> None:
        """Note the number of a process's newest message; see `ExecutionWriter.note_sent`."""
        check_process(process_id, last_number)
        with self._reading() as connection:
            known = find_process(connection, process_id)
        seen = find_sign_of_life(known, last_number, self._clock(), is_alive=is_alive)
        if seen is None:
            return
        with self._translated(), self._lock:
            self._change(lambda session: session.ledger.note_sent(process_id, last_number, seen))

    def mark_crashed(self, process_id: str) -> int:
        """Presume that a process crashed; see `ExecutionWriter.mark_crashed`."""

        def crash(session: Session) -> tuple[Any, list[str]]:
            session.lock_all()
            crashed = session.writer.crash(process_id)
            session.note_changed(())
            return crashed, session.writer.changed

        total = 0
        while True:
            with self._translated(), self._lock:
                crashed = self._publish_changed(crash)
            total += int(crashed.executions)
            if not crashed.more:
                return total

    def set_star(self, execution_id: str, *, starred: bool) -> bool:
        """Star an execution, or remove the star; see `ExecutionWriter.set_star`."""

        def star(session: Session) -> tuple[bool, list[str]]:
            row_id = resolve_address(session.connection, execution_id)
            row = fetch_one(session.connection, _row_queries["star"], {"id": row_id})
            if row is None or bool(row[0]) == starred:
                return row is not None, []
            bound = {"id": row_id, "starred": starred}
            run(session.connection, _row_queries["set_star"], bound)
            return True, [row_id]

        with self._translated(), self._lock:
            return self._publish_changed(star)

    def save_query(self, name: str, query: str) -> None:
        """Save a query under a name; see `ExecutionWriter.save_query`."""
        check_saved_query(name, query)

        def save(session: Session) -> None:
            row = fetch_one(session.connection, _queries["count_other_queries"], {"name": name})
            if row is not None and row[0] >= MAX_SAVED:
                raise InvalidQueryError(
                    "name",
                    f"would be saved query number {row[0] + 1:,}",
                    hint=f"A history keeps {MAX_SAVED:,} of them; delete one first.",
                )
            bound = {"name": name, "query": query}
            run(session.connection, _queries["save_query"], bound)

        with self._translated(), self._lock:
            self._change(save)

    def delete_saved_query(self, name: str) -> bool:
        """Delete a saved query; see `ExecutionWriter.delete_saved_query`."""

        def delete(session: Session) -> bool:
            row = fetch_one(session.connection, _queries["delete_query"], {"name": name})
            return row is not None

        with self._translated(), self._lock:
            return self._change(delete)

    def delete(self, execution_id: str) -> bool:
        """Erase one execution; see `ExecutionWriter.delete`."""
        return self.delete_many([execution_id]) > 0

    def delete_many(self, execution_ids: Sequence[str]) -> int:
        """Erase executions; see `ExecutionWriter.delete_many`."""
        return sum(
            self._erase(execution_ids[start : start + PORTION])
            for start in range(0, len(execution_ids), PORTION)
        )

    def _erase(self, execution_ids: Sequence[str]) -> int:
        return self._erase_some(lambda session: session.eraser.erase_ids(execution_ids))

    def _erase_some(self, erase: Callable[[Session], list[str]]) -> int:
        def change(session: Session) -> tuple[int, list[str]]:
            erased = erase(session)
            return len(erased), erased

        with self._translated(), self._lock:
            return self._publish_changed(change)

    def clear(
        self,
        workflow_id: str,
        project_id: str | None = None,
        on_progress: Callable[[int], None] | None = None,
    ) -> int:
        """Erase a workflow's executions; see `ExecutionWriter.clear`."""
        return self._clear(
            lambda session: session.eraser.erase_workflow(workflow_id, project_id), on_progress
        )

    def clear_before(
        self, started_before: str, on_progress: Callable[[int], None] | None = None
    ) -> int:
        """Erase executions that started before a time; see `ExecutionWriter.clear_before`."""
        return self._clear(lambda session: session.eraser.erase_before(started_before), on_progress)

    def _clear(
        self,
        erase: Callable[[Session], list[str]],
        on_progress: Callable[[int], None] | None,
    ) -> int:
        total = 0
        while erased := self._erase_some(erase):
            total += erased
            if on_progress is not None:
                on_progress(erased)
        return total

    def prune(self, limits: RetentionLimits) -> Pruned:
        """
        Remove a portion of what exceeds limits; see `ExecutionWriter.prune`.

        Nothing is removed while another receiver does it.
        """

        def remove(session: Session) -> tuple[Pruned, list[str]]:
            row = fetch_one(session.connection, _queries["try_prune"], {"key": session.schema})
            if row is None or not row[0]:
                return Pruned(), []
            removed, changed = session.prune(limits)
            if not removed.more:
                bound_notes(session.connection)
            return removed, changed

        with self._translated(), self._lock:
            return self._publish_changed(remove)

    def preview_prune(self, limits: RetentionLimits) -> Pruned:
        """Estimate what pruning would remove; see `ExecutionWriter.preview_prune`."""
        with self._reading() as connection:
            pruner = Pruner(
                PostgresPruneReads(connection, self._clock),
                EstimatingRemover(connection),
                self._clock,
                batches=BATCHES,
            )
            return pruner.prune(limits, portion_s=math.inf)

    def index_portion(self) -> Indexed:
        """Index some executions; see `ExecutionWriter.index_portion`."""
        ingest_share = self._ingest_share.take()
        with self._reading() as connection:
            content, is_current = read_content(connection)
        if content != "off" and not is_current:
            self.rebuild_index(content)
            return Indexed(executions=0, more=True, ingest_share=ingest_share, took_s=0)
        with self._translated(), self._filling:
            self._check_open()
            filled = self._filler.fill()
        return Indexed(
            executions=filled.executions,
            more=filled.more,
            ingest_share=ingest_share,
            took_s=filled.took_s,
        )

    def choose_index(self, content: IndexContent) -> None:
        """Rebuild the index for another content; see `ExecutionWriter.choose_index`."""
        with self._reading() as connection:
            known, _ = read_content(connection)
        if known != content:
            self.rebuild_index(content)

    def rebuild_index(self, content: IndexContent) -> None:
        """Delete the search index; see `ExecutionWriter.rebuild_index`."""

        def start_over(session: Session) -> None:
            # Transactions that change executions read which notes are wanted.
            session.lock_all()
            session.index.start_over(content)

        with self._translated(), self._lock:
            self._change(start_over)

    def trim_log(self) -> None:
        """Roll counts up from time to time; the server keeps its own log."""
        now = time.monotonic()
        if now < self._roll_up_at:
            return
        before = normalize_time((self._clock() - _COUNTED_APART).isoformat())

        def roll(session: Session) -> bool:
            return roll_up(session.connection, session.schema, find_hour(before))

        with self._translated(), self._lock:
            more = self._change(roll)
        self._roll_up_at = now if more else now + _ROLL_UP_S

    def needs_check(self) -> bool:
        """Say no, because the server recovers its files itself."""
        return False

    def repair(self, is_ending: Callable[[], bool]) -> Repair:  # noqa: ARG002 - ends at once
        """Find no damage, because the server recovers its files itself."""
        return Repair()

    def close(self) -> None:
        """Release everything; a second call does nothing."""
        with self._lock:
            self._transactions.close()
        super().close()
        with self._filling:
            self._filler.close()
