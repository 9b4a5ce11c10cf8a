"""
Checkpoints: copying the write-ahead log into the database, so that the log stays bounded.

A checkpoint takes long beside a commit. It runs in a thread and on a connection of its own, while
the writer goes on; the thread ends with it. What was written meanwhile the writer then copies
itself, which is little, and the log starts anew.
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
"""Reasons to leave a checkpoint to the next one: no commit depends on it."""


class Checkpointer:
    """
    Bounds the write-ahead log of one writing connection; its caller holds the writer's lock.

    Args:
        path: The database.
        connection: The writing connection.
        settings: When to copy, and when to wait for readers.
        watch: Learns how each checkpoint has left the file.
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
        """Begin a checkpoint if the log has grown, or end the one that has copied most of it."""
        over_limit = self._log_bytes >= self._settings.wal_limit_bytes
        if self._copying is None:
            if self._log_bytes >= self._settings.checkpoint_bytes:
                self._mark_generation()
                self._copying = threading.Thread(target=self._copy, name="flightlog-checkpoint")
                self._copying.start()
        elif over_limit or not self._copying.is_alive():
            self.finish()
            # Past the limit readers are waited for: they are what keeps the log from starting anew.
            self._checkpoint(
                self._connection,
                apsw.SQLITE_CHECKPOINT_RESTART if over_limit else apsw.SQLITE_CHECKPOINT_PASSIVE,
            )

    def empty_log(self) -> None:
        """Empty the log, unless a reader needs it: then a later checkpoint does."""
        self.finish()
        self._mark_generation()
        self._checkpoint(self._connection, apsw.SQLITE_CHECKPOINT_TRUNCATE)

    def finish(self) -> None:
        """Wait for the checkpoint that is under way, if one is."""
        if self._copying is not None:
            self._copying.join()
            self._copying = None

    def _mark_generation(self) -> None:
        # The number of the schema is in the file's header. Counting it up, which SQLite allows and
        # which makes all connections read the schema again, gives the file another header at each
        # checkpoint, so that an older copy of the file is known for what it is. The header's own
        # change counter does not serve: in WAL mode it stays the same over many commits.
        with contextlib.suppress(*_LATER):
            version: int = self._connection.pragma("schema_version")
            self._connection.pragma("schema_version", version + 1)

    def _copy(self) -> None:
        with contextlib.suppress(apsw.CantOpenError):
            connection = open_writer(self._path, self._settings)
            leave_log_alone(connection)
            try:
                # It has opened whatever file is at the path now.
                if self._watch.verified_change(connection) is None:
                    self._checkpoint(connection, apsw.SQLITE_CHECKPOINT_PASSIVE)
            finally:
                connection.close()

    def _checkpoint(self, connection: apsw.Connection, mode: int) -> None:
        with contextlib.suppress(*_LATER), self._watch.checkpoint(connection):
            connection.wal_checkpoint(mode=mode)
