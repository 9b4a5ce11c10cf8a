"""
Run checkpoints, which copy the write-ahead log into the database and keep the log bounded.

A checkpoint takes long compared with a commit. A separate thread with its own connection therefore
copies the log while the writer continues; the thread ends with the checkpoint. The writer then
copies the few pages that were written in the meantime, and the log restarts.
"""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path
from typing import Final

import apsw

from flightlog.store.sqlite.connection import leave_log_alone, open_writer
from flightlog.store.sqlite.settings import SqliteSettings
from flightlog.store.sqlite.watch import FileWatch

_LATER: Final = (apsw.BusyError, apsw.LockedError, apsw.FullError)
"""Errors that postpone a checkpoint; this is safe because no commit depends on a checkpoint."""


class Checkpointer:
    """
    Bounds the write-ahead log of one writing connection; its caller holds the writer's lock.

    Args:
        path: The database.
        connection: The writing connection.
        settings: Log sizes at which to copy, and at which to wait for readers.
        watch: Records the file's state after each checkpoint.
    """

    def __init__(
        self, path: Path, connection: apsw.Connection, settings: SqliteSettings, watch: FileWatch
    ) -> None:
        self._watch = watch
        self._path = path
        self._connection = connection
        self._settings = settings
        self._log_bytes = 0
        self._copying: threading.Thread | None = None
        page_bytes: int = connection.pragma("page_size")

        def note_size(_connection: apsw.Connection, _database: str, pages: int) -> int:
            self._log_bytes = pages * page_bytes
            return apsw.SQLITE_OK

        connection.set_wal_hook(note_size)
        connection.pragma("journal_size_limit", settings.wal_limit_bytes)

    def after_commit(self) -> None:
        """Begin a checkpoint if the log has grown, or finish a checkpoint that was begun."""
        over_limit = self._log_bytes >= self._settings.wal_limit_bytes
        if self._copying is None:
            if self._log_bytes >= self._settings.checkpoint_bytes:
                self._mark_generation()
                self._copying = threading.Thread(target=self._copy, name="flightlog-checkpoint")
                self._copying.start()
        elif over_limit or not self._copying.is_alive():
            self.finish()
            # Past the limit, wait for readers, because readers keep the log from restarting.
            self._checkpoint(
                self._connection,
                apsw.SQLITE_CHECKPOINT_RESTART if over_limit else apsw.SQLITE_CHECKPOINT_PASSIVE,
            )

    def empty_log(self) -> None:
        """Empty the log. If a reader needs the log, a later checkpoint empties it."""
        self.finish()
        self._mark_generation()
        self._checkpoint(self._connection, apsw.SQLITE_CHECKPOINT_TRUNCATE)

    def finish(self) -> None:
        """Wait for the running checkpoint, if there is one."""
        if self._copying is not None:
            self._copying.join()
            self._copying = None

    def _mark_generation(self) -> None:
        # SQLite stores the schema's number in the file's header. SQLite allows changing this
        # number, and all connections then read the schema again. Increment the number at each
        # checkpoint, so that each checkpoint gives the file another header and an older copy of the
        # file is recognised. The header's own change counter can't serve, because WAL mode keeps it
        # the same over many commits.
        with contextlib.suppress(*_LATER):
            version: int = self._connection.pragma("schema_version")
            self._connection.pragma("schema_version", version + 1)

    def _copy(self) -> None:
        # If the file was exchanged just now, the writer finds that out at its next commit.
        with contextlib.suppress(apsw.CantOpenError, apsw.IOError, apsw.NotADBError):
            connection = open_writer(self._path, self._settings)
            leave_log_alone(connection)
            try:
                # The connection opened whatever file is at the path now.
                if self._watch.verified_change(connection) is None:
                    self._checkpoint(connection, apsw.SQLITE_CHECKPOINT_PASSIVE)
            finally:
                connection.close()

    def _checkpoint(self, connection: apsw.Connection, mode: int) -> None:
        with contextlib.suppress(*_LATER), self._watch.checkpoint(connection):
            connection.wal_checkpoint(mode=mode)
