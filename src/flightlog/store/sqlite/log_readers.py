"""
Find the programs that keep the write-ahead log from starting anew.

A reader in WAL mode holds a shared lock on one byte of the log's index, and Linux lists such locks.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from flightlog.store.sqlite.access import add_suffix

_LOCKS: Final = Path("/proc/locks")
# SQLite's locks of readers are the bytes 123 to 127 of the index. The first of these locks is held
# by readers that need nothing from the log.
_FIRST_BYTE: Final = 124
_LAST_BYTE: Final = 127
_FIELDS: Final = 8


def find_log_readers(path: Path) -> tuple[str, ...]:
    """
    Find the other processes that read a database with its write-ahead log.

    Args:
        path: The database.

    Returns:
        A name and a process id each, e.g. `sqlite3 (process 4711)`; empty if they are
        unknown.
    """
    try:
        inode = os.stat(add_suffix(Path(os.path.realpath(path)), "-shm")).st_ino  # noqa: PTH116
        lines = _LOCKS.read_text().splitlines()
    except OSError:
        return ()
    found = {pid for line in lines if (pid := _find_reader(line, inode)) is not None}
    return tuple(_describe(pid) for pid in sorted(found - {os.getpid()}))


def _find_reader(line: str, inode: int) -> int | None:
    fields = line.split()
    if len(fields) != _FIELDS or fields[1] != "POSIX" or fields[3] != "READ":
        return None
    if int(fields[5].rpartition(":")[2]) != inode or not fields[7].isdecimal():
        return None
    overlaps = int(fields[6]) <= _LAST_BYTE and int(fields[7]) >= _FIRST_BYTE
    # A process outside of this container has the number 0.
    return int(fields[4]) if overlaps and int(fields[4]) > 0 else None


def _describe(pid: int) -> str:
    try:
        name = Path(f"/proc/{pid}/comm").read_text().strip()
    except (OSError, UnicodeDecodeError):
        name = "a program"
    return f"{name} (process {pid})"
