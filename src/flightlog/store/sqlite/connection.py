"""
Open connections with their pragmas, and lend readers from a pool.

One connection writes. Readers have their own read-only connections. `access` decides which files
are opened, and `migrate` creates the schema.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import quote

import apsw

from flightlog.errors import StoreClosedError
from flightlog.store.sqlite.checks import register_checks
from flightlog.store.sqlite.read_deadline import ReadDeadline
from flightlog.store.sqlite.settings import SqliteSettings


def connect(path: Path, flags: int) -> apsw.Connection:
    """
    Open a connection to a file, whatever its name is.

    Args:
        path: The database.
        flags: SQLite's flags for opening.

    Returns:
        The connection.
    """
    name = os.fspath(path)
    try:
        name.encode()
    except UnicodeEncodeError:
        # The driver accepts only UTF-8 names, so open the file through a link with such a name.
        # SQLite resolves the link, and then uses the real name for the database and for the files
        # beside it. The link is therefore not needed afterwards.
        with tempfile.TemporaryDirectory(prefix="flightlog-") as directory:
            link = Path(directory) / "database"
            link.symlink_to(path.absolute())
            return apsw.Connection(str(link), flags=flags)
    return apsw.Connection(name, flags=flags)


def roll_back(connection: apsw.Connection) -> None:
    """
    Roll a transaction back, unless SQLite has done so because of an error.

    Args:
        connection: The connection.
    """
    if connection.in_transaction:
        connection.execute("ROLLBACK")


def open_writer(path: Path, settings: SqliteSettings) -> apsw.Connection:
    """
    Open the connection that writes; call `migrate.prepare` before using the connection.

    Args:
        path: The database.
        settings: How the database is kept.

    Returns:
        The connection with its pragmas set.
    """
    connection = connect(path, apsw.SQLITE_OPEN_READWRITE)
    connection.set_busy_timeout(settings.busy_timeout_ms)
    connection.pragma("foreign_keys", True)
    connection.pragma("recursive_triggers", True)
    connection.pragma("secure_delete", True)
    connection.pragma("synchronous", settings.synchronous)
    connection.pragma("cache_size", -(settings.writer_cache_bytes // 1024))
    return connection


def open_reader(
    path: Path, settings: SqliteSettings, *, immutable: bool = False
) -> apsw.Connection:
    """
    Open a connection that can't change anything.

    Args:
        path: The database.
        settings: The settings of the writer.
        immutable: Take no locks and ignore any write-ahead log; for a file that can't be locked and
            that no process writes.

    Returns:
        The connection.
    """
    flags = apsw.SQLITE_OPEN_READONLY
    if immutable:
        uri = f"file:{quote(os.fsencode(path.absolute()))}?immutable=1"
        connection = apsw.Connection(uri, flags=flags | apsw.SQLITE_OPEN_URI)
    else:
        connection = connect(path, flags)
    disable_checkpoint_at_close(connection)
    connection.set_busy_timeout(settings.busy_timeout_ms)
    connection.create_scalar_function("folded", _folded, 1, deterministic=True)
    register_checks(connection)
    return connection


def disable_checkpoint_at_close(connection: apsw.Connection) -> None:
    """
    Keep a connection from copying and deleting the write-ahead log when the connection closes.

    Args:
        connection: The connection.
    """
    connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)


def _folded(*arguments: Any) -> Any:
    return arguments[0].casefold() if isinstance(arguments[0], str) else None


def read_pragmas(connection: apsw.Connection) -> dict[str, str]:
    """
    Read the database's settings that are in force for a connection.

    Args:
        connection: The connection.

    Returns:
        The values by SQLite's names, and the version of SQLite.
    """
    settings = {name: _name_value(name, connection.pragma(name)) for name in _SHOWN}
    return {"sqlite": apsw.sqlite_lib_version(), **settings}


_SHOWN: Final = ("journal_mode", "synchronous", "auto_vacuum", "wal_autocheckpoint", "page_size")
_WORDS: Final = {
    "synchronous": ("off", "normal", "full", "extra"),
    "auto_vacuum": ("none", "full", "incremental"),
}


def _name_value(name: str, value: Any) -> str:
    return _WORDS[name][value] if name in _WORDS else str(value)


class _Reader(NamedTuple):
    connection: apsw.Connection
    deadline: ReadDeadline


class ReaderPool:
    """
    Lends read-only connections, each to one thread at a time and for a limited time.

    The pool keeps as many connections as were ever lent at once.

    Args:
        path: The database.
        settings: The time limits.
        connect: Opens a connection.
    """

    def __init__(
        self, path: Path, settings: SqliteSettings, connect: Callable[[], apsw.Connection]
    ) -> None:
        self._path = path
        self._settings = settings
        self._open = connect
        self._lock = threading.Lock()
        self._idle: list[_Reader] = []
        self._lent = 0
        self._all_back = threading.Condition(self._lock)
        self._may_lend = threading.Condition(self._lock)
        self._pauses_until = 0.0
        self._closed = False

    @contextlib.contextmanager
    def lend_snapshot(self) -> Iterator[apsw.Connection]:
        """
        Lend a connection within one read transaction, so that several statements agree.

        Yields:
            The connection.

        Raises:
            StoreClosedError: The pool was closed.
            apsw.InterruptError: The transaction took too long.
        """
        with self._lock:
            while not self._closed and (left_s := self._pauses_until - time.monotonic()) > 0:
                self._may_lend.wait(left_s)
            if self._closed:
                raise StoreClosedError(str(self._path))
            reader = self._idle.pop() if self._idle else None
            self._lent += 1
        try:
            reader = reader or self._connect()
        except BaseException:
            self._give_back(None)
            raise
        try:
            reader.connection.execute("BEGIN")
            reader.deadline.begin()
            try:
                yield reader.connection
            finally:
                reader.deadline.end()
                roll_back(reader.connection)
        finally:
            self._give_back(reader)

    @contextlib.contextmanager
    def pause(self, timeout_s: float) -> Iterator[None]:
        """
        Lend nothing while the `with` block runs, so that the write-ahead log can begin anew.

        Without a pause, reads that overlap would keep the log for ever.

        Args:
            timeout_s: The longest time to wait until all connections are returned, seconds.

        Yields:
            Nothing.
        """
        ends_at = time.monotonic() + timeout_s
        with self._lock:
            # A reader that waits goes on in any case once the block has ended, or a second later.
            self._pauses_until = ends_at + 1
            self._all_back.wait_for(lambda: self._lent == 0, timeout_s)
        try:
            yield
        finally:
            with self._lock:
                self._pauses_until = 0.0
                self._may_lend.notify_all()

    def _connect(self) -> _Reader:
        connection = self._open()
        return _Reader(connection, ReadDeadline(connection, self._path, self._settings))

    def _give_back(self, reader: _Reader | None) -> None:
        with self._lock:
            closed = self._closed
            if reader is not None and not closed:
                self._idle.append(reader)
        if reader is not None and closed:
            reader.connection.close()
        with self._lock:
            self._lent -= 1
            self._all_back.notify_all()

    def close(self) -> None:
        """Close idle connections now, and lent connections when they are returned."""
        with self._lock:
            self._closed = True
            self._may_lend.notify_all()
            idle, self._idle = self._idle, []
        for reader in idle:
            reader.connection.close()

    def wait_until_closed(self, timeout_s: float) -> bool:
        """
        Wait until all lent connections are returned and closed.

        Args:
            timeout_s: The longest time to wait, seconds.

        Returns:
            False if the timeout passed first.
        """
        with self._lock:
            return self._all_back.wait_for(lambda: self._lent == 0, timeout_s)
