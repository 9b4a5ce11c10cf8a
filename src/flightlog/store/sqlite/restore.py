"""
Put a backup in the place of a history that no process has open.

The old history stays beside the new one under another name. The path leads to a whole history at
every moment, also when this process is killed.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import apsw
from msgspec import Struct

from flightlog.clock import Clock, utc_now
from flightlog.errors import InvalidSettingError, StoreUnavailableError
from flightlog.store.sqlite.access import SUFFIXES, add_suffix, prepare_file
from flightlog.store.sqlite.backup import OnPages, copy_history, prepare_copy, sync_directory
from flightlog.store.sqlite.connection import connect
from flightlog.store.sqlite.errors import translate_file_errors

try:
    import fcntl
except ImportError:  # Windows, where an open file can't be renamed anyway
    fcntl = None  # type: ignore[assignment]

ASIDE: Final = ".before-restore-"
"""The old history gets its own name with this text and a time."""
_LOCK_BYTE: Final = 0x40000000
_LOCK_BYTES: Final = 512
"""SQLite's locks are on these bytes of the file: https://sqlite.org/lockingv3.html."""


class Restored(Struct, frozen=True, kw_only=True):
    """A backup that is in the place of a history."""

    executions: int
    """The number of executions in the backup."""
    aside: Path | None
    """The old history; None when there was none."""


def restore(
    backup: Path, path: Path, *, clock: Clock = utc_now, on_pages: OnPages | None = None
) -> Restored:
    """
    Check a backup, and put a copy of it in the place of a history.

    Args:
        backup: The backup, which stays as it is.
        path: The history; it may be missing or damaged.
        clock: The time in the old history's new name.
        on_pages: Called after each step of the copy.

    Returns:
        The number of restored executions, and the place of the old history.

    Raises:
        InvalidSettingError: The backup is the history itself.
        StoreUnavailableError: The backup is missing or damaged, or a process has the history open.
        StoreForeignError: The backup is a database of another program.
        StoreVersionError: A newer Flightlog made the backup.
        StoreUnsafeError: Another user owns the history or can exchange it.
        StoreFullError: The disk is full; the history is unchanged.
        StoreBusyError: Another restore is running.
    """
    # Links stay links: what they lead to is replaced.
    real = Path(os.path.realpath(path))
    if backup.exists() and real.exists() and backup.samefile(real):
        raise InvalidSettingError(
            "FILE", f"names {backup}, which is the history itself", hint="Name a backup."
        )
    with translate_file_errors(real), prepare_copy(real, make_directories=True) as copy:
        executions = copy_history(backup, copy, on_pages)
        prepare_file(real, make_directories=False)
        _merge_log(real)
        with hold_alone(real):
            aside = keep_aside(real, ASIDE, clock)
            copy.replace(real)
            sync_directory(real)
    return Restored(executions=executions, aside=aside)


def _merge_log(path: Path) -> None:
    # Without its log, the old history is one file. A history whose log can't be merged is damaged,
    # and keeps the log beside it.
    try:
        with contextlib.closing(connect(path, apsw.SQLITE_OPEN_READWRITE)) as connection:
            connection.pragma("journal_mode", "delete")
    except (apsw.BusyError, apsw.LockedError) as error:
        raise _make_open_error(path) from error
    except apsw.Error:
        pass


@contextlib.contextmanager
def hold_alone(path: Path) -> Iterator[None]:
    """
    Keep all other processes from opening a database; this process must not have it open.

    This takes SQLite's own lock without SQLite, because SQLite can't lock a damaged file.

    Args:
        path: The database.

    Yields:
        Nothing.

    Raises:
        StoreUnavailableError: A process has the database open.
    """
    if fcntl is None:
        yield
        return
    handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        try:
            fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB, _LOCK_BYTES, _LOCK_BYTE)
        except OSError as error:
            raise _make_open_error(path) from error
        yield
    finally:
        os.close(handle)


def _make_open_error(path: Path) -> StoreUnavailableError:
    return StoreUnavailableError(
        str(path),
        "is open in another process, e.g. a receiver",
        hint="Stop `flightlog serve`, the editor and other programs that have it open, then try "
        "again.",
    )


def keep_aside(path: Path, suffix: str, clock: Clock) -> Path | None:
    """
    Give a database a second name, and move what belongs to it to that name.

    The database keeps its first name, too, until another file replaces it there.

    Args:
        path: The database, which no process has open.
        suffix: The text after the database's name, before the time.
        clock: The time in the second name.

    Returns:
        The second name; None for an empty file.
    """
    if not path.stat().st_size:
        return None
    # A process that was killed at this place has left a second name of the same file.
    for left in path.parent.glob(f"{path.name}{suffix}*"):
        if left.samefile(path):
            left.unlink()
    aside = add_suffix(path, suffix + clock().strftime("%Y%m%dT%H%M%S%f"))
    try:
        os.link(path, aside)
    except OSError:
        # A file system without hard links; for a moment there is no file at the path.
        path.rename(aside)
    for other in SUFFIXES:
        companion = add_suffix(path, other)
        if other == "-shm":
            # The index holds no data; SQLite makes it from the log.
            companion.unlink(missing_ok=True)
        elif os.path.lexists(companion):
            companion.rename(add_suffix(aside, other))
    return aside
