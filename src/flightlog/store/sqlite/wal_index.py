"""
Read from SQLite's index of the write-ahead log how far checkpoints have come.

SQLite maps the index (the file that ends in `-shm`) into the memory of each process that has the
database open. A checkpoint, by any program, notes in the index how far it will copy before it
writes to the database, and how far it came afterwards. The layout is described in SQLite's
documentation: https://sqlite.org/walformat.html.

The index must not be opened as a file, because closing any descriptor of a file drops this
process's locks on the file. On Linux, `/proc/self/mem` gives the mapped bytes instead, and answers
with an error if they are no longer mapped.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final, NamedTuple

_MAPS: Final = Path("/proc/self/maps")
_MEMORY: Final = "/proc/self/mem"
_BYTES: Final = 132
_FRAMES: Final = slice(16, 20)
_SALTS: Final = slice(32, 40)
_COPIED: Final = slice(96, 100)
_ATTEMPTED: Final = slice(128, 132)


class CheckpointProgress(NamedTuple):
    """How far checkpoints of one log have come."""

    salts: bytes
    """Identifies the log since its last restart."""
    copied: bytes
    """The number of the log's frames that checkpoints have copied into the database."""
    attempted: bytes
    """The number of frames that checkpoints have begun to copy; never less than `copied`."""

    @property
    def is_settled(self) -> bool:
        """Whether no checkpoint is under way and none was interrupted."""
        return self.copied == self.attempted

    @property
    def is_of_empty_log(self) -> bool:
        """Whether nothing was written to the log since its index was made."""
        return not any(self.salts)


class WalIndex:
    """
    Reads the index of a database that this process has open.

    Args:
        path: The index's real path.
    """

    def __init__(self, path: Path) -> None:
        self._address = _find_mapping(path)

    def read_progress(self) -> CheckpointProgress | None:
        """
        Read how far checkpoints have come.

        Returns:
            The progress; None if the system doesn't show a process its own memory, and at the
            moment at which the log restarts.
        """
        if self._address is None:
            return None
        try:
            memory = os.open(_MEMORY, os.O_RDONLY | os.O_CLOEXEC)
            try:
                found = os.pread(memory, _BYTES, self._address)
            finally:
                os.close(memory)
        except OSError:
            return None
        # A log that restarts gets its salts before its counters are reset.
        if len(found) < _BYTES or _parse_number(found[_COPIED]) > _parse_number(found[_FRAMES]):
            return None
        return CheckpointProgress(found[_SALTS], found[_COPIED], found[_ATTEMPTED])


def _parse_number(field: bytes) -> int:
    return int.from_bytes(field, sys.byteorder)


def _find_mapping(path: Path) -> int | None:
    try:
        inode = str(path.stat().st_ino)
        lines = _MAPS.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return None
    for line in lines:
        # The fields are: addresses, rights, offset, device, inode, path.
        fields = line.split(maxsplit=5)
        if fields[4] == inode and int(fields[2], 16) == 0 and fields[-1] == str(path):
            return int(fields[0].partition("-")[0], 16)
    return None
