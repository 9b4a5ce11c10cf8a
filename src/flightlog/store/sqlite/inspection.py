"""Report the state of a history's file on disk: its sizes, its integrity and its permissions."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

import apsw
from msgspec import Struct

from flightlog.store.sqlite.access import add_suffix
from flightlog.store.sqlite.errors import translate_errors
from flightlog.store.sqlite.log_readers import find_log_readers
from flightlog.store.sqlite.repair import check_file, find_unsalvaged
from flightlog.store.sqlite.settings import SqliteSettings
from flightlog.store.sqlite.sources import open_in_place

MAX_CHECKED_BYTES: Final = 2**30
"""A larger file is checked only on request, because each page is read."""
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


class FileReport(Struct, frozen=True, kw_only=True, rename="camel"):
    """The state of a history's file."""

    database_bytes: int
    """The size of the database."""
    log_bytes: int
    """The size of the write-ahead log."""
    log_limit_bytes: int
    """The size that the write-ahead log usually does not exceed."""
    log_readers: tuple[str, ...]
    """The programs that keep the write-ahead log by reading, as far as they are known."""
    free_bytes: int
    """The part of the database that is free for new executions."""
    private: bool
    """Whether only the file's owner can read it."""
    integrity: str | None
    """`ok`, or the first fault in SQLite's words; null if the file is too large for a check."""
    unsalvaged: tuple[str, ...]
    """Damaged files that were set aside and whose records are not salvaged yet."""


def inspect_file(path: Path) -> FileReport:
    """
    Report the state of a history's file; it may be written meanwhile.

    Args:
        path: The history.

    Returns:
        The report.

    Raises:
        StoreError: The file can't be opened.
        OSError: The file is missing.
    """
    real, settings = Path(os.path.realpath(path)), SqliteSettings()
    found = real.stat()
    log = add_suffix(real, "-wal")
    log_bytes = log.stat().st_size if log.exists() else 0
    integrity = None
    with translate_errors(path, settings.busy_timeout_ms):
        with open_in_place(real, settings) as connection:
            free = int(connection.pragma("freelist_count")) * int(connection.pragma("page_size"))
        if found.st_size <= MAX_CHECKED_BYTES:
            integrity = _check(real)
    return FileReport(
        database_bytes=found.st_size,
        log_bytes=log_bytes,
        log_limit_bytes=settings.wal_limit_bytes,
        log_readers=find_log_readers(real),
        free_bytes=free,
        private=os.name == "nt" or not found.st_mode & _OTHERS,
        integrity=integrity,
        unsalvaged=tuple(str(each) for each in find_unsalvaged(real)),
    )


def _check(path: Path) -> str | None:
    try:
        return check_file(path, lambda: False) or "ok"
    except apsw.CantOpenError:
        # A file that this user may not write, with a log: it can be read only through a copy.
        return None
