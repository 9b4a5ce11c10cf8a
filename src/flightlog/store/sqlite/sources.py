"""
Open a database for reading only, whatever its schema is and whichever user owns it.

This module never writes to the database and leaves no file beside it. A database of the current
schema is read in place. A database of an older schema is read through a private copy, and the copy
is migrated. A database whose write-ahead log can't be read in place is also copied, because SQLite
needs to write beside the database.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import apsw

from flightlog.clock import Clock
from flightlog.errors import StoreBusyError, StoreForeignError, StoreUnavailableError
from flightlog.store.sqlite.access import add_suffix, describe_user, find_file, is_foreign
from flightlog.store.sqlite.compression import Codec
from flightlog.store.sqlite.connection import ReaderPool, connect, open_reader, read_pragmas
from flightlog.store.sqlite.migrate import SCHEMA_VERSION, copy_database, read_version
from flightlog.store.sqlite.open_database import OpenDatabase
from flightlog.store.sqlite.settings import SqliteSettings

MAX_COPY_BYTES: Final = 4 * 2**30
"""The largest database that is copied to be read, bytes."""
_ATTEMPTS: Final = 5
_TICK_S: Final = 0.02
_PAUSES_PER_COPY: Final = 10

_State = tuple[tuple[int, ...] | None, ...]


class Source:
    """
    A database that is open for reading; created by `open_source`.

    Args:
        path: The database.
        version: The database's schema version.
        readers: Lends connections.
        codec: Decompresses the payloads.
        settings: The database's settings, by SQLite's names.
        state: The state of the database's files, as `_read_state` returns it.
        copy: The copy that is read instead of the database, if there is one.
        leaves_nothing: At the end, remove the empty log that SQLite creates for a reader.
    """

    def __init__(
        self,
        path: Path,
        *,
        version: int,
        readers: ReaderPool,
        codec: Codec,
        settings: dict[str, str],
        state: _State,
        copy: Copy | None = None,
        leaves_nothing: bool = False,
    ) -> None:
        self.version = version
        self.readers = readers
        self.codec = codec
        self.settings = settings
        self._path = path
        self._state = state
        self._copy = copy
        self._leaves_nothing = leaves_nothing
        self._made_at = time.monotonic()

    def is_current(self) -> bool:
        """
        Check whether the source still shows the database at the path.

        A copy is renewed only after a pause, so a copy may show an older state.

        Returns:
            False if the source should be opened again.
        """
        if _read_state(self._path, whole=self._copy is not None) == self._state:
            return True
        if self._copy is None:
            return False
        pause_s = max(1.0, _PAUSES_PER_COPY * self._copy.took_s)
        return time.monotonic() - self._made_at < pause_s and self._path.exists()

    def close(self) -> None:
        """Close the connections, and remove the copy."""
        self.readers.close()
        if self._copy is not None:
            self._copy.close()
        elif self._leaves_nothing:
            _remove_empty_log(self._path)


class Copy(NamedTuple):
    """A private copy of a database in the current schema, and the time it took to make."""

    database: OpenDatabase
    directory: tempfile.TemporaryDirectory[str]
    took_s: float

    def close(self) -> None:
        """Close and remove the copy."""
        self.database.abandon()
        self.directory.cleanup()


def open_source(path: Path, settings: SqliteSettings, clock: Clock) -> Source:
    """
    Open a database for reading only.

    Args:
        path: The database.
        settings: How long to wait for other processes.
        clock: The time of the events that a migration of a copy notes.

    Returns:
        The open database.

    Raises:
        StoreUnavailableError: The file is missing, can't be read, or is too large to be copied.
        StoreForeignError: The file belongs to another program.
        StoreVersionError: A newer Flightlog made the file.
        StoreBusyError: Another process writes to the file all the time.
    """
    immutable, leaves_nothing = _choose_way(path)
    source = None
    try:
        connection = open_reader(path, settings, immutable=immutable)
        try:
            version = read_version(connection, path)
            if not _has_current_schema(connection, version):
                return _open_copy(path, version, connection, settings, clock)
            source = Source(
                path,
                version=version,
                readers=ReaderPool(
                    path, settings, lambda: open_reader(path, settings, immutable=immutable)
                ),
                codec=Codec(),
                settings=read_pragmas(connection),
                state=_read_state(path, whole=immutable),
                leaves_nothing=leaves_nothing,
            )
        finally:
            connection.close()
            if source is None and leaves_nothing:
                _remove_empty_log(path)
    except (apsw.CantOpenError, apsw.ReadOnlyError, apsw.IOError, apsw.PermissionsError):
        if immutable:
            raise
        # The log, or the journal of an interrupted change, can't be read in place.
        return _open_copy(path, None, None, settings, clock)
    return source


@contextlib.contextmanager
def open_in_place(path: Path, settings: SqliteSettings) -> Iterator[apsw.Connection]:
    """
    Open a connection that reads a database where it is, whatever its schema is.

    Args:
        path: The database.
        settings: How long to wait for other processes.

    Yields:
        The connection, which can't change anything.

    Raises:
        StoreUnavailableError: The file is missing, or can't be read.
        apsw.Error: The database can't be opened.
    """
    immutable, leaves_nothing = _choose_way(path)
    connection = open_reader(path, settings, immutable=immutable)
    try:
        yield connection
    finally:
        connection.close()
        if leaves_nothing:
            _remove_empty_log(path)


class _Way(NamedTuple):
    immutable: bool
    leaves_nothing: bool


def _choose_way(path: Path) -> _Way:
    found = find_file(path)
    if found is None:
        raise StoreUnavailableError(
            str(path), "does not exist", hint="Choose another history with --db or --project."
        )
    if not os.access(path, os.R_OK):
        owner = describe_user(found.st_uid)
        raise StoreUnavailableError(
            str(path),
            f"can't be read: it belongs to {owner}",
            hint=f"Have {owner} let you read it, or choose another history with --db.",
        )
    has_log = _read_size(_add_suffix(path, "-wal")) > 0
    in_place = may_write(path, found)
    immutable = not in_place and not has_log and not _read_size(_add_suffix(path, "-journal"))
    leaves_nothing = in_place and not _add_suffix(path, "-wal").exists()
    return _Way(immutable, leaves_nothing)


def may_write(path: Path, found: os.stat_result) -> bool:
    """
    Check whether this user may write a database and create SQLite's files beside it.

    Args:
        path: The database.
        found: The file's status.

    Returns:
        True if the user may write both.
    """
    directory = Path(os.path.realpath(path)).parent
    return (
        not is_foreign(found)
        and os.access(path, os.W_OK)
        and os.access(directory, os.W_OK | os.X_OK)
    )


def _has_current_schema(connection: apsw.Connection, version: int) -> bool:
    return version == SCHEMA_VERSION and bool(connection.pragma("application_id"))


def _open_copy(
    path: Path,
    version: int | None,
    connection: apsw.Connection | None,
    settings: SqliteSettings,
    clock: Clock,
) -> Source:
    began = time.monotonic()
    directory = _make_directory_for(path)
    target = Path(directory.name) / path.name
    try:
        _wait_for_clock_tick(path)
        state = _read_state(path, whole=True)
        if connection is not None:
            target.touch(mode=0o600)
            copy_database(connection, target)
        else:
            state = _copy_files(path, target)
        if version is None:
            # Open for writing, so that SQLite can apply the content of the log or the journal.
            connected = connect(target, apsw.SQLITE_OPEN_READWRITE)
            try:
                version = read_version(connected, path)
            finally:
                connected.close()
        try:
            database = OpenDatabase(target, settings, clock, back_up=False)
        except StoreForeignError as error:
            # The reader of the message knows nothing of the copy.
            reason = error.message.removeprefix(f"The history {target} ").removesuffix(".")
            raise StoreForeignError(str(path), reason) from error
    except BaseException:
        directory.cleanup()
        raise
    return Source(
        path,
        version=version,
        readers=database.readers,
        codec=database.codec,
        settings=database.settings,
        state=state,
        copy=Copy(database, directory, time.monotonic() - began),
    )


def _make_directory_for(path: Path) -> tempfile.TemporaryDirectory[str]:
    size = sum(_read_size(_add_suffix(path, suffix)) for suffix in ("", "-wal"))
    directory = tempfile.TemporaryDirectory(prefix="flightlog-", ignore_cleanup_errors=True)
    # The directory must hold the copy and the growth of the copy's migration.
    free = shutil.disk_usage(directory.name).free
    if size > MAX_COPY_BYTES or 2 * size > free:
        directory.cleanup()
        raise StoreUnavailableError(
            str(path),
            f"can be read only through a copy, and its {size:,} bytes are more than "
            f"{min(MAX_COPY_BYTES, free // 2):,}",
            hint="Have its owner run `flightlog migrate`, or set TMPDIR to a directory with more "
            "space.",
        )
    return directory


def _copy_files(path: Path, target: Path) -> _State:
    """Copy the database and its log of one moment; return their state at that moment."""
    for _ in range(_ATTEMPTS):
        _wait_for_clock_tick(path)
        before = _read_state(path, whole=True)
        for suffix in ("", "-journal", "-wal"):
            with contextlib.suppress(FileNotFoundError):
                shutil.copyfile(_add_suffix(path, suffix), add_suffix(target, suffix))
                add_suffix(target, suffix).chmod(0o600)
        # A log that has only grown is consistent, because SQLite ignores a partly copied commit.
        if _read_state(path, whole=True)[0] == before[0]:
            return before
    raise StoreBusyError(str(path), int(_ATTEMPTS * _TICK_S * 1000))


def _wait_for_clock_tick(path: Path) -> None:
    # Wait, because a second change within one tick of the file system's clock would not show in the
    # files' times.
    with contextlib.suppress(OSError):
        newest = max(
            file.stat().st_mtime for file in (path, _add_suffix(path, "-wal")) if file.exists()
        )
        if 0 <= time.time() - newest < _TICK_S:
            time.sleep(_TICK_S)


def _read_state(path: Path, *, whole: bool) -> _State:
    """Describe the database and its log; without `whole`, only the identity of the log counts."""
    found: list[tuple[int, ...] | None] = []
    for file, part in ((path, True), (_add_suffix(path, "-wal"), whole)):
        try:
            status = file.stat()
        except OSError:
            found.append(None)
            continue
        identity = (status.st_dev, status.st_ino)
        found.append((*identity, status.st_size, status.st_mtime_ns) if part else identity)
    return tuple(found)


def _add_suffix(path: Path, suffix: str) -> Path:
    # SQLite keeps its files beside the database, not beside a link to the database.
    return add_suffix(Path(os.path.realpath(path)), suffix)


def _read_size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _remove_empty_log(path: Path) -> None:
    # SQLite removes the log when the last connection that may write closes, so open and close one.
    log = _add_suffix(path, "-wal")
    with contextlib.suppress(apsw.Error, OSError):
        if log.exists() and not log.stat().st_size:
            connection = connect(path, apsw.SQLITE_OPEN_READWRITE)
            try:
                connection.pragma("query_only", True)
                connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchall()
            finally:
                connection.close()
