"""
Copy a history into a file while other processes write it.

The copy is made beside its final name, checked, synced and then renamed, so that a file of that
name is always a whole backup. A copy that a killed process left is overwritten by the next one.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import apsw
from msgspec import Struct

from flightlog.errors import InvalidSettingError, StoreForeignError, StoreUnavailableError
from flightlog.store.sqlite.access import SUFFIXES, add_suffix, find_link_fault, prepare_file
from flightlog.store.sqlite.connection import connect
from flightlog.store.sqlite.editor_schema import has_editor_schema
from flightlog.store.sqlite.errors import translate_errors, translate_file_errors
from flightlog.store.sqlite.migrate import read_version
from flightlog.store.sqlite.settings import SqliteSettings
from flightlog.store.sqlite.sources import open_in_place

OnPages = Callable[[int, int], None]
"""Called with the number of copied pages and the number of all pages."""

_STEP_PAGES: Final = 250
_PARTIAL: Final = ".partial"


class Backup(Struct, frozen=True, kw_only=True):
    """A backup that was checked."""

    path: Path
    """The file."""
    executions: int
    """The number of executions in the backup."""
    size_bytes: int
    """The size of the file, bytes."""


def back_up(
    path: Path, target: Path, *, overwrite: bool = False, on_pages: OnPages | None = None
) -> Backup:
    """
    Copy a history as it is at one moment, without its write-ahead log beside it.

    Writers continue meanwhile. Records that they write during the copy stay in the write-ahead log
    of the history until the copy is complete.

    Args:
        path: The history.
        target: The file to make, readable by its owner alone.
        overwrite: Replace the target if it exists.
        on_pages: Called after each step.

    Returns:
        The backup.

    Raises:
        InvalidSettingError: The target exists or can't be used.
        StoreUnavailableError: The history is missing or damaged, or the target can't be written.
        StoreForeignError: The history is a database of another program.
        StoreVersionError: A newer Flightlog made the history.
        StoreUnsafeError: Other users can exchange the target.
        StoreFullError: The disk is full.
        StoreBusyError: Another backup to the target is running.
    """
    with translate_file_errors(target):
        check_target(path, target, overwrite=overwrite)
        with prepare_copy(target) as partial:
            executions = copy_history(path, partial, on_pages)
            check_target(path, target, overwrite=overwrite)
            partial.replace(target)
        sync_directory(target)
        return Backup(path=target, executions=executions, size_bytes=target.stat().st_size)


def check_target(path: Path, target: Path, *, overwrite: bool) -> None:
    """
    Check that a file may be made or replaced.

    Args:
        path: The history.
        target: The file.
        overwrite: Whether the file may exist.

    Raises:
        InvalidSettingError: The file must not be made or replaced.
    """
    name = str(target)
    fault = find_link_fault(target)
    if fault is not None:
        raise InvalidSettingError("FILE", f"{fault}: {name}", hint="Name the file itself.")
    if not target.parent.is_dir():
        raise InvalidSettingError(
            "FILE", f"names {name}, whose directory does not exist", hint="Make the directory."
        )
    if not os.path.lexists(target):
        return
    if not target.is_file():
        raise InvalidSettingError(
            "FILE", f"names {name}, which is no regular file", hint="Name another file."
        )
    own = [path, *(add_suffix(Path(os.path.realpath(path)), suffix) for suffix in SUFFIXES)]
    if any(each.exists() and each.samefile(target) for each in own):
        raise InvalidSettingError(
            "FILE", f"names {name}, which is the history itself", hint="Name another file."
        )
    if not overwrite:
        raise InvalidSettingError(
            "FILE", f"names {name}, which is there already", hint="Add --force to replace it."
        )


@contextlib.contextmanager
def prepare_copy(target: Path, *, make_directories: bool = False) -> Iterator[Path]:
    """
    Prepare an empty file beside a target; if the `with` block raises, remove the file.

    Args:
        target: The file that the copy is for.
        make_directories: Also create missing directories.

    Yields:
        The empty file, which the block renames or leaves to be removed.

    Raises:
        StoreBusyError: Another process writes the copy.
        StoreError: The file can't be made.
    """
    partial = add_suffix(target, _PARTIAL)
    with translate_errors(partial, 0):
        _discard(partial)
    prepare_file(partial, make_directories=make_directories)
    try:
        yield partial
    finally:
        # A copy that can't be removed is overwritten by the next one.
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


def _discard(partial: Path) -> None:
    """Remove what a killed process left; raise `apsw.BusyError` if the process is alive."""
    if not partial.exists():
        return
    left = connect(partial, apsw.SQLITE_OPEN_READWRITE)
    try:
        # A process that copies holds SQLite's lock on the file. Any other error is the damage of a
        # half copy.
        left.execute("BEGIN EXCLUSIVE")
    except (apsw.NotADBError, apsw.CorruptError, apsw.IOError, apsw.CantOpenError):
        pass
    finally:
        left.close()
    for suffix in ("", *SUFFIXES):
        add_suffix(partial, suffix).unlink(missing_ok=True)


def copy_history(path: Path, target: Path, on_pages: OnPages | None = None) -> int:
    """
    Copy a history into an empty file, check the copy, and sync it to disk.

    Args:
        path: The history; other processes may write it.
        target: The empty file.
        on_pages: Called after each step.

    Returns:
        The number of executions in the copy.

    Raises:
        StoreUnavailableError: The history is missing or damaged.
        StoreForeignError: The history is a database of another program.
        StoreVersionError: A newer Flightlog made the history.
        StoreFullError: The disk is full.
    """
    settings = SqliteSettings()
    with translate_errors(path, settings.busy_timeout_ms):
        copy = connect(target, apsw.SQLITE_OPEN_READWRITE)
        try:
            # The file counts only after its sync below, so SQLite need not be able to undo.
            copy.pragma("locking_mode", "exclusive")
            copy.pragma("journal_mode", "off")
            copy.pragma("synchronous", "off")
            copy.execute("BEGIN EXCLUSIVE; COMMIT")
            with open_in_place(path, settings) as source:
                if not read_version(source, path) and not has_editor_schema(source):
                    raise StoreForeignError(str(path), "is empty")
                # One read transaction for all steps, because a step without one begins the copy
                # anew after another process has written. It ends before the check, which takes
                # longer, because it keeps the write-ahead log from starting anew.
                source.execute("BEGIN")
                source.execute("SELECT 1 FROM sqlite_schema").fetchone()
                _copy_pages(source, copy, on_pages)
            # Without write-ahead log, any program can read the one file.
            copy.pragma("journal_mode", "delete")
            check_integrity(copy, path)
            row = copy.execute("SELECT count(*) FROM executions").fetchone()
        finally:
            copy.close()
    with target.open("rb") as file:
        os.fsync(file.fileno())
    return int(row[0]) if row else 0


def _copy_pages(source: apsw.Connection, copy: apsw.Connection, on_pages: OnPages | None) -> None:
    with copy.backup("main", source, "main") as backup:
        while not backup.done:
            backup.step(_STEP_PAGES)
            if on_pages is not None:
                on_pages(backup.page_count - backup.remaining, backup.page_count)


def check_integrity(connection: apsw.Connection, path: Path) -> None:
    """
    Check every page, index and reference of a database.

    Args:
        connection: A connection to the database.
        path: The database, for the message.

    Raises:
        StoreUnavailableError: The database is damaged.
    """
    fault = find_damage(connection)
    if fault is not None:
        raise StoreUnavailableError(
            str(path),
            f"is damaged ({fault})",
            hint="`flightlog restore FILE` puts an older backup in the place of a history.",
        )


def find_damage(connection: apsw.Connection) -> str | None:
    """
    Check every page, index and reference of a database.

    Args:
        connection: A connection to the database.

    Returns:
        The first fault in SQLite's words; None when there is none.
    """
    try:
        rows = connection.execute("PRAGMA integrity_check(1)").fetchall()
    except (apsw.CorruptError, apsw.NotADBError) as error:
        return str(error)
    if rows != [("ok",)]:
        return str(rows[0][0])
    orphan = connection.execute("PRAGMA foreign_key_check").fetchone()
    return None if orphan is None else f"a row of {orphan[0]} refers to a missing {orphan[2]}"


def sync_directory(path: Path) -> None:
    """
    Sync the directory of a file that was renamed, so that the name survives a loss of power.

    Args:
        path: The file.
    """
    if os.name == "nt":
        return
    directory = os.open(path.absolute().parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
