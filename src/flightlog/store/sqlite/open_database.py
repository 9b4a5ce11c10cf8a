"""
`OpenDatabase`: one open file, with everything that the store remembers of the file's content.

Connections, payload ids, dictionaries and counts belong to one file. When another file is at the
path, the store discards all of them together and opens a new `OpenDatabase`.
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
from flightlog.store.migration import MigrationMonitor
from flightlog.store.record_writer import Writer
from flightlog.store.sqlite.access import add_suffix, prepare_file
from flightlog.store.sqlite.aggregates import Aggregates
from flightlog.store.sqlite.checkpoint import Checkpointer
from flightlog.store.sqlite.compression import Codec
from flightlog.store.sqlite.connection import (
    ReaderPool,
    disable_checkpoint_at_close,
    open_reader,
    open_writer,
    read_pragmas,
    roll_back,
)
from flightlog.store.sqlite.erase import Eraser
from flightlog.store.sqlite.indexing import IndexWriter
from flightlog.store.sqlite.ledger import LedgerWriter
from flightlog.store.sqlite.migrate import prepare
from flightlog.store.sqlite.payloads import PayloadWriter
from flightlog.store.sqlite.retention import PortionRemover, make_pruner
from flightlog.store.sqlite.row_store import SqliteRows, SqliteRunStatements
from flightlog.store.sqlite.settings import SqliteSettings
from flightlog.store.sqlite.watch import Change, FileWatch

_ADOPTED_AT_ONCE: Final = 200


class ExchangedError(Exception):
    """Another file came to the path while the file was being opened; try again."""


class OpenDatabase:
    """
    Opens a file for writing, and brings the file to the current schema.

    Args:
        path: The file; created if missing.
        settings: How the file is kept.
        clock: The time of the events that the store itself notes.
        make_directories: Also create missing directories.
        back_up: Copy a file of an older schema before the migration.
        monitor: Takes the progress of a migration, and may end it.

    Raises:
        ExchangedError: Another file appeared at the path in the meantime.
        StoreError: The file can't be opened, or must not be written.
    """

    def __init__(
        self,
        path: Path,
        settings: SqliteSettings,
        clock: Clock,
        *,
        make_directories: bool = True,
        back_up: bool = True,
        monitor: MigrationMonitor | None = None,
    ) -> None:
        self._path = path
        self._settings = settings
        prepare_file(path, make_directories=make_directories)
        self.was_left_open = _has_log(path)
        """Whether a process that had the file open ended without closing it, or still has it."""
        try:
            self.watch = FileWatch(path)
        except FileNotFoundError as error:
            raise ExchangedError from error
        try:
            self.connection = open_writer(path, settings)
            try:
                self._set_up(clock, back_up, monitor)
            except BaseException:
                disable_checkpoint_at_close(self.connection)
                self.connection.close()
                raise
        except BaseException:
            self.watch.close()
            raise

    def _set_up(self, clock: Clock, back_up: bool, monitor: MigrationMonitor | None) -> None:
        connection = self.connection
        if self.watch.find_change() is not None:
            raise ExchangedError
        self.codec = Codec()
        self.payloads = PayloadWriter(connection, self.codec)
        aggregates = Aggregates(connection)
        self.index = IndexWriter(connection)
        self.ledger = LedgerWriter(connection, clock)
        self.writer = Writer(
            SqliteRows(connection),
            SqliteRunStatements(connection),
            self.payloads,
            aggregates,
            clock,
            ledger=self.ledger,
            index=self.index,
        )
        self.eraser = Eraser(connection, self.payloads, aggregates, self.index, clock)
        self.remover = PortionRemover(connection, self.eraser)
        wal_limit_bytes = self._settings.wal_limit_bytes
        self.pruner = make_pruner(connection, self.remover, clock, wal_limit_bytes)
        self.migration = prepare(
            connection,
            self._path,
            self._settings.busy_timeout_ms,
            clock,
            self._adopt,
            back_up=back_up,
            monitor=monitor,
        )
        self.codec.load_newest(connection)
        self.settings = read_pragmas(connection)
        try:
            self.watch.begin(connection)
        except FileNotFoundError as error:
            raise ExchangedError from error
        self.readers = ReaderPool(self._path, self._settings, self._connect_reader)
        self.checkpointer = Checkpointer(
            self._path, connection, self._settings, self.watch, self.readers
        )
        if self.watch.find_change() is not None:
            raise ExchangedError

    def _adopt(self, records: Iterable[WorkflowExecution]) -> None:
        iterator = iter(records)
        while batch := list(islice(iterator, _ADOPTED_AT_ONCE)):
            self.writer.write([batch])

    def _connect_reader(self) -> apsw.Connection:
        connection = open_reader(self._path, self._settings)
        # The connection opened whatever file is at the path now.
        if self.watch.find_change() not in (None, "overwritten"):
            connection.close()
            raise ExchangedError
        return connection

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """
        Commit the writes of the `with` block; roll all of them back if the block raises.

        Yields:
            Nothing.
        """
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.connection.execute("COMMIT")
        except BaseException:
            roll_back(self.connection)
            raise

    @contextlib.contextmanager
    def unsynced(self) -> Iterator[None]:
        """
        Commit the transactions of the `with` block without a sync to disk.

        After a power failure such a transaction may be missing, together with all later ones. Only
        use this for work that is repeated then.

        Yields:
            Nothing.
        """
        self.connection.pragma("synchronous", "normal")
        try:
            yield
        finally:
            self.connection.pragma("synchronous", self._settings.synchronous)

    def change(self, *, with_log: bool = True) -> Change | None:
        """
        Check whether the file was exchanged; the caller holds the writer's lock.

        Args:
            with_log: Also check the write-ahead log and its index.

        Returns:
            The event; None when the file is unchanged.
        """
        return self.watch.verify_change(self.connection, with_log=with_log)

    def tidy_up(self) -> None:
        """Train the compression and bound the log; call this after a commit."""
        self.watch.note_commit(self.connection)
        # The records are on disk, so a training that fails now can wait.
        with contextlib.suppress(apsw.BusyError, apsw.LockedError, apsw.FullError):
            newest = self.payloads.newest_id
            if self.codec.wants_training(newest):
                # Another process may already have trained a dictionary.
                self.codec.load_newest(self.connection)
            if self.codec.wants_training(newest):
                with self.transaction():
                    self.codec.train(self.connection, newest)
                self.codec.load_newest(self.connection)
        self.checkpointer.after_commit()

    def save_log(self) -> None:
        """
        Copy a removed log into the database, because the log's content belongs there.

        Skip the copy when another process has written to a new log, because the two logs would
        contradict each other.
        """
        log = self.watch.log
        with contextlib.suppress(apsw.Error, OSError):
            if self.watch.owns(log) or not os.path.lexists(log) or not log.stat().st_size:
                self.connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_FULL)

    def abandon(self) -> None:
        """Close everything and leave the files unchanged."""
        disable_checkpoint_at_close(self.connection)
        self.close()

    def close(self) -> None:
        """Close everything; the last connection of all processes copies the log."""
        self.checkpointer.finish()
        self.readers.close()
        self.connection.close()
        self.watch.close()


def _has_log(path: Path) -> bool:
    try:
        return add_suffix(Path(os.path.realpath(path)), "-wal").stat().st_size > 0
    except OSError:
        return False
