"""
Read rows from the bytes of a SQLite file, without SQLite, page by page.

SQLite reads a table from its root, so that one damaged page hides all pages below it. Here each
page stands for itself: a page that has the form of a leaf gives its rows, wherever it is, and the
others are skipped. Deleted rows don't come back, because `secure_delete` has overwritten them. The
format is described in https://sqlite.org/fileformat2.html.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

Value: TypeAlias = int | float | str | bytes | None

DEFAULT_PAGE_BYTES: Final = 4096
_MAGIC: Final = b"SQLite format 3\0"
_HEADER_BYTES: Final = 100
_TABLE_LEAF: Final = 13
_INDEX_LEAF: Final = 10
_LEAF_HEADER_BYTES: Final = 8
_LOG_MAGICS: Final = (0x377F0682, 0x377F0683)
_LOG_HEADER_BYTES: Final = 32
_FRAME_HEADER_BYTES: Final = 24
_LONGEST_VARINT: Final = 9
_FLOAT: Final = 7
_FIRST_TEXT: Final = 12
_INTEGER_BYTES: Final = (0, 1, 2, 3, 4, 6, 8)
_FLOAT_STRUCT: Final = struct.Struct(">d")


class _DamagedError(Exception):
    """A cell can't be read."""


class Row(NamedTuple):
    """A row as it lies in the file."""

    rowid: int | None
    """The row's number in a table; None for an entry of an index or a table without numbers."""
    values: tuple[Value, ...]
    """The values; a column that stands for the row's number is None."""


class RawPages:
    """
    The pages of a database, with the committed pages of its write-ahead log.

    Args:
        path: The database.
        log: The write-ahead log; it may be missing.

    Raises:
        OSError: The database can't be read.
    """

    def __init__(self, path: Path, log: Path) -> None:
        self._file = path.open("rb")
        self._log = log.open("rb") if log.exists() else None
        size = os.fstat(self._file.fileno()).st_size
        self._page_bytes = _find_page_bytes(self._file.read(_HEADER_BYTES))
        self._frames = self._find_frames()
        self.count: int = max(-(-size // self._page_bytes), 0, *self._frames)
        """The number of pages."""

    def close(self) -> None:
        """Close the files."""
        self._file.close()
        if self._log is not None:
            self._log.close()

    def read_rows(self, number: int) -> Iterator[Row]:
        """
        Read the rows of one page.

        Args:
            number: The page, counted from 1.

        Yields:
            The rows that can be read, if the page is a leaf.
        """
        page = self._read(number)
        start = _HEADER_BYTES if number == 1 else 0
        if len(page) < start + _LEAF_HEADER_BYTES or page[start] not in (_TABLE_LEAF, _INDEX_LEAF):
            return
        has_rowids = page[start] == _TABLE_LEAF
        cells = int.from_bytes(page[start + 3 : start + 5], "big")
        pointers = start + _LEAF_HEADER_BYTES
        for place in range(pointers, min(pointers + 2 * cells, len(page) - 1), 2):
            try:
                yield self._read_cell(
                    page, int.from_bytes(page[place : place + 2], "big"), has_rowids
                )
            except (_DamagedError, IndexError, UnicodeError, struct.error):
                continue

    def _read_cell(self, page: bytes, place: int, has_rowids: bool) -> Row:
        size, place = _read_varint(page, place)
        rowid = None
        if has_rowids:
            rowid, place = _read_varint(page, place)
            if rowid >= 1 << 63:
                rowid -= 1 << 64
        usable = self._page_bytes
        most = usable - 35 if has_rowids else (usable - 12) * 64 // 255 - 23
        if size <= most:
            record = page[place : place + size]
        else:
            least = (usable - 12) * 32 // 255 - 23
            local = least + (size - least) % (usable - 4)
            local = local if local <= most else least
            record = page[place : place + local]
            following = int.from_bytes(page[place + local : place + local + 4], "big")
            record += self._read_overflow(following, size - local)
        if len(record) != size:
            raise _DamagedError
        return Row(rowid, _decode_record(record))

    def _read_overflow(self, number: int, size: int) -> bytes:
        if size > self.count * self._page_bytes:
            raise _DamagedError
        parts = []
        while size > 0:
            if not 1 <= number <= self.count:
                raise _DamagedError
            page = self._read(number)
            part = page[4 : 4 + min(size, self._page_bytes - 4)]
            if not part:
                raise _DamagedError
            parts.append(part)
            size -= len(part)
            number = int.from_bytes(page[:4], "big")
        return b"".join(parts)

    def _read(self, number: int) -> bytes:
        place = self._frames.get(number)
        file = self._file
        if place is None or self._log is None:
            place = (number - 1) * self._page_bytes
        else:
            file = self._log
        file.seek(place)
        return file.read(self._page_bytes)

    def _find_frames(self) -> dict[int, int]:
        """Find the newest committed frame of each page in the log."""
        if self._log is None:
            return {}
        header = self._log.read(_LOG_HEADER_BYTES)
        if int.from_bytes(header[:4], "big") not in _LOG_MAGICS:
            return {}
        self._page_bytes = int.from_bytes(header[8:12], "big") or self._page_bytes
        salts = header[16:24]
        committed: dict[int, int] = {}
        pending: dict[int, int] = {}
        place = _LOG_HEADER_BYTES
        while True:
            self._log.seek(place)
            frame = self._log.read(_FRAME_HEADER_BYTES)
            # A frame of an earlier round of the log has other salts.
            if len(frame) < _FRAME_HEADER_BYTES or frame[8:16] != salts:
                return committed
            pending[int.from_bytes(frame[:4], "big")] = place + _FRAME_HEADER_BYTES
            if any(frame[4:8]):
                committed |= pending
                pending = {}
            place += _FRAME_HEADER_BYTES + self._page_bytes


def _find_page_bytes(header: bytes) -> int:
    size = int.from_bytes(header[16:18], "big")
    size = 65_536 if size == 1 else size
    is_plausible = header.startswith(_MAGIC) and size >= 512 and not size & (size - 1)  # noqa: PLR2004
    return size if is_plausible else DEFAULT_PAGE_BYTES


def _read_varint(data: bytes, place: int) -> tuple[int, int]:
    value = 0
    for count in range(_LONGEST_VARINT):
        byte = data[place]
        place += 1
        if count == _LONGEST_VARINT - 1:
            return (value << 8) | byte, place
        value = (value << 7) | (byte & 0x7F)
        if byte < 0x80:  # noqa: PLR2004 - the bit that continues a number
            break
    return value, place


def _decode_record(record: bytes) -> tuple[Value, ...]:
    header_bytes, place = _read_varint(record, 0)
    if header_bytes > len(record):
        raise _DamagedError
    types = []
    while place < header_bytes:
        kind, place = _read_varint(record, place)
        types.append(kind)
    values: list[Value] = []
    place = header_bytes
    for kind in types:
        value, place = _decode_value(record, place, kind)
        values.append(value)
    if place != len(record):
        raise _DamagedError
    return tuple(values)


def _decode_value(record: bytes, place: int, kind: int) -> tuple[Value, int]:
    if kind == 0:
        return None, place
    if kind < _FLOAT:
        end = place + _INTEGER_BYTES[kind]
        return int.from_bytes(record[place:end], "big", signed=True), end
    if kind == _FLOAT:
        end = place + 8
        return _FLOAT_STRUCT.unpack_from(record, place)[0], end
    if kind in (8, 9):
        return kind - 8, place
    if kind < _FIRST_TEXT:
        raise _DamagedError
    end = place + (kind - _FIRST_TEXT) // 2
    data = record[place:end]
    return (data.decode() if kind % 2 else data), end
