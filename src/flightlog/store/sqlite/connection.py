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
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import apsw

from flightlog.errors import StoreClosedError
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
    leave_log_alone(connection)
    connection.set_busy_timeout(settings.busy_timeout_ms)
    connection.create_scalar_function("folded", _folded, 1, deterministic=True)
    return connection


def leave_log_alone(connection: apsw.Connection) -> None:
    """
    Keep a connection from copying and deleting the write-ahead log when the connection closes.

    Args:
        connection: The connection.
    """
    connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)


def _folded(*arguments: Any) -> Any:
    return arguments[0].casefold() if isinstance(arguments[0], str) else None


def in_force(connection: apsw.Connection) -> dict[str, str]:
    """
    Read the database's settings that are in force for a connection.

    Args:
        connection: The connection.

    Returns:
        The values by SQLite's names, and the version of SQLite.
    """
    settings = {name: _word(name, connection.pragma(name)) for name in _SHOWN}
    return {"sqlite": apsw.sqlite_lib_version(), **settings}


_SHOWN: Final = ("journal_mode", "synchronous", "auto_vacuum", "wal_autocheckpoint", "page_size")
_WORDS: Final = {
    "synchronous": ("off", "normal", "full", "extra"),
    "auto_vacuum": ("none", "full", "incremental"),
}


def _word(name: str, value: Any) -> str:
    return _WORDS[name][value] if name in _WORDS else str(value)


class ReaderPool:
    """
    Lends read-only connections, each to one thread at a time.

    The pool keeps as many connections as were ever lent at once.

    Args:
        path: The database, for messages.
        connect: Opens a connection.
    """

    def __init__(self, path: Path, connect: Callable[[], apsw.Connection]) -> None:
        self._path = path
        self._connect = connect
        self._lock = threading.Lock()
        self._idle: list[apsw.Connection] = []
        self._lent = 0
        self._all_back = threading.Condition(self._lock)
        self._closed = False

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[apsw.Connection]:
        """
        Lend a connection within one read transaction, so that several statements agree.

        Yields:
            The connection.

        Raises:
            StoreClosedError: The pool was closed.
        """
        with self._lock:
            if self._closed:
                raise StoreClosedError(str(self._path))
            connection = self._idle.pop() if self._idle else None
            self._lent += 1
        try:
            connection = connection or self._connect()
        except BaseException:
            self._give_back(None)
            raise
        try:
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.execute("ROLLBACK")
        finally:
            self._give_back(connection)

    def _give_back(self, connection: apsw.Connection | None) -> None:
        with self._lock:
            closed = self._closed
            if connection is not None and not closed:
                self._idle.append(connection)
        if connection is not None and closed:
            connection.close()
        with self._lock:
            self._lent -= 1
            self._all_back.notify_all()

    def close(self) -> None:
        """Close idle connections now, and lent connections when they are returned."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

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
