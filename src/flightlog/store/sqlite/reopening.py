"""
Follows the file that is at the store's path.

`OpenDatabase` is one open file; `ReopeningReader` opens another one when the file was exchanged. A
change counts only if the file was at the path before the commit and after it.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, TypeVar
from weakref import WeakSet

import apsw

from flightlog.clock import Clock
from flightlog.errors import (
    FlightlogError,
    StoreBusyError,
    StoreClosedError,
    StoreFullError,
    StoreGoneError,
)
from flightlog.store.migration import MigrationMonitor
from flightlog.store.sqlite.access import find_file
from flightlog.store.sqlite.compression import Codec
from flightlog.store.sqlite.exchange import (
    append_note,
    describe_change,
    quarantine_log,
    restore_log,
    wait_until_quiet,
)
from flightlog.store.sqlite.migrate import Migration
from flightlog.store.sqlite.open_database import ExchangedError, OpenDatabase
from flightlog.store.sqlite.reading import SqliteReader
from flightlog.store.sqlite.settings import SqliteSettings
from flightlog.store.sqlite.watch import Change

_ATTEMPTS: Final = 8
_LONGEST_WAIT_S: Final = 3.0
_readers: Final[WeakSet[ReopeningReader]] = WeakSet()

Result = TypeVar("Result")


class ReopeningReader(SqliteReader):
    """
    Reads and changes the file that is at a path; `SqliteStore` adds the changes themselves.

    Args:
        path: The file. A missing file is created with its directories, readable by its owner alone.
        settings: How the file is kept.
        clock: The time of the events that are noted beside the file.
        monitor: Takes the progress of a migration when the file is opened first, and may end it.

    Raises:
        StoreError: The file can't be opened or created; see `SqliteStore`.
    """

    def __init__(
        self,
        path: Path,
        settings: SqliteSettings | None,
        clock: Clock,
        monitor: MigrationMonitor | None = None,
    ) -> None:
        super().__init__(path, settings, clock)
        self._lock = threading.Lock()
        self._closed = False
        self._exchange: Change | None = None
        self._stale_log: Path | None = None
        self._left: OpenDatabase | None = None
        self._times_opened = 1
        with self._translated():
            database = self._open(make_directories=True, monitor=monitor)
        self._database: OpenDatabase | None = database
        self._was_left_open = database.was_left_open
        _readers.add(self)

    @property
    def migration(self) -> Migration | None:
        """The migration that ran when the file was opened; None if there was none."""
        return None if self._database is None else self._database.migration

    @property
    def _connection(self) -> apsw.Connection:
        return self._current().connection

    def _open(
        self, *, make_directories: bool, monitor: MigrationMonitor | None = None
    ) -> OpenDatabase:
        for _ in range(_ATTEMPTS):
            try:
                return OpenDatabase(
                    self._path,
                    self._settings,
                    self._clock,
                    make_directories=make_directories,
                    monitor=monitor,
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
        self._stale_log = quarantine_log(database.watch, change, self._clock)
        self._left = database
        database.abandon()

    def _reopen(self, *, make: bool) -> OpenDatabase:
        change, left, path = self._exchange, self._left, str(self._path)
        assert change is not None
        assert left is not None
        try:
            self._wait_for_others(left)
            wait_until_quiet(self._path)
            self._check_place(left, make=make)
            if change == "unreachable":
                # The file system is reachable again, so only now can the change be determined.
                change = left.watch.find_change() or change
                self._stale_log = quarantine_log(left.watch, change, self._clock)
            self._stale_log = restore_log(left.watch, self._stale_log)
            with self._translated():
                database = self._open(make_directories=False)
        except (StoreBusyError, StoreFullError, StoreGoneError):
            raise
        except FlightlogError as error:
            reason = error.message.removeprefix(f"The history {path} ").removesuffix(".")
            raise StoreGoneError(path, f"was exchanged, and {reason}") from error
        self._database, self._exchange, self._left = database, None, None
        self._times_opened += 1
        append_note(self._path, describe_change(change, self._stale_log, self._clock))
        self._stale_log = None
        return database

    def _wait_for_others(self, left: OpenDatabase) -> None:
        # SQLite keeps one index of the log for all connections of a process to one file. Close all
        # of these connections before opening the file with another log.
        for other in list(_readers):
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
            database.checkpointer.before_commit()
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

    @contextlib.contextmanager
    def _reading(self) -> Iterator[tuple[apsw.Connection, Codec]]:
        with self._translated(), contextlib.ExitStack() as lent:
            database, connection = self._lend(lent)
            yield connection, database.codec

    @contextlib.contextmanager
    def _noticing_exchange(self, database: OpenDatabase) -> Iterator[None]:
        content = database.watch.content
        try:
            yield
        except apsw.InterruptError:
            raise
        except apsw.Error as error:
            # After a copy over the file, a snapshot from before the copy fits the file no longer.
            if database.watch.find_change() is None and database.watch.content == content:
                raise
            raise StoreGoneError(str(self._path), "was exchanged while it was read") from error

    def _lend(self, lent: contextlib.ExitStack) -> tuple[OpenDatabase, apsw.Connection]:
        for _ in range(_ATTEMPTS):
            database = self._database
            if self._closed or database is None or database.watch.find_change(with_log=False):
                with self._lock:
                    database = self._current()
            try:
                lent.enter_context(self._noticing_exchange(database))
                return database, lent.enter_context(database.readers.lend_snapshot())
            except ExchangedError:
                continue
            except StoreClosedError:
                # Another thread has just closed this file to open another one.
                if self._closed:
                    raise
        raise StoreGoneError(str(self._path), "is exchanged again and again")

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
                append_note(self._path, describe_change(change, self._stale_log, self._clock))
