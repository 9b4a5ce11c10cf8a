"""
`OpenDatabase`: one file as it is open, with everything that is remembered of its content.

Connections, payload ids, dictionaries and counts belong to one file. When another file is at the
path, the store drops all of them together and opens a new `OpenDatabase`.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Final

import apsw

from flightlog.clock import Clock
from flightlog.record.model import WorkflowExecution
from flightlog.store.sqlite.access import prepare_file
from flightlog.store.sqlite.aggregates import Aggregates
from flightlog.store.sqlite.checkpoint import Checkpointer
from flightlog.store.sqlite.compression import Codec
from flightlog.store.sqlite.connection import (
    ReaderPool,
    in_force,
    leave_log_alone,
    open_reader,
    open_writer,
)
from flightlog.store.sqlite.erase import Eraser
from flightlog.store.sqlite.migrate import prepare
from flightlog.store.sqlite.payloads import PayloadWriter
from flightlog.store.sqlite.settings import SqliteSettings
from flightlog.store.sqlite.watch import Change, FileWatch
from flightlog.store.sqlite.writer import Writer

_ADOPTED_AT_ONCE: Final = 200


class ExchangedError(Exception):
    """Another file came to the path while it was opened; to be tried again."""


class OpenDatabase:
    """
    Opens a file for writing, and brings it to today's schema.

    Args:
        path: The file; made if it is missing.
        settings: How it is kept.
        clock: For the moments that the store itself notes.
        make_directories: Make the directories that are missing, too.
        back_up: Copy a file of an older schema before it is migrated.

    Raises:
        ExchangedError: Another file came to the path meanwhile.
        StoreError: It can't be opened, or must not be written.
    """

    def __init__(
        self,
        path: Path,
        settings: SqliteSettings,
        clock: Clock,
        *,
        make_directories: bool = True,
        back_up: bool = True,
    ) -> None:
        self._path = path
        self._settings = settings
        prepare_file(path, make_directories=make_directories)
        try:
            self.watch = FileWatch(path)
        except FileNotFoundError as error:
            raise ExchangedError from error
        try:
            self.connection = open_writer(path, settings)
            try:
                self._set_up(clock, back_up)
            except BaseException:
                leave_log_alone(self.connection)
                self.connection.close()
                raise
        except BaseException:
            self.watch.close()
            raise

    def _set_up(self, clock: Clock, back_up: bool) -> None:
        connection = self.connection
        if self.watch.change() is not None:
            raise ExchangedError
        self.codec = Codec()
        self.payloads = PayloadWriter(connection, self.codec)
        aggregates = Aggregates(connection)
        self.writer = Writer(connection, self.codec, self.payloads, aggregates, clock)
        self.eraser = Eraser(connection, self.payloads, aggregates, clock)
        self.migration = prepare(
            connection,
            self._path,
            self._settings.busy_timeout_ms,
            clock,
            self._adopt,
            back_up=back_up,
        )
        self.codec.load_newest(connection)
        self.settings = in_force(connection)
        self.watch.begin(connection)
        self.checkpointer = Checkpointer(self._path, connection, self._settings, self.watch)
        self.readers = ReaderPool(self._path, self._connect_reader)
        if self.watch.change() is not None:
            raise ExchangedError

    def _adopt(self, records: Iterable[WorkflowExecution]) -> None:
        iterator = iter(records)
        while batch := list(islice(iterator, _ADOPTED_AT_ONCE)):
            self.writer.write([batch])

    def _connect_reader(self) -> apsw.Connection:
        connection = open_reader(self._path, self._settings)
        # It has opened whatever file is at the path now.
        if self.watch.change() not in (None, "overwritten"):
            connection.close()
            raise ExchangedError
        return connection

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what is written within the block, or nothing of it if it raises."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.connection.execute("COMMIT")
        except BaseException:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            raise

    def change(self, *, with_log: bool = True) -> Change | None:
        """Say what became of the file; the caller holds the writer's lock."""
        return self.watch.verified_change(self.connection, with_log=with_log)

    def tidy_up(self) -> None:
        """Train the compression and bound the log, after a commit."""
        self.watch.note_commit()
        # The records are on disk: a training that can't be done now is done later.
        with contextlib.suppress(apsw.BusyError, apsw.LockedError, apsw.FullError):
            newest = self.payloads.newest_id
            if self.codec.wants_training(newest):
                # Another process may have trained one already.
                self.codec.load_newest(self.connection)
            if self.codec.wants_training(newest):
                with self.transaction():
                    self.codec.train(self.connection, newest)
                self.codec.load_newest(self.connection)
        self.checkpointer.after_commit()

    def save_log(self) -> None:
        """
        Copy a log that was removed into the database, which is where it was.

        Not when another process has written to a new log: the two would contradict each other.
        """
        log = self.watch.log
        with contextlib.suppress(apsw.Error, OSError):
            if self.watch.owns(log) or not os.path.lexists(log) or not log.stat().st_size:
                self.connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_FULL)

    def abandon(self) -> None:
        """Close everything, and leave the files as they are."""
        leave_log_alone(self.connection)
        self.close()

    def close(self) -> None:
        """Close everything; the last connection of all processes copies the log."""
        self.checkpointer.finish()
        self.readers.close()
        self.connection.close()
        self.watch.close()
