"""
Remember the backups of a history, in a file of lines beside the history.

`flightlog purge` removes values from these backups, too.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from flightlog.clock import Clock, utc_now
from flightlog.record.times import normalize_time
from flightlog.store.sqlite.access import add_suffix

BACKUPS_SUFFIX: Final = ".backups.ndjson"
_NOFOLLOW: Final = getattr(os, "O_NOFOLLOW", 0)
_MAX_BYTES: Final = 4 << 20


class KnownBackup(Struct, frozen=True, kw_only=True):
    """A backup that was made at some time."""

    path: str
    """The file's path."""
    at: str
    """When the backup was made."""


def note_backup(history: Path, backup: Path, *, clock: Clock = utc_now) -> bool:
    """
    Remember a backup.

    Args:
        history: The history.
        backup: The backup.
        clock: The time of the backup.

    Returns:
        False if the note can't be written.
    """
    path = _find_notes(history)
    name = os.path.realpath(backup)
    try:
        line = msgspec.json.encode(KnownBackup(path=name, at=normalize_time(clock().isoformat())))
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | _NOFOLLOW
        handle = os.open(path, flags, 0o600)
        try:
            os.write(handle, line + b"\n")
        finally:
            os.close(handle)
    except (OSError, UnicodeError):
        return False
    return True


def list_known_backups(history: Path) -> list[Path]:
    """
    List the backups that were noted, each once, whether or not they still exist.

    Args:
        history: The history.

    Returns:
        Their paths, in the order of their first notes.
    """
    try:
        handle = os.open(_find_notes(history), os.O_RDONLY | _NOFOLLOW)
        with os.fdopen(handle, "rb") as file:
            lines = file.read(_MAX_BYTES).splitlines()
    except OSError:
        return []
    found: dict[str, None] = {}
    for line in lines:
        with contextlib.suppress(msgspec.MsgspecError):
            found[msgspec.json.decode(line, type=KnownBackup).path] = None
    return [Path(path) for path in found]


def _find_notes(history: Path) -> Path:
    return add_suffix(Path(os.path.realpath(history)), BACKUPS_SUFFIX)
