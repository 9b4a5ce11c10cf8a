"""
Check whether the file at a path is still the file that is open.

People and programs may remove, rename, replace, truncate or overwrite a database while it is open.
SQLite continues to write to the open file and notices nothing. The store therefore asks a
`FileWatch` before and after each commit. In the ordinary case this costs one call of `stat` before
the commit and three after it.

In WAL mode only a checkpoint writes to the database's file. The watch remembers the file's state
after the last checkpoint: its size, the time of its last change, SQLite's header, and how far
checkpoints have come. If the file's state differs, either another process ran a checkpoint, or
another program overwrote the file. The log of a file that other processes write must never be set
aside, so the watch reports an overwritten file only on proof:

- the header changed, and no checkpoint has begun since; or
- the header's generation doesn't follow the known generation. Each checkpoint of Flightlog adds one
  to the generation, and each history starts at a random generation (`migrate`). So the generation
  of an older copy is lower, and the generation of another history almost certainly far away.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal, NamedTuple

import apsw

from flightlog.store.sqlite.access import add_suffix
from flightlog.store.sqlite.wal_index import CheckpointProgress, WalIndex

Change = Literal[
    "removed", "replaced", "overwritten", "log removed", "log replaced", "unmounted", "unreachable"
]
"""The events that can happen to the open file."""

_HEADER_BYTES: Final = 100
_MAGIC: Final = b"SQLite format 3\0"
_GENERATION: Final = slice(40, 44)
"""The part of the header that holds the schema's number, which `checkpoint` increments."""
_MOST_CHECKPOINTS: Final = 2**20
"""More checkpoints than other processes run between two looks of this process."""
_LOG_HEADER_BYTES: Final = 32
_DESCRIPTORS: Final = "/proc/self/fd"


class _Identity(NamedTuple):
    device: int
    inode: int


class _Content(NamedTuple):
    size: int
    mtime_ns: int


_NEVER: Final = _Content(-1, -1)


class _Known(NamedTuple):
    # Replaced as a whole, because the writer and the thread of a checkpoint both remember.
    header: bytes = b""
    progress: CheckpointProgress | None = None


class FileWatch:
    """
    Remembers which file is at a path, and checks whether the file is still there.

    Args:
        path: The database. The file exists, and no connection to it is open yet.

    Raises:
        OSError: The file is missing.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.real: Final = Path(os.path.realpath(path))
        """The path without links; SQLite keeps its files beside this path."""
        self.log: Final = add_suffix(self.real, "-wal")
        """The write-ahead log."""
        self._name = str(path)
        self._log_name = str(self.log)
        self._index_name = str(add_suffix(self.real, "-shm"))
        self._file = _make_identity(path.stat())
        self._mount = _find_mount_point(self.real)
        self._handle = _handle(path)
        self._log: _Identity | None = None
        self._index: _Identity | None = None
        self._content: _Content | None = None
        self._known = _Known()
        self._first_generation = 0
        self._wal_index: WalIndex | None = None
        self._log_handle: int | None = None
        self._log_header = b""

    def begin(self, connection: apsw.Connection) -> None:
        """
        Begin to watch; call this after a connection has opened the file and its write-ahead log.

        Args:
            connection: Any connection to the file, outside a transaction.

        Raises:
            FileNotFoundError: The log was removed in the meantime.
        """
        self._log = _find(self.log)
        self._index = _find(Path(self._index_name))
        if self._log is not None:
            # Closing this descriptor later does no harm, because SQLite holds no lock on the log.
            self._log_handle = os.open(self.log, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
        # A new history's generation may still be in the log alone.
        self._first_generation = connection.pragma("schema_version")
        self._wal_index = WalIndex(Path(self._index_name))
        self._remember(connection)

    @property
    def content(self) -> tuple[int, int] | None:
        """The known size and time of change of the file; None while a checkpoint runs."""
        return self._content

    def find_change(self, *, with_log: bool = True) -> Change | None:
        """
        Check whether the file was exchanged.

        `overwritten` is only a suspicion, because another process may have run a checkpoint;
        `is_ours` confirms or rejects the suspicion.

        Args:
            with_log: Also check the write-ahead log and its index.

        Returns:
            The event; None when the file is unchanged.
        """
        try:
            found = os.stat(self._name)  # noqa: PTH116 - called at each commit; takes half the time
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

    def verify_change(self, connection: apsw.Connection, *, with_log: bool = True) -> Change | None:
        """
        Check for an exchange of the file, as `find_change` does, and confirm or reject a suspicion.

        Args:
            connection: The writing connection, outside a transaction.
            with_log: Also check the write-ahead log and its index.

        Returns:
            The event; None when the file is still the open one.
        """
        change = self.find_change(with_log=with_log)
        return None if change == "overwritten" and self.is_ours(connection) else change

    def is_ours(self, connection: apsw.Connection) -> bool:
        """
        Check whether a file that has changed still has the content that belongs to its log.

        Args:
            connection: The writing connection, outside a transaction.

        Returns:
            True when only the file's times changed, or another process ran a checkpoint. The watch
            then remembers the file's new state.

        Raises:
            apsw.IOError: The file can't be read just now.
        """
        # Another thread may remember a newer state at any moment, so compare with one state.
        known = self._known
        header = connection.read("main", 0, 0, _HEADER_BYTES)[1]
        if not header.startswith(_MAGIC):
            return False
        # A checkpoint notes its progress before it writes, so read the progress after the file.
        if header != known.header and self._no_checkpoint_since(known.progress):
            return False
        if not self._follows(_parse_generation(header), known):
            return False
        self._remember(connection)
        return True

    def _no_checkpoint_since(self, progress: CheckpointProgress | None) -> bool:
        return progress is not None and progress.is_settled and progress == self._read_progress()

    def _read_progress(self) -> CheckpointProgress | None:
        return None if self._wal_index is None else self._wal_index.read_progress()

    def _follows(self, generation: int, known: _Known) -> bool:
        starts = (_parse_generation(known.header), self._first_generation)
        return any(0 <= generation - start < _MOST_CHECKPOINTS for start in starts)

    @contextlib.contextmanager
    def checkpoint(self, connection: apsw.Connection) -> Iterator[None]:
        """
        Let a connection copy the log into the file, then remember the file's state.

        Args:
            connection: The connection that runs the checkpoint.

        Yields:
            Nothing.
        """
        self._content = None
        known = self._known
        try:
            yield
        finally:
            if self._follows(_parse_generation(_read_header(connection)), known):
                self._remember(connection)
            else:
                # A program has overwritten the file in the meantime.
                self._content = _NEVER

    def note_commit(self, connection: apsw.Connection) -> None:
        """
        Remember what a commit changes: the log's header, and the salts of a log that was empty.

        Args:
            connection: The connection that committed.
        """
        self._log_header = self._read_log_header()
        known = self._known
        if known.progress is not None and known.progress.is_of_empty_log:
            # Read the progress first, as `_remember` does.
            progress = self._read_progress()
            if _read_header(connection) == known.header:
                self._known = _Known(known.header, progress)

    def _remember(self, connection: apsw.Connection) -> None:
        # Read the progress first, so that the next comparison finds a checkpoint that begins now.
        progress = self._read_progress()
        with contextlib.suppress(OSError):
            found = self._path.stat()
            if _make_identity(found) == self._file:
                self._known = _Known(_read_header(connection), progress)
                self._log_header = self._read_log_header()
                self._content = _Content(found.st_size, found.st_mtime_ns)

    def _read_log_header(self) -> bytes:
        handle = self._log_handle
        if handle is None:
            return b""
        try:
            return os.pread(handle, _LOG_HEADER_BYTES, 0)
        except OSError:
            # A disk that can't be read just now is no sign of another log.
            return self._log_header

    def sync(self) -> None:
        """
        Sync the database to disk, if the system shows a process its descriptors.

        The sync goes through a descriptor of SQLite, because closing another one would drop its
        locks.
        """
        with contextlib.suppress(OSError):
            for name in os.listdir(_DESCRIPTORS):  # noqa: PTH208 - numbers, not paths
                descriptor = int(name)
                with contextlib.suppress(OSError):
                    if descriptor != self._handle and self._is_open_at(descriptor):
                        os.fsync(descriptor)
                        return

    def _is_open_at(self, descriptor: int) -> bool:
        return _make_identity(os.fstat(descriptor)) == self._file

    def is_unmounted(self) -> bool:
        """
        Check whether the file system that held the file is no longer mounted.

        Returns:
            True if the file system is gone.
        """
        if self._mount is None:
            return False
        try:
            return self._mount.stat().st_dev == self._mount.parent.stat().st_dev
        except OSError:
            return True

    def owns(self, path: Path) -> bool:
        """
        Check whether a file beside the database is the log or the index that was open.

        Args:
            path: The file.

        Returns:
            True for the open log and the open index.
        """
        identity = _find(path)
        return identity is not None and identity in (self._log, self._index)

    def has_new_log(self) -> bool:
        """
        Check whether the log was also overwritten, so that the log belongs to the new content.

        Returns:
            True if the log's header has changed.
        """
        return self._log_header not in (b"", self._read_log_header())

    def is_in_place(self) -> bool:
        """
        Check whether the file is where it was, even if a link to the file has changed.

        Returns:
            True if the file's real path still leads to the file.
        """
        return _find(self.real) == self._file

    def is_back(self) -> bool:
        """
        Check whether the file is at the path again, with unchanged content.

        Returns:
            True if the same file is back.
        """
        try:
            found = self._path.stat()
        except OSError:
            return False
        content = _Content(found.st_size, found.st_mtime_ns)
        return _make_identity(found) == self._file and content == self._content

    def find_new_path(self) -> Path | None:
        """
        Find the place to which the file was moved with unchanged content.

        Returns:
            The new path; None when it is unknown.
        """
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
    # Closing an O_PATH descriptor keeps SQLite's locks; closing any other descriptor would drop
    # them.
    if not hasattr(os, "O_PATH"):
        return None
    return os.open(path, os.O_PATH | os.O_CLOEXEC)


def _make_identity(found: os.stat_result) -> _Identity:
    return _Identity(found.st_dev, found.st_ino)


def _find(path: Path) -> _Identity | None:
    try:
        found = os.lstat(path)
    except OSError:
        return None
    return _make_identity(found) if stat.S_ISREG(found.st_mode) else None


def _find_mount_point(path: Path) -> Path | None:
    for directory in path.parents:
        above = directory.parent
        if above != directory and directory.stat().st_dev != above.stat().st_dev:
            return directory
    return None


def _parse_generation(header: bytes) -> int:
    return int.from_bytes(header[_GENERATION], "big")


def _read_header(connection: apsw.Connection) -> bytes:
    # Read through the connection's own descriptor, because closing another descriptor would drop
    # SQLite's locks.
    try:
        return connection.read("main", 0, 0, _HEADER_BYTES)[1]
    except apsw.Error:
        return b""
