"""
`SqliteStore`: the `ExecutionStore` that writes one SQLite file.

Each call works on the file that is at the path; see `reopening`.
"""

from __future__ import annotations

import contextlib
import math
import os
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, TypeAlias, TypeVar

from msgspec.structs import replace

from flightlog.clock import Clock, utc_now
from flightlog.errors import FlightlogError, StoreGoneError
from flightlog.errors.base import escape_surrogates
from flightlog.record.model import RunKey, WorkflowExecution
from flightlog.record.state import ExecutionState
from flightlog.store.changes import ChangeFeed, OnChange
from flightlog.store.commit import GroupCommit
from flightlog.store.ledger import check_process, find_sign_of_life
from flightlog.store.migration import MigrationMonitor
from flightlog.store.removed_days import RemovedDay
from flightlog.store.results import IndexContent, Indexed, LogResult, Repair, StoreHealth
from flightlog.store.retention import Pruned, RetentionLimits
from flightlog.store.saved_queries import check_saved_query
from flightlog.store.sqlite import reader
from flightlog.store.sqlite.erase import FIRST_PORTION, LARGEST_PORTION, Eraser
from flightlog.store.sqlite.exchange import read_notes
from flightlog.store.sqlite.index_filling import IndexFiller
from flightlog.store.sqlite.index_lookup import is_outdated, read_content
from flightlog.store.sqlite.index_repair import replace_index
from flightlog.store.sqlite.indexing import IndexWriter, read_index_state
from flightlog.store.sqlite.ledger import find_process
from flightlog.store.sqlite.migrate import SCHEMA_VERSION
from flightlog.store.sqlite.open_database import OpenDatabase
from flightlog.store.sqlite.removed_days import merge_removed_days
from flightlog.store.sqlite.reopening import ReopeningReader
from flightlog.store.sqlite.repair import find_unsalvaged, repair
from flightlog.store.sqlite.retention import LONG_PORTION_S, EstimatingRemover, make_pruner
from flightlog.store.sqlite.row_store import resolve_address
from flightlog.store.sqlite.saved_queries import delete_saved_query, save_query
from flightlog.store.sqlite.settings import SqliteSettings
from flightlog.store.sqlite.stars import set_star
from flightlog.store.states import ProcessNumbers, Tombstone
from flightlog.store.throttling import (
    LONGEST_WAY_S,
    PORTION_S,
    PortionSizer,
    RemovalTurns,
    Share,
    Stopwatch,
)

_LOG_PAUSE_S: Final = 0.1

Result = TypeVar("Result")
EraseSome: TypeAlias = Callable[[Eraser, int], list[str] | None]
"""Erases at most so many executions, and returns their ids; None if nothing is left to erase."""


class SqliteStore(ReopeningReader):
    """
    Keeps executions in one SQLite file; see `ExecutionStore` for each method.

    Args:
        path: The file. A missing file is created with its directories, readable by its owner alone.
        settings: How the file is kept.
        clock: The time of the events that the store itself notes.
        monitor: Takes the progress of a migration, and may end it.

    Raises:
        StoreForeignError: The file belongs to another program; the file is unchanged.
        StoreVersionError: A newer Flightlog made the file; the file is unchanged.
        StoreUnavailableError: The file can't be opened or created.
        StoreUnsafeError: The file belongs to another user, or other users can exchange it.
        StoreBusyError: The file needs a migration and another process holds it.
    """

    def __init__(
        self,
        path: Path,
        settings: SqliteSettings | None = None,
        *,
        clock: Clock = utc_now,
        monitor: MigrationMonitor | None = None,
    ) -> None:
        super().__init__(path, settings, clock, monitor)
        self._changes = ChangeFeed()
        self._ingest_share = Share()
        self._longest_s = 0.0
        self._commits = GroupCommit(self._merge, self._lock)
        self._filler = IndexFiller(path, clock, self._reading, self._change_index)
        self._turns = RemovalTurns(self._lock, self._commits.give_way)

    def change(self, change: Callable[[OpenDatabase], Result]) -> Result:
        """
        Commit a change that no other method makes.

        Args:
            change: Changes the open file, within a transaction.

        Returns:
            The result of `change`.
        """
        with self._translated(), self._lock:
            database, result = self._change(change)
            database.tidy_up()
        return result

    def needs_check(self) -> bool:
        """Say whether the history may be damaged; see `ExecutionWriter.needs_check`."""
        real = Path(os.path.realpath(self._path))
        return self._was_left_open or self.saw_damage or bool(find_unsalvaged(real))

    def repair(self, is_ending: Callable[[], bool]) -> Repair:
        """Check the history and salvage a damaged file; see `ExecutionWriter.repair`."""
        self._was_left_open = self.saw_damage = False
        try:
            with self._translated():
                return repair(self, self._path, self._clock, is_ending)
        except FlightlogError:
            self.saw_damage = True
            raise

    def merge(self, records: Sequence[WorkflowExecution]) -> LogResult:
        """Join records into what is stored; see `ExecutionWriter.merge`."""
        self._turns.wait_for_removal()
        return self._commits.run(records) if records else LogResult()

    def merge_each(
        self, requests: Sequence[Sequence[WorkflowExecution]]
    ) -> list[LogResult | Exception]:
        """Join the records of several requests; see `ExecutionWriter.merge_each`."""
        self._turns.wait_for_removal()
        return self._commits.run_each(requests)

    def merge_states(self, states: Sequence[ExecutionState]) -> LogResult:
        """Join states of another store; see `ExecutionWriter.merge_states`."""
        self._turns.wait_for_removal()
        return self._publish_changed(lambda database: database.writer.write_states(states))

    def merge_tombstones(self, tombstones: Sequence[Tombstone]) -> tuple[RunKey, ...]:
        """Remember deletions; see `ExecutionWriter.merge_tombstones`."""
        return self._publish_changed(lambda database: database.writer.note_deleted(tombstones))

    def merge_process_numbers(self, processes: Sequence[ProcessNumbers]) -> None:
        """Join the ledgers of processes; see `ExecutionWriter.merge_process_numbers`."""

        def join(database: OpenDatabase) -> None:
            for process in processes:
                database.ledger.join(process)

        self.change(join)

    def merge_removed_days(self, days: Sequence[RemovedDay]) -> None:
        """Join counts of removed executions; see `ExecutionWriter.merge_removed_days`."""
        self.change(lambda database: merge_removed_days(database.connection, days))

    def _publish_changed(self, change: Callable[[OpenDatabase], Result]) -> Result:
        with self._translated(), self._lock:
            database, result = self._change(change)
            self._changes.publish(database.writer.changed)
            database.tidy_up()
        return result

    def _merge(self, requests: Sequence[Sequence[WorkflowExecution]]) -> list[LogResult]:
        with self._translated(), self._ingest_share.measuring():
            database, results = self._change(lambda database: database.writer.write(requests))
            self._changes.publish(database.writer.changed)
            database.tidy_up()
        return results

    def health(self) -> StoreHealth:
        """Report the store's state; see `ExecutionReader.health`."""
        with self._snapshot() as connection:
            executions = reader.count(connection)
            search_index, not_indexed = read_index_state(connection)
        database = self._database
        return StoreHealth(
            location=escape_surrogates(str(self._path)),
            schema_version=SCHEMA_VERSION,
            executions=executions,
            size_bytes=self._size_bytes(),
            log_bytes=self._log_bytes(),
            log_limit_bytes=self._settings.wal_refuse_bytes,
            settings={} if database is None else database.settings,
            search_index=search_index,
            not_indexed=not_indexed,
            changes=read_notes(self._path),
        )

    def note_sent(self, process_id: str, last_number: int, *, is_alive: bool = False) -> None:
        """Note the number of a process's newest message; see `ExecutionWriter.note_sent`."""
        check_process(process_id, last_number)
        known = None
        with contextlib.suppress(StoreGoneError), self._snapshot() as connection:
            known = find_process(connection, process_id)
        seen = find_sign_of_life(known, last_number, self._clock(), is_alive=is_alive)
        if seen is None:
            return
        with self._translated(), self._lock:
            database, _ = self._change(
                lambda database: database.ledger.note_sent(process_id, last_number, seen)
            )
            database.tidy_up()

    def mark_crashed(self, process_id: str) -> int:
        """Presume that a process crashed; see `ExecutionWriter.mark_crashed`."""
        total = 0
        while True:
            crashed = self._publish_changed(lambda database: database.writer.crash(process_id))
            total += crashed.executions
            if not crashed.more:
                return total

    def set_star(self, execution_id: str, *, starred: bool) -> bool:
        """Star an execution, or remove the star; see `ExecutionWriter.set_star`."""

        def star(database: OpenDatabase) -> tuple[str, bool | None]:
            row_id = resolve_address(database.connection, execution_id)
            return row_id, set_star(database.connection, row_id, starred=starred)

        with self._translated(), self._lock:
            database, (row_id, changed) = self._change(star)
            if changed:
                self._changes.publish([row_id])
            database.tidy_up()
        return changed is not None

    def save_query(self, name: str, query: str) -> None:
        """Save a query under a name; see `ExecutionWriter.save_query`."""
        check_saved_query(name, query)
        self.change(lambda database: save_query(database.connection, name, query))

    def delete_saved_query(self, name: str) -> bool:
        """Delete a saved query; see `ExecutionWriter.delete_saved_query`."""
        return self.change(lambda database: delete_saved_query(database.connection, name))

    def delete_many(self, execution_ids: Sequence[str]) -> int:
        """Erase executions; see `ExecutionWriter.delete_many`."""
        left = list(execution_ids)

        def erase(eraser: Eraser, number: int) -> list[str] | None:
            if not left:
                return None
            portion = left[:number]
            del left[:number]
            return eraser.erase_executions(portion)

        return self._clear(erase, None)

    def delete(self, execution_id: str) -> bool:
        """Erase one execution; see `ExecutionWriter.delete`."""

        def erase(database: OpenDatabase) -> tuple[str, bool]:
            row_id = resolve_address(database.connection, execution_id)
            return row_id, database.eraser.erase_execution(row_id)

        with self._translated(), self._lock:
            _, (row_id, erased) = self._change(erase)
            if erased:
                self._changes.publish([row_id])
        self._return_pages()
        self._empty_log(int(erased))
        return erased

    def clear(
        self,
        workflow_id: str,
        project_id: str | None = None,
        on_progress: Callable[[int], None] | None = None,
    ) -> int:
        """Erase a workflow's executions; see `ExecutionWriter.clear`."""

        def erase(eraser: Eraser, number: int) -> list[str] | None:
            return eraser.erase_chunk(workflow_id, project_id, number) or None

        return self._clear(erase, on_progress)

    def clear_before(
        self, started_before: str, on_progress: Callable[[int], None] | None = None
    ) -> int:
        """Erase executions that started before a time; see `ExecutionWriter.clear_before`."""

        def erase(eraser: Eraser, number: int) -> list[str] | None:
            return eraser.erase_chunk_before(started_before, number) or None

        return self._clear(erase, on_progress)

    def prune(self, limits: RetentionLimits) -> Pruned:
        """Remove a portion of what exceeds limits; see `ExecutionWriter.prune`."""
        size = limits.max_bytes

        def remove_portion(database: OpenDatabase) -> Pruned:
            if size is not None:
                database.checkpointer.fit_budget(size)
            pruner = database.pruner
            if size is not None and pruner.is_far_over(size):
                removed = pruner.prune(limits, LONG_PORTION_S)
            else:
                removed = pruner.prune(
                    limits, PORTION_S, is_wanted=lambda: self._commits.are_waiting
                )
            if not removed.more:
                database.remover.bound_notes()
            return removed

        with self._turns.take(), self._translated():
            # After a power failure, what is missing is removed again.
            with self._current().unsynced():
                database, removed = self._change(remove_portion)
            if database.pruner.changed:
                self._changes.publish(database.pruner.changed)
            database.tidy_up()
        with self._turns.take(), self._translated():
            database = self._current()
            target = None if size is None else database.pruner.target_bytes(size)
            with database.unsynced():
                has_free_pages = database.remover.shrink(target)
            database.tidy_up()
            is_behind = removed.more and size is not None and database.pruner.is_far_over(size)
            self._turns.note_progress(is_behind=is_behind)
        return replace(removed, more=removed.more or has_free_pages)

    def index_portion(self) -> Indexed:
        """Index some executions; see `ExecutionWriter.index_portion`."""
        ingest_share = self._ingest_share.take()
        with self._snapshot() as connection:
            content = read_content(connection)
            is_of_another_version = is_outdated(connection)
        if is_of_another_version:
            self.rebuild_index(content)
            return Indexed(executions=0, more=True, ingest_share=ingest_share, took_s=0)
        self._longest_s = 0.0
        filled = self._filler.fill()
        return Indexed(
            executions=filled.executions,
            more=filled.more,
            ingest_share=ingest_share,
            took_s=filled.took_s,
            longest_s=self._longest_s,
        )

    def close(self) -> None:
        """Release everything; a second call does nothing."""
        self._filler.close()
        super().close()

    def choose_index(self, content: IndexContent) -> None:
        """Rebuild the index for another content; see `ExecutionWriter.choose_index`."""
        with self._snapshot() as connection:
            if read_content(connection) == content:
                return
        self.rebuild_index(content)

    def replace_index(self) -> None:
        """Replace a damaged search index by an empty one, which a receiver fills."""
        with self._translated(), self._lock:
            database = self._current()
            replace_index(database.connection)
            database.tidy_up()
        self._empty_log(1)

    def rebuild_index(self, content: IndexContent) -> None:
        """Delete the search index; see `ExecutionWriter.rebuild_index`."""
        with self._translated(), self._lock:
            database, _ = self._change(lambda database: database.index.start_over(content))
            database.tidy_up()

    def _change_index(self, change: Callable[[IndexWriter], Result]) -> tuple[float, Result]:
        self._commits.give_way(LONGEST_WAY_S)
        with self._translated(), self._lock:
            stopwatch, begin = Stopwatch(), time.perf_counter()
            # After a power failure, the notes of a missing portion are there again, too.
            with self._current().unsynced():
                database, result = self._change(lambda database: change(database.index))
            took_s = stopwatch.read_s()
            database.tidy_up()
            self._longest_s = max(self._longest_s, time.perf_counter() - begin)
        return took_s, result

    def preview_prune(self, limits: RetentionLimits) -> Pruned:
        """Estimate what pruning would remove; see `ExecutionWriter.preview_prune`."""
        with self._snapshot() as connection:
            remover = EstimatingRemover(connection)
            pruner = make_pruner(connection, remover, self._clock, self._settings.wal_limit_bytes)
            return pruner.prune(limits, portion_s=math.inf)

    def _clear(self, erase: EraseSome, on_progress: Callable[[int], None] | None) -> int:
        total = 0
        sizer = PortionSizer(FIRST_PORTION, LARGEST_PORTION)
        while (erased := self._clear_portion(erase, sizer)) is not None:
            total += erased
            if erased and on_progress is not None:
                on_progress(erased)
            self._return_pages()
        while self._return_pages():
            pass
        self._empty_log(total)
        return total

    def _clear_portion(self, erase: EraseSome, sizer: PortionSizer) -> int | None:
        self._commits.give_way(LONGEST_WAY_S)
        with _pausing(), self._translated(), self._lock:
            sizer.begin()
            # `_empty_log` begins with a synced commit, and nothing is promised before that.
            with self._current().unsynced():
                database, erased = self._change(lambda database: erase(database.eraser, sizer.size))
            sizer.end(len(erased or ()))
            if erased:
                self._changes.publish(erased)
                database.tidy_up()
        return None if erased is None else len(erased)

    def _return_pages(self) -> int:
        self._commits.give_way(LONGEST_WAY_S)
        with _pausing(), self._translated(), self._lock:
            return self._current().eraser.shrink()

    def _empty_log(self, erased: int) -> None:
        ends_at = time.monotonic() + self._settings.busy_timeout_ms / 1_000
        while erased:
            with self._translated(), self._lock:
                copying = self._current().checkpointer.begin_copy()
            # Most of the log is copied without the lock, so that others can write.
            copying.join()
            with self._translated(), self._lock:
                if self._current().checkpointer.empty_log() or time.monotonic() > ends_at:
                    return
            # Let others write while a reader needs the log.
            time.sleep(_LOG_PAUSE_S)

    def trim_log(self) -> None:
        """Empty a log that readers have kept; see `ExecutionWriter.trim_log`."""
        with self._translated(), self._lock:
            if self._database is not None and self._database.change() is None:
                self._database.checkpointer.trim()

    def subscribe(self, on_change: OnChange) -> Callable[[], None]:
        """Call a function after each change; see `ExecutionReader.subscribe`."""
        return self._changes.subscribe(on_change)


@contextlib.contextmanager
def _pausing() -> Iterator[None]:
    """Pause as long as the work took, so that others can write half of the time."""
    begin = time.monotonic()
    yield
    time.sleep(time.monotonic() - begin)
