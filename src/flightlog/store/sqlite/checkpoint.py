"""
Run checkpoints, which copy the write-ahead log into the database and keep the log bounded.

A checkpoint takes long compared with a commit. A separate thread with its own connection therefore
copies the log while the writer continues, again and again until little is left. The writer then
copies the few pages that were written in the meantime, and the log restarts.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import apsw

from flightlog.errors import StoreLogFullError
from flightlog.store.sqlite.connection import (
    ReaderPool,
    disable_checkpoint_at_close,
    open_writer,
    roll_back,
)
from flightlog.store.sqlite.log_readers import find_log_readers
from flightlog.store.sqlite.settings import SqliteSettings
from flightlog.store.sqlite.watch import FileWatch

_LATER: Final = (apsw.BusyError, apsw.LockedError, apsw.FullError, apsw.IOError)
"""Errors that postpone a checkpoint; this is safe because no commit depends on a checkpoint."""
_OF_DISK: Final = (apsw.FullError, apsw.IOError)


_WAIT_MS: Final = 40
"""How long a commit waits for readers so that a large log restarts, milliseconds."""
_LAST_WAIT_MS: Final = 2_000
"""How long the first commit waits for readers before it is refused, milliseconds."""
_MS_PER_S: Final = 1_000
_PAUSE_S: Final = 0.5
"""How long to wait after readers have kept the log from restarting, seconds."""


_COPY_SHARE: Final = 16
"""The log is copied when it has this part of the history's budget."""
_SMALLEST_COPY_BYTES: Final = 4 * 2**20
_MOST_COPIES: Final = 6
"""How often the log is copied at most before the writer copies the rest."""
_REST_BYTES: Final = 2**18
"""A rest of this size is left to the writer, bytes."""
_PARTS: Final = 4
"""While readers keep the log, it is copied when it has grown by this part of its usual size."""


class Checkpointer:
    """
    Bounds the write-ahead log of one writing connection; its caller holds the writer's lock.

    Args:
        path: The database.
        connection: The writing connection.
        settings: Log sizes at which to copy, to wait for readers, and to store nothing more.
        watch: Records the file's state after each checkpoint.
        readers: The connections of this process that read.
    """

    def __init__(
        self,
        path: Path,
        connection: apsw.Connection,
        settings: SqliteSettings,
        watch: FileWatch,
        readers: ReaderPool,
    ) -> None:
        self._readers = readers
        self._watch = watch
        self._path = path
        self._connection = connection
        self._settings = settings
        self._copy_bytes = self._next_copy_bytes = settings.checkpoint_bytes
        self._limit_bytes = settings.wal_limit_bytes
        self._log_bytes = 0
        self._marked: tuple[int, int] | None = None
        self._copying: threading.Thread | None = None
        self._pause_ends_at = 0.0
        self._is_refusing = False
        self._failure: apsw.Error | None = None
        self._must_empty = False
        page_bytes: int = connection.pragma("page_size")

        def note_size(_connection: apsw.Connection, _database: str, pages: int) -> int:
            self._log_bytes = pages * page_bytes
            return apsw.SQLITE_OK

        connection.set_wal_hook(note_size)
        self._limit_file()

    def fit_budget(self, max_bytes: int) -> None:
        """
        Keep the log small compared with a budget for the history.

        Args:
            max_bytes: The budget, bytes.
        """
        settings = self._settings
        copy_bytes = max(_SMALLEST_COPY_BYTES, max_bytes // _COPY_SHARE)
        copy_bytes = min(settings.checkpoint_bytes, copy_bytes)
        if copy_bytes != self._copy_bytes:
            self._copy_bytes = self._next_copy_bytes = copy_bytes
            self._limit_bytes = min(settings.wal_limit_bytes, 2 * copy_bytes)
            self._limit_file()

    def _limit_file(self) -> None:
        # A log that readers kept large shrinks to this size when the log restarts.
        self._connection.pragma("journal_size_limit", self._copy_bytes)

    def before_commit(self) -> None:
        """
        Check that the log may grow.

        Raises:
            StoreLogFullError: The log has reached its limit, and readers keep it from restarting.
            apsw.Error: The log has reached its limit, and the disk fails.
        """
        if self._log_bytes < self._settings.wal_refuse_bytes:
            return
        if not (self._is_refusing and self._pauses()):
            self.finish()
            self._restart(_WAIT_MS if self._is_refusing else _LAST_WAIT_MS)
        self._is_refusing = self._log_bytes >= self._settings.wal_refuse_bytes
        if self._is_refusing:
            if isinstance(self._failure, _OF_DISK):
                raise self._failure
            holders = " and ".join(find_log_readers(self._path))
            raise StoreLogFullError(str(self._path), self._log_bytes, holders)

    def after_commit(self) -> None:
        """Begin a checkpoint if the log has grown, or finish a checkpoint that was begun."""
        if self._log_bytes < self._copy_bytes:
            self._next_copy_bytes = self._copy_bytes
        if self._copying is None:
            if self._log_bytes >= self._next_copy_bytes:
                # Others wait to write, and the copy begins with a sync of the log anyway.
                self._connection.pragma("synchronous", "normal")
                try:
                    self._begin_copy()
                finally:
                    self._connection.pragma("synchronous", self._settings.synchronous)
        elif not self._copying.is_alive() or self._log_bytes >= self._settings.wal_refuse_bytes:
            self._finish_copy()

    def trim(self) -> None:
        """Empty a log that readers have kept until now; call this at intervals."""
        is_wanted = self._must_empty or self._read_size() > self._limit_bytes
        if self._copying is None:
            if is_wanted:
                self._begin_copy()
        elif not self._copying.is_alive():
            self._finish_copy()
            if is_wanted and self._truncate(wait_ms=0):
                self._must_empty = False

    def begin_copy(self) -> threading.Thread:
        """
        Begin a checkpoint, unless a checkpoint runs.

        Returns:
            The thread that copies the log.
        """
        if self._copying is None or not self._copying.is_alive():
            self.finish()
            self._begin_copy()
        assert self._copying is not None
        return self._copying

    def empty_log(self) -> bool:
        """
        Empty the log. If a reader needs the log, `trim` tries again later.

        Returns:
            Whether the log is empty.
        """
        self.finish()
        self._mark_generation()
        self._must_empty = not self._truncate(wait_ms=_WAIT_MS)
        return not self._must_empty

    def finish(self) -> None:
        """Wait for the running checkpoint, if there is one."""
        if self._copying is not None:
            self._copying.join()
            self._copying = None

    def _begin_copy(self) -> None:
        self._mark_generation()
        self._copying = threading.Thread(target=self._copy, name="flightlog-checkpoint")
        self._copying.start()

    def _finish_copy(self) -> None:
        self.finish()
        if self._log_bytes >= self._limit_bytes and not self._pauses():
            self._restart(_WAIT_MS)
        else:
            # The log restarts at the next commit, unless a reader needs it.
            self._checkpoint(self._connection, apsw.SQLITE_CHECKPOINT_PASSIVE)
        self._next_copy_bytes = self._log_bytes + self._copy_bytes // _PARTS

    def _restart(self, wait_ms: int) -> None:
        # Past the limit, wait for readers, because readers keep the log from restarting.
        with self._waiting(wait_ms):
            restarts = self._checkpoint(self._connection, apsw.SQLITE_CHECKPOINT_RESTART)
        if restarts:
            self._log_bytes = 0
        else:
            self._pause_ends_at = time.monotonic() + _PAUSE_S

    def _truncate(self, wait_ms: int) -> bool:
        with self._waiting(wait_ms):
            is_empty = self._checkpoint(self._connection, apsw.SQLITE_CHECKPOINT_TRUNCATE)
        if is_empty:
            self._log_bytes = 0
        return is_empty

    @contextlib.contextmanager
    def _waiting(self, wait_ms: int) -> Iterator[None]:
        # This process's own reads wait meanwhile; what is left are the reads of other processes.
        with self._readers.pause(wait_ms / _MS_PER_S):
            self._connection.set_busy_timeout(wait_ms)
            try:
                yield
            finally:
                self._connection.set_busy_timeout(self._settings.busy_timeout_ms)

    def _pauses(self) -> bool:
        return time.monotonic() < self._pause_ends_at

    def _read_size(self) -> int:
        try:
            return self._watch.log.stat().st_size
        except OSError:
            return 0

    def _mark_generation(self) -> None:
        # SQLite stores the schema's number in the file's header. SQLite allows changing this
        # number, and all connections then read the schema again. Increment the number at each
        # checkpoint, so that each checkpoint gives the file another header and an older copy of the
        # file is recognised. The header's own change counter can't serve, because WAL mode keeps it
        # the same over many commits. Read and write it in one transaction, because a number that
        # goes back, after other processes have counted on, looks like an older copy.
        if self._marked == self._read_progress():
            return
        with contextlib.suppress(*_LATER):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                version: int = self._connection.pragma("schema_version")
                self._connection.pragma("schema_version", version + 1)
                self._connection.execute("COMMIT")
            except BaseException:
                roll_back(self._connection)
                raise
            self._marked = self._read_progress()

    def _read_progress(self) -> tuple[int, int]:
        # The first number changes with commits of other connections, the second one with our own.
        return self._connection.pragma("data_version"), self._log_bytes

    def _copy(self) -> None:
        # If the file was exchanged just now, the writer finds that out at its next commit.
        with contextlib.suppress(apsw.CantOpenError, apsw.IOError, apsw.NotADBError):
            connection = open_writer(self._path, self._settings)
            disable_checkpoint_at_close(connection)
            try:
                # The connection opened whatever file is at the path now.
                if self._watch.verify_change(connection) is None:
                    self._copy_most(connection)
            finally:
                connection.close()

    def _copy_most(self, connection: apsw.Connection) -> None:
        for _ in range(_MOST_COPIES):
            log_bytes = self._log_bytes
            if not self._checkpoint(connection, apsw.SQLITE_CHECKPOINT_PASSIVE):
                return
            # SQLite syncs the database only when the whole log is copied, so the writer would wait
            # for the sync of all these pages.
            self._watch.sync()
            if self._log_bytes - log_bytes < _REST_BYTES:
                return

    def _checkpoint(self, connection: apsw.Connection, mode: int) -> bool:
        try:
            with self._watch.checkpoint(connection):
                connection.wal_checkpoint(mode=mode)
        except _LATER as error:
            self._failure = error
            return False
        self._failure = None
        return True
