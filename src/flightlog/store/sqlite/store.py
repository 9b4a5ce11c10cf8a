"""
`SqliteStore`: the `ExecutionStore` that writes one SQLite file.

Each call works on the file that is at the path. `OpenDatabase` is one open file; this module opens
another one when the file was exchanged. The store acknowledges a write only if the file was at the
path before the commit and after it.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Final, TypeVar
from weakref import WeakSet

import apsw

from flightlog.clock import Clock, utc_now
from flightlog.errors import (
    FlightlogError,
    InvalidQueryError,
    StoreBusyError,
    StoreClosedError,
    StoreFullError,
    StoreGoneError,
    printable,
)
from flightlog.record.model import MAX_COUNT, WorkflowExecution, check_id
from flightlog.store.changes import ChangeFeed, OnChange
from flightlog.store.results import LogResult, StoreHealth
from flightlog.store.sqlite import reader
from flightlog.store.sqlite.access import find_file
from flightlog.store.sqlite.commit import GroupCommit
from flightlog.store.sqlite.compression import Codec
from flightlog.store.sqlite.erase import CHUNK_EXECUTIONS, Eraser
from flightlog.store.sqlite.exchange import (
    bring_log_back,
    describe,
    note,
    read_notes,
    set_log_aside,
)
from flightlog.store.sqlite.ledger import newest_number
from flightlog.store.sqlite.migrate import SCHEMA_VERSION, Migration
from flightlog.store.sqlite.opened import ExchangedError, OpenDatabase
from flightlog.store.sqlite.reading import SqliteReader
from flightlog.store.sqlite.runs import resolve_address
from flightlog.store.sqlite.settings import SqliteSettings
from flightlog.store.sqlite.stars import set_star
from flightlog.store.sqlite.watch import Change

QUIET_S: Final = 0.3
"""A new file at the path is opened after a pause of this length in its writes, seconds."""
_stores: Final[WeakSet[SqliteStore]] = WeakSet()
_ATTEMPTS: Final = 8
_LONGEST_WAIT_S: Final = 3.0
_LOOK_S: Final = 0.02

Result = TypeVar("Result")


class SqliteStore(SqliteReader):
    """
    Keeps executions in one SQLite file; see `ExecutionStore` for each method.

    Args:
        path: The file. A missing file is created with its directories, readable by its owner alone.
        settings: How the file is kept.
        clock: The time of the events that the store itself notes.

    Raises:
        StoreForeignError: The file belongs to another program; the file is unchanged.
        StoreVersionError: A newer Flightlog made the file; the file is unchanged.
        StoreUnavailableError: The file can't be opened or created.
        StoreUnsafeError: The file belongs to another user, or other users can exchange it.
        StoreBusyError: The file needs a migration and another process holds it.
    """

    def __init__(
        self, path: Path, settings: SqliteSettings | None = None, *, clock: Clock = utc_now
    ) -> None:
        super().__init__(path, settings, clock)
        self._lock = threading.Lock()
        self._closed = False
        self._changes = ChangeFeed()
        self._exchange: Change | None = None
        self._stale_log: Path | None = None
        self._left: OpenDatabase | None = None
        self._times_opened = 1
        with self._translated():
            opened = self._open(make_directories=True)
        self._database: OpenDatabase | None = opened
        self._commits = GroupCommit(self._merge, self._lock)
        _stores.add(self)

    @property
    def migration(self) -> Migration | None:
        """The migration that ran when the file was opened; None if there was none."""
        return None if self._database is None else self._database.migration

    @property
    def _connection(self) -> apsw.Connection:
        return self._current().connection

    def _open(self, *, make_directories: bool) -> OpenDatabase:
        for _ in range(_ATTEMPTS):
            try:
                return OpenDatabase(
                    self._path, self._settings, self._clock, make_directories=make_directories
                )
            except ExchangedError:
                continue
        raise StoreGoneError(str(self._path), "is exchanged again and again")

    def _current(self, *, make: bool = False, with_log: bool = False) -> OpenDatabase:
        """Return the open file, reopened if it was exchanged; the caller holds the lock."""
        if self._closed:
            raise StoreClosedError(str(self._path))
        if self._database is not None:
            change = self._database.change(with_log=with_log)
            if change is None:
                return self._database
            self._leave(self._database, change)
        return self._reopen(make=make)

    def _leave(self, database: OpenDatabase, change: Change) -> None:
        self._database = None
        self._exchange = change
        if change in {"log removed", "log replaced"}:
            database.save_log()
        self._stale_log = set_log_aside(database.watch, change, self._clock)
        self._left = database
        database.abandon()

    def _reopen(self, *, make: bool) -> OpenDatabase:
        change, left, path = self._exchange, self._left, str(self._path)
        assert change is not None
        assert left is not None
        try:
            self._wait_for_others(left)
            _wait_until_quiet(self._path)
            self._check_place(left, make=make)
            if change == "unreachable":
                # The file system is reachable again, so only now can the change be determined.
                change = left.watch.change() or change
                self._stale_log = set_log_aside(left.watch, change, self._clock)
            self._stale_log = bring_log_back(left.watch, self._stale_log)
            with self._translated():
                database = self._open(make_directories=False)
        except (StoreBusyError, StoreFullError, StoreGoneError):
            raise
        except FlightlogError as error:
            reason = error.message.removeprefix(f"The history {path} ").removesuffix(".")
            raise StoreGoneError(path, f"was exchanged, and {reason}") from error
        self._database, self._exchange, self._left = database, None, None
        self._times_opened += 1
        note(self._path, describe(change, self._stale_log, self._clock))
        self._stale_log = None
        return database

    def _wait_for_others(self, left: OpenDatabase) -> None:
        # SQLite keeps one index of the log for all connections of a process to one file. Close all
        # of these connections before opening the file with another log.
        for other in list(_stores):
            if other is not self:
                other.leave_if_exchanged(_LONGEST_WAIT_S)
        if not left.readers.wait_until_closed(_LONGEST_WAIT_S):
            raise StoreGoneError(str(self._path), "was exchanged, and is still being read")

    def leave_if_exchanged(self, timeout_s: float) -> None:
        """
        Close the file if another file is at its path, without opening the other file.

        Args:
            timeout_s: The longest time to wait for running calls, seconds.
        """
        if not self._lock.acquire(timeout=timeout_s):
            return
        try:
            database = self._database
            change = None if database is None else database.change()
            if database is not None and change is not None:
                self._leave(database, change)
        finally:
            self._lock.release()

    def _check_place(self, left: OpenDatabase, *, make: bool) -> None:
        reason = None
        if left.watch.is_unmounted():
            reason = "is on a file system that is not mounted any more"
        elif find_file(self._path) is None:
            if not self._path.parent.is_dir():
                reason = "can't be reached: its directory does not exist any more"
            elif not make:
                reason = "does not exist any more"
        if reason is not None:
            raise StoreGoneError(str(self._path), reason)

    def _change(self, change: Callable[[OpenDatabase], Result]) -> tuple[OpenDatabase, Result]:
        """
        Commit a change to the file that is at the path; the caller holds the lock.

        If the file was exchanged during the commit, repeat the change in the other file.
        """
        for attempt in range(_ATTEMPTS):
            database = self._current(make=True, with_log=attempt > 0)
            try:
                with database.transaction():
                    result = change(database)
            except apsw.Error:
                if database.change() is None:
                    raise
                continue
            if database.change() is None:
                return database, result
        raise StoreGoneError(str(self._path), "is exchanged again and again")

    def merge(self, records: Sequence[WorkflowExecution]) -> LogResult:
        """Join records into what is stored; see `ExecutionWriter.merge`."""
        return self._commits.run(records) if records else LogResult()

    def merge_each(
        self, requests: Sequence[Sequence[WorkflowExecution]]
    ) -> list[LogResult | Exception]:
        """Join the records of several requests; see `ExecutionWriter.merge_each`."""
        return self._commits.run_each(requests)

    def _merge(self, requests: Sequence[Sequence[WorkflowExecution]]) -> list[LogResult]:
        with self._translated():
            database, results = self._change(lambda database: database.writer.write(requests))
            self._changes.publish(database.writer.changed)
            database.tidy_up()
        return results

    @contextlib.contextmanager
    def _reading(self) -> Iterator[tuple[apsw.Connection, Codec]]:
        with self._translated(), contextlib.ExitStack() as lent:
            database, connection = self._lend(lent)
            content = database.watch.content
            try:
                yield connection, database.codec
            except apsw.Error as error:
                # A program that copies over the file shows readers a half copied file.
                if database.watch.change() is None and database.watch.content == content:
                    raise
                raise StoreGoneError(str(self._path), "was exchanged while it was read") from error

    def _lend(self, lent: contextlib.ExitStack) -> tuple[OpenDatabase, apsw.Connection]:
        for _ in range(_ATTEMPTS):
            database = self._database
            if self._closed or database is None or database.watch.change(with_log=False):
                with self._lock:
                    database = self._current()
            try:
                return database, lent.enter_context(database.readers.snapshot())
            except ExchangedError:
                continue
            except StoreClosedError:
                # Another thread has just closed this file to open another one.
                if self._closed:
                    raise
        raise StoreGoneError(str(self._path), "is exchanged again and again")

    def health(self) -> StoreHealth:
        """Report the store's state; see `ExecutionReader.health`."""
        with self._snapshot() as connection:
            executions = reader.count(connection)
        database = self._database
        return StoreHealth(
            location=printable(str(self._path)),
            schema_version=SCHEMA_VERSION,
            executions=executions,
            size_bytes=self._size_bytes(),
            settings={} if database is None else database.settings,
            changes=read_notes(self._path),
        )

    def note_sent(self, process_id: str, last_number: int) -> None:
        """Note the number of a process's newest message; see `ExecutionWriter.note_sent`."""
        _check_process(process_id, last_number)
        with contextlib.suppress(StoreGoneError), self._snapshot() as connection:
            known = newest_number(connection, process_id)
            if known is not None and last_number <= known:
                return
        with self._translated(), self._lock:
            database, _ = self._change(
                lambda database: database.writer.ledger.note_sent(process_id, last_number)
            )
            database.tidy_up()

    def mark_crashed(self, process_id: str) -> int:
        """Presume that a process crashed; see `ExecutionWriter.mark_crashed`."""
        total = 0
        while True:
            with self._translated(), self._lock:
                database, crashed = self._change(lambda database: database.writer.crash(process_id))
                self._changes.publish(database.writer.changed)
                database.tidy_up()
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

    def delete_many(self, execution_ids: Sequence[str]) -> int:
        """Erase executions; see `ExecutionWriter.delete_many`."""
        portions = (
            execution_ids[start : start + CHUNK_EXECUTIONS]
            for start in range(0, len(execution_ids), CHUNK_EXECUTIONS)
        )
        total = sum(
            self._clear_chunk(partial(Eraser.erase_these, execution_ids=portion))
            for portion in portions
        )
        self._empty_log(total)
        return total

    def delete(self, execution_id: str) -> bool:
        """Erase one execution; see `ExecutionWriter.delete`."""

        def erase(database: OpenDatabase) -> tuple[str, bool]:
            row_id = resolve_address(database.connection, execution_id)
            return row_id, database.eraser.erase_one(row_id)

        with self._translated(), self._lock:
            database, (row_id, erased) = self._change(erase)
            if erased:
                self._changes.publish([row_id])
                database.eraser.shrink()
                database.checkpointer.empty_log()
        return erased

    def clear(
        self,
        workflow_id: str,
        project_id: str | None = None,
        on_progress: Callable[[int], None] | None = None,
    ) -> int:
        """Erase a workflow's executions; see `ExecutionWriter.clear`."""
        return self._clear(lambda eraser: eraser.erase_chunk(workflow_id, project_id), on_progress)

    def clear_before(
        self, started_before: str, on_progress: Callable[[int], None] | None = None
    ) -> int:
        """Erase executions that started before a time; see `ExecutionWriter.clear_before`."""
        return self._clear(lambda eraser: eraser.erase_chunk_before(started_before), on_progress)

    def _clear(
        self,
        erase_chunk: Callable[[Eraser], list[str]],
        on_progress: Callable[[int], None] | None,
    ) -> int:
        total = 0
        while erased := self._clear_chunk(erase_chunk):
            total += erased
            if on_progress is not None:
                on_progress(erased)
        self._empty_log(total)
        return total

    def _clear_chunk(self, erase_chunk: Callable[[Eraser], list[str]]) -> int:
        with self._translated(), self._lock:
            database, erased = self._change(lambda database: erase_chunk(database.eraser))
            if erased:
                self._changes.publish(erased)
                database.eraser.shrink()
        return len(erased)

    def _empty_log(self, erased: int) -> None:
        with self._translated(), self._lock:
            if erased:
                self._current().checkpointer.empty_log()

    def subscribe(self, on_change: OnChange) -> Callable[[], None]:
        """Call a function after each change; see `ExecutionReader.subscribe`."""
        return self._changes.subscribe(on_change)

    def foreign_changes(self) -> int:
        """Detect changes by other processes; see `ExecutionReader.foreign_changes`."""
        with self._translated(), self._lock:
            database = self._current(with_log=True)
            return hash((self._times_opened, database.connection.pragma("data_version")))

    def close(self) -> None:
        """Release everything; a second call does nothing."""
        with self._translated(), self._lock:
            self._closed = True
            database, self._database = self._database, None
            if database is None:
                return
            change = database.change()
            if change is None:
                database.close()
                return
            self._leave(database, change)
            if self._path.parent.is_dir():
                note(self._path, describe(change, self._stale_log, self._clock))


def _wait_until_quiet(path: Path) -> None:
    """
    Wait while a program writes the file, e.g. copies a backup to the path.

    Raises:
        StoreGoneError: The program still writes after some seconds.
    """
    deadline = time.monotonic() + _LONGEST_WAIT_S
    seen, since = None, time.monotonic()
    while True:
        try:
            found = path.stat()
        except OSError:
            return
        now = time.monotonic()
        state = (found.st_ino, found.st_size, found.st_ctime_ns)
        if state != seen:
            seen, since = state, now
        # The second condition covers clocks that were set back.
        if time.time() - found.st_ctime >= QUIET_S or now - since >= QUIET_S:
            return
        if now > deadline:
            raise StoreGoneError(str(path), "is being written by another program")
        time.sleep(_LOOK_S)


def _check_process(process_id: str, last_number: int) -> None:
    try:
        check_id(process_id, "process_id")
    except ValueError as error:
        raise InvalidQueryError(
            "process_id", f"is {process_id[:40]!r}", hint=f"{error}.".replace("`", "")
        ) from error
    if not 0 <= last_number <= MAX_COUNT:
        raise InvalidQueryError(
            "last_number", f"is {last_number}", hint=f"It must be from 0 to {MAX_COUNT}."
        )
