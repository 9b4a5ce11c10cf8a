"""
Opening connections: pragmas, and the pool of readers.

One connection writes; readers have their own, read-only. `access` says which files are opened, and
`migrate` makes the schema.
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
    Open a connection to a file whatever its name is.

    Args:
        path: The database.
        flags: SQLite's flags for opening.
    """
    name = os.fspath(path)
    try:
        name.encode()
    except UnicodeEncodeError:
        # The driver takes UTF-8 alone. SQLite itself resolves a link, and then uses the bytes of
        # the real name, also for the files beside it, so the link isn't needed afterwards.
        with tempfile.TemporaryDirectory(prefix="flightlog-") as directory:
            link = Path(directory) / "database"
            link.symlink_to(path.absolute())
            return apsw.Connection(str(link), flags=flags)
    return apsw.Connection(name, flags=flags)


def open_writer(path: Path, settings: SqliteSettings) -> apsw.Connection:
    """Open the connection that writes; `migrate.prepare` makes the schema right before its use."""
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
        settings: As for the writer.
        immutable: Take no locks and look for no write-ahead log: for a file that can't be locked
            and that nobody writes.
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
    """Keep a connection from copying the write-ahead log, and deleting it, when it closes."""
    connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)


def _folded(*arguments: Any) -> Any:
    return arguments[0].casefold() if isinstance(arguments[0], str) else None


def in_force(connection: apsw.Connection) -> dict[str, str]:
    """What is set about a database as this connection sees it, by SQLite's names."""
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
    Read-only connections, each lent to one thread at a time; as many as ever read at once.

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
        """Close what is idle now, and what is lent as soon as it comes back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def wait_until_closed(self, timeout_s: float) -> bool:
        """Wait until what was lent has come back and is closed; False when it takes longer."""
        with self._lock:
            return self._all_back.wait_for(lambda: self._lent == 0, timeout_s)
