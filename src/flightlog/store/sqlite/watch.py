"""
Whether the file at a path is still the one that is open.

Somebody may remove, rename, replace, truncate or overwrite a database while it is open. SQLite goes
on writing to what it has open and notices nothing. So the store asks a `FileWatch` before and after
each commit. In the ordinary case that costs one call of `stat` before it and three after it.

In WAL mode only a checkpoint writes to the database's file. The watch remembers how the file was
after the last one: its size, the time of its last change, and SQLite's header. If that differs,
either another process made a checkpoint, which the write-ahead log shows, or a program that knows
nothing of SQLite wrote over the file.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal, NamedTuple

import apsw

from flightlog.store.sqlite.access import beside

Change = Literal[
    "removed", "replaced", "overwritten", "log removed", "log replaced", "unmounted", "unreachable"
]
"""The events that can befall the file that was open."""

_HEADER_BYTES: Final = 100
_GENERATION: Final = slice(40, 44)
"""Where the header has the number of the schema, which `checkpoint` counts up."""
_LOG_HEADER_BYTES: Final = 32


class _Identity(NamedTuple):
    device: int
    inode: int


class _Content(NamedTuple):
    size: int
    mtime_ns: int


_NEVER: Final = _Content(-1, -1)


class FileWatch:
    """
    Remembers which file is at a path, and says whether it is still there.

    Args:
        path: The database; it is there, and no connection is open yet.

    Raises:
        OSError: It is not there.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.real: Final = Path(os.path.realpath(path))
        """The path without links, beside which SQLite keeps its files."""
        self.log: Final = beside(self.real, "-wal")
        """The write-ahead log."""
        self._name = str(path)
        self._log_name = str(self.log)
        self._index_name = str(beside(self.real, "-shm"))
        self._file = _identity(path.stat())
        self._mount = _mount_point(self.real)
        self._handle = _handle(path)
        self._log: _Identity | None = None
        self._index: _Identity | None = None
        self._content: _Content | None = None
        self._header = b""
        self._log_handle: int | None = None
        self._log_header = b""
        self._copied_pages = 0

    def begin(self, connection: apsw.Connection) -> None:
        """
        Begin to watch, once a connection has opened the file and its write-ahead log.

        Args:
            connection: Any connection on it, outside a transaction.
        """
        self._log = _find(self.log)
        self._index = _find(Path(self._index_name))
        if self._log is not None:
            # SQLite holds no lock on the log, so that closing it does no harm.
            self._log_handle = os.open(self.log, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
        self._remember(connection)

    def change(self, *, with_log: bool = True) -> Change | None:
        """
        Say what became of the file.

        Args:
            with_log: Look for the write-ahead log and its index, too.

        `overwritten` is a suspicion that `is_ours` confirms or not: another process may have made
        a checkpoint.
        """
        try:
            found = os.stat(self._name)  # noqa: PTH116 - asked at each commit, in half the time
        except FileNotFoundError:
            return "unmounted" if self.is_unmounted() else "removed"
        except OSError:
            return "unreachable"
        if (found.st_dev, found.st_ino) != self._file:
            return "unmounted" if self.is_unmounted() else "replaced"
        content = self._content
        if content is not None and (found.st_size, found.st_mtime_ns) != content:
            return "overwritten"
        return self._log_change() if with_log and self._log is not None else None

    def _log_change(self) -> Change | None:
        for name, known in ((self._log_name, self._log), (self._index_name, self._index)):
            try:
                found = os.lstat(name)
            except OSError:
                return "log removed"
            if (found.st_dev, found.st_ino) != known:
                return "log replaced"
        return None

    def verified_change(
        self, connection: apsw.Connection, *, with_log: bool = True
    ) -> Change | None:
        """Say what became of the file, as `change` does, with a suspicion confirmed or dropped."""
        change = self.change(with_log=with_log)
        return None if change == "overwritten" and self.is_ours(connection) else change

    def is_ours(self, connection: apsw.Connection) -> bool:
        """
        Say whether a file that has changed still has the content that belongs to its log.

        Args:
            connection: The writing connection, outside a transaction.

        Returns:
            True when only its times changed, or another process made a checkpoint. The watch has
            then learnt how the file is now.
        """
        header = _read_header(connection)
        content = self._content
        with contextlib.suppress(OSError):
            same_size = content is not None and self._path.stat().st_size == content.size
            if header == self._header and same_size:
                self._remember(connection)
                return True
        checkpointed = (
            self._read_log_header() != self._log_header
            or _copied_pages(connection) > self._copied_pages
        )
        if not checkpointed or header[_GENERATION] < self._header[_GENERATION]:
            return False
        self._remember(connection)
        return True

    @contextlib.contextmanager
    def checkpoint(self, connection: apsw.Connection) -> Iterator[None]:
        """Let a connection copy the log into the file meanwhile, then learn how the file is."""
        before = self._header[_GENERATION]
        self._content = None
        try:
            yield
        finally:
            if _read_header(connection)[_GENERATION] >= before:
                self._remember(connection)
            else:
                # Somebody has overwritten it meanwhile with an older file.
                self._content = _NEVER

    def note_commit(self) -> None:
        """Learn the header of the log, which is a new one each time the log begins anew."""
        self._log_header = self._read_log_header()

    def _remember(self, connection: apsw.Connection) -> None:
        with contextlib.suppress(OSError):
            found = self._path.stat()
            if _identity(found) == self._file:
                self._header = _read_header(connection)
                self._log_header = self._read_log_header()
                self._copied_pages = _copied_pages(connection)
                self._content = _Content(found.st_size, found.st_mtime_ns)

    def _read_log_header(self) -> bytes:
        handle = self._log_handle
        return b"" if handle is None else os.pread(handle, _LOG_HEADER_BYTES, 0)

    def is_unmounted(self) -> bool:
        """Whether the file system that held the file is no longer mounted."""
        if self._mount is None:
            return False
        try:
            return self._mount.stat().st_dev == self._mount.parent.stat().st_dev
        except OSError:
            return True

    def owns(self, path: Path) -> bool:
        """Whether a file beside the database is the log, or its index, that was open."""
        identity = _find(path)
        return identity is not None and identity in (self._log, self._index)

    def has_new_log(self) -> bool:
        """Whether the log, too, was written over, so that it belongs to the new content."""
        return self._log_header not in (b"", self._read_log_header())

    def is_in_place(self) -> bool:
        """Whether the file is where it was, whatever a link to it says."""
        return _find(self.real) == self._file

    def is_back(self) -> bool:
        """Whether the file is at the path again, with its content as it was."""
        try:
            found = self._path.stat()
        except OSError:
            return False
        content = _Content(found.st_size, found.st_mtime_ns)
        return _identity(found) == self._file and content == self._content

    def new_place(self) -> Path | None:
        """Where the file has been moved to with its content as it was; None when unknown."""
        if self._handle is None:
            return None
        try:
            found = os.fstat(self._handle)
            place = Path(f"/proc/self/fd/{self._handle}").readlink()
            same = _find(place) == self._file and place != self.real
        except OSError:
            return None
        same = same and self._content == _Content(found.st_size, found.st_mtime_ns)
        return place if same else None

    def close(self) -> None:
        """Stop watching; a second call does nothing."""
        handles = (self._handle, self._log_handle)
        self._handle = self._log_handle = None
        for handle in handles:
            if handle is not None:
                os.close(handle)


def _handle(path: Path) -> int | None:
    # Closing an O_PATH descriptor leaves SQLite's locks alone; any other would drop them.
    if not hasattr(os, "O_PATH"):
        return None
    return os.open(path, os.O_PATH | os.O_CLOEXEC)


def _identity(found: os.stat_result) -> _Identity:
    return _Identity(found.st_dev, found.st_ino)


def _find(path: Path) -> _Identity | None:
    try:
        found = os.lstat(path)
    except OSError:
        return None
    return _identity(found) if stat.S_ISREG(found.st_mode) else None


def _mount_point(path: Path) -> Path | None:
    for directory in path.parents:
        above = directory.parent
        if above != directory and directory.stat().st_dev != above.stat().st_dev:
            return directory
    return None


def _read_header(connection: apsw.Connection) -> bytes:
    # By the connection's own descriptor: closing another one would drop SQLite's locks.
    try:
        return connection.read("main", 0, 0, _HEADER_BYTES)[1]
    except apsw.Error:
        return b""


def _copied_pages(connection: apsw.Connection) -> int:
    try:
        return connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_NOOP)[1]
    except apsw.Error:
        return 0
