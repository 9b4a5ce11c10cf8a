"""
Handle a database file that was exchanged: set its log aside and note the event.

SQLite would replay a write-ahead log into whatever file stands beside the log. This module
therefore renames a log that belongs to another file, and never deletes it. Each event is one line
of a file beside the database, so that `flightlog doctor` finds the event, whichever process noticed
it.
"""

from __future__ import annotations

import contextlib
import logging
import os
import time
from pathlib import Path
from typing import Final

import msgspec

from flightlog.clock import Clock
from flightlog.errors import StoreGoneError
from flightlog.record.times import normalize_time
from flightlog.store.results import FileChange
from flightlog.store.sqlite.access import add_suffix
from flightlog.store.sqlite.watch import Change, FileWatch

QUIET_S: Final = 0.3
"""A new file at the path is opened after a pause of this length in its writes, seconds."""
NOTES_SUFFIX: Final = ".changes.ndjson"
_LONGEST_WAIT_S: Final = 3.0
_LOOK_S: Final = 0.02
_STALE: Final = ".stale-"
_MAX_NOTES: Final = 20
_MAX_NOTES_BYTES: Final = 64 * 1024
_NOFOLLOW: Final = getattr(os, "O_NOFOLLOW", 0)
_ELSEWHERE: Final = frozenset({"removed", "replaced"})
_WORDS: Final[dict[Change, str]] = {
    "removed": "the file was removed or renamed",
    "replaced": "another file was put in its place",
    "overwritten": "another program wrote over the file",
    "log removed": "the write-ahead log or its index was removed",
    "log replaced": "the write-ahead log or its index was replaced",
    "unmounted": "the file system that held the file was unmounted",
    "unreachable": "the file could not be reached",
}
_log: Final = logging.getLogger("flightlog.store")


def quarantine_log(watch: FileWatch, change: Change, clock: Clock) -> Path | None:
    """
    Rename a log whose database is no longer beside it, so that no other database gets its pages.

    If the database was only renamed, the log goes beside its new name, where SQLite expects the
    log.

    Args:
        watch: The watch of the file that was open; no connection to this file is needed any more.
        change: The event.
        clock: The time in the log's new name.

    Returns:
        The log's new path; None when there is no log with content.
    """
    is_stale = (
        # If only a link leads to another file now, the log is still beside its database.
        (change in _ELSEWHERE and not watch.is_in_place())
        or (change == "overwritten" and not watch.has_new_log())
    )
    if not is_stale or not watch.owns(watch.log):
        return None
    target = _choose_name(watch, clock)
    try:
        is_empty = watch.log.stat().st_size == 0
        if is_empty:
            watch.log.unlink()
        else:
            watch.log.rename(target)
        index = add_suffix(watch.real, "-shm")
        if watch.owns(index):
            # The index holds no data; SQLite rebuilds the index from the log.
            index.unlink()
    except OSError as error:
        _log.warning("The stale log %s can't be set aside: %s.", watch.log, error)
        return None
    return None if is_empty else target


def _choose_name(watch: FileWatch, clock: Clock) -> Path:
    moved_to = watch.find_new_path()
    if moved_to is not None and not os.path.lexists(target := add_suffix(moved_to, "-wal")):
        return target
    stamp = clock().strftime("%Y%m%dT%H%M%S%f")
    return watch.log.with_name(f"{watch.log.name}{_STALE}{stamp}")


def restore_log(watch: FileWatch, log: Path | None) -> Path | None:
    """
    Put a log that was set aside back beside its database, if the database is back unchanged.

    Args:
        watch: The watch of the file that was open.
        log: The path of the log; None when no log was set aside.

    Returns:
        The path of the log now; None when the log is beside its database.
    """
    if log is None or not watch.is_back() or os.path.lexists(watch.log):
        return log
    try:
        log.rename(watch.log)
    except OSError as error:
        _log.warning("The log %s can't be put back: %s.", log, error)
        return log
    return None


def describe_change(change: Change, log: Path | None, clock: Clock) -> FileChange:
    """
    Create the note of an event.

    Args:
        change: The event.
        log: The path of the log that was set aside, if there is one.
        clock: The time of the event.

    Returns:
        The note.
    """
    return FileChange(
        at=normalize_time(clock().isoformat()),
        what=_WORDS[change],
        log=None if log is None else str(log),
    )


def append_note(path: Path, event: FileChange) -> None:
    """
    Append an event to the notes beside the database; if this fails, only log the failure.

    Args:
        path: The database.
        event: The event.
    """
    _log.warning("The history %s: %s.", path, event.what)
    target = add_suffix(Path(os.path.realpath(path)), NOTES_SUFFIX)
    try:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | _NOFOLLOW
        file = os.open(target, flags, 0o600)
        try:
            os.write(file, msgspec.json.encode(event) + b"\n")
        finally:
            os.close(file)
    except OSError as error:
        _log.warning("The event can't be noted in %s: %s.", target, error)


def read_notes(path: Path) -> tuple[FileChange, ...]:
    """
    Read the latest events of a database.

    Args:
        path: The database.

    Returns:
        At most 20 events, the oldest first; nothing when the notes can't be read.
    """
    target = add_suffix(Path(os.path.realpath(path)), NOTES_SUFFIX)
    try:
        file = os.open(target, os.O_RDONLY | _NOFOLLOW | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(file, "rb") as stream:
            stream.seek(max(0, os.fstat(file).st_size - _MAX_NOTES_BYTES))
            lines = stream.read(_MAX_NOTES_BYTES).splitlines()
    except OSError:
        return ()
    found = []
    for line in lines[-_MAX_NOTES:]:
        with contextlib.suppress(msgspec.MsgspecError):
            found.append(msgspec.json.decode(line, type=FileChange))
    return tuple(found)


def wait_until_quiet(path: Path) -> None:
    """
    Wait while a program writes the file, e.g. copies a backup to the path.

    Args:
        path: The database.

    Raises:
        StoreGoneError: The program still writes after some seconds.
    """
    deadline = time.monotonic() + _LONGEST_WAIT_S
    seen, since = None, time.monotonic()
    while True:
        try:
            found = path.stat()
        except OSError:
            return
        now = time.monotonic()
        state = (found.st_ino, found.st_size, found.st_ctime_ns)
        if state != seen:
            seen, since = state, now
        # The second condition covers clocks that were set back.
        if time.time() - found.st_ctime >= QUIET_S or now - since >= QUIET_S:
            return
        if now > deadline:
            raise StoreGoneError(str(path), "is being written by another program")
        time.sleep(_LOOK_S)
