"""
Makes the files that a disk holds after a loss of power.

A write is certain after a sync of its file, and a name after a sync of its directory. Of all other
changes, any part may be on the disk: writes in sectors, names in their order.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from enum import IntEnum
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

_HEADER: Final = struct.Struct("=IIQqQ")
_SECTOR_BYTES: Final = 512


class _What(IntEnum):
    WROTE = 1
    RESIZED = 2
    SYNCED = 3
    CREATED = 4
    RENAMED = 5
    REMOVED = 6
    MADE_DIRECTORY = 7


class _Entry(NamedTuple):
    what: _What
    inode: int
    offset: int
    data: bytes
    path: str


class _File:
    def __init__(self, content: bytes = b"") -> None:
        self.content = bytearray(content)
        self.pending: list[_Entry] = []

    def sync(self) -> None:
        for entry in self.pending:
            self._apply(entry)
        self.pending.clear()

    def lose_power(self, random: Random) -> None:
        # A disk with an empty cache, with a full cache, and with a part of a cache.
        kept = random.choice((0.0, 0.5, 1.0))
        for entry in self.pending:
            if entry.what is _What.RESIZED:
                if random.random() < kept:
                    self._apply(entry)
                continue
            for start in range(0, len(entry.data), _SECTOR_BYTES):
                if random.random() < kept:
                    data = entry.data[start : start + _SECTOR_BYTES]
                    self._apply(entry._replace(offset=entry.offset + start, data=data))
        self.pending.clear()

    def _apply(self, entry: _Entry) -> None:
        if entry.what is _What.RESIZED:
            del self.content[entry.offset :]
            self.content.extend(bytes(entry.offset - len(self.content)))
            return
        self.content.extend(bytes(max(0, entry.offset - len(self.content))))
        self.content[entry.offset : entry.offset + len(entry.data)] = entry.data


class _Disk:
    def __init__(self, place: Path, before: Before) -> None:
        self._place = place
        self._names = dict(before.inodes)
        self._files = {
            inode: _File((before.copy / Path(path).name).read_bytes())
            for path, inode in before.inodes.items()
        }
        self._pending: list[_Entry] = []
        self._directories = {place.stat().st_ino: str(place)}

    def apply(self, entry: _Entry) -> None:
        if entry.what in {_What.WROTE, _What.RESIZED}:
            self._files.setdefault(entry.inode, _File()).pending.append(entry)
        elif entry.what is _What.SYNCED:
            self._sync(entry.inode)
        else:
            if entry.what is _What.CREATED:
                self._files[entry.inode] = _File()
            elif entry.what is _What.MADE_DIRECTORY:
                self._directories[entry.inode] = entry.path
            self._pending.append(entry)

    def _sync(self, inode: int) -> None:
        if inode in self._files:
            self._files[inode].sync()
        directory = self._directories.get(inode)
        if directory is None:
            return
        left = []
        for entry in self._pending:
            if str(Path(entry.path.split("\0")[0]).parent) == directory:
                self._name(entry)
            else:
                left.append(entry)
        self._pending = left

    def _name(self, entry: _Entry) -> None:
        if entry.what is _What.CREATED:
            self._names[entry.path] = entry.inode
        elif entry.what is _What.REMOVED:
            self._names.pop(entry.path, None)
        elif entry.what is _What.RENAMED:
            old, new = entry.path.split("\0")
            inode = self._names.pop(old, None)
            if inode is not None:
                self._names[new] = inode

    def lose_power(self, random: Random, target: Path) -> None:
        for entry in self._pending[: random.randint(0, len(self._pending))]:
            self._name(entry)
        for file in self._files.values():
            file.lose_power(random)
        for path, inode in self._names.items():
            own = target / Path(path).relative_to(self._place)
            own.parent.mkdir(parents=True, exist_ok=True)
            # SQLite makes the index of the log anew after a start of the machine.
            if not path.endswith("-shm"):
                own.write_bytes(self._files[inode].content)


class Before(NamedTuple):
    """The files of a disk before a journal; all of them are on the disk."""

    copy: Path
    """A copy of the directory."""
    inodes: dict[str, int]
    """The inodes of the files in use, by their paths."""


def lose_power(place: Path, before: Before, journal: Path, random: Random, target: Path) -> None:
    """
    Write the files of a disk as they are after a loss of power at the end of a journal.

    Args:
        place: The directory that the journal is about.
        before: The files before the journal.
        journal: The journal.
        random: Chooses which of the changes without a sync are on the disk.
        target: The directory for the files.
    """
    disk = _Disk(place, before)
    for entry in _read(journal.read_bytes()):
        disk.apply(entry)
    disk.lose_power(random, target)


def _read(content: bytes) -> Iterator[_Entry]:
    place = 0
    while place + _HEADER.size <= len(content):
        what, path_bytes, inode, offset, size = _HEADER.unpack_from(content, place)
        place += _HEADER.size
        path = content[place : place + path_bytes].decode()
        place += path_bytes
        data = content[place : place + size]
        place += size
        if len(data) == size:
            yield _Entry(_What(what), inode, offset, data, path)
