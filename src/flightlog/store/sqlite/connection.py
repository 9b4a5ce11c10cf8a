"""
Opening connections: permissions, pragmas, and the pool of readers.

One connection writes; readers have their own, read-only. What is in the file is `migrate`'s
business.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import apsw

from flightlog.errors import StoreClosedError, StoreUnavailableError
from flightlog.store.sqlite.settings import SqliteSettings


def make_private_file(path: Path) -> None:
    """
    Make the file if it is missing, for its owner's eyes only, and the directories it needs.

    SQLite gives its `-wal` and `-shm` files the permissions of the database.

    Raises:
        StoreUnavailableError: The file or a directory can't be made.
    """
    try:
        for directory in reversed(path.absolute().parents):
            directory.mkdir(mode=0o700, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise StoreUnavailableError(
            str(path),
            f"can't be opened ({error.strerror})",
            hint="Choose a file that you may write, with --db.",
        ) from error


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


def open_reader(path: Path, settings: SqliteSettings) -> apsw.Connection:
    """Open a connection that can't change anything."""
    connection = connect(path, apsw.SQLITE_OPEN_READONLY)
    connection.set_busy_timeout(settings.busy_timeout_ms)
    connection.create_scalar_function("folded", _folded, 1, deterministic=True)
    return connection


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
        path: The database.
        settings: As for the writer.
    """

    def __init__(self, path: Path, settings: SqliteSettings) -> None:
        self._path = path
        self._settings = settings
        self._lock = threading.Lock()
        self._idle: list[apsw.Connection] = []
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
        if connection is None:
            connection = open_reader(self._path, self._settings)
        try:
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.execute("ROLLBACK")
        finally:
            self._give_back(connection)

    def _give_back(self, connection: apsw.Connection) -> None:
        with self._lock:
            if not self._closed:
                self._idle.append(connection)
                return
        connection.close()

    def close(self) -> None:
        """Close what is idle now, and what is lent as soon as it comes back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()
