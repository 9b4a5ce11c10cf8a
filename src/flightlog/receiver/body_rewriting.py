"""
`BodyRewriter`: puts redacted records in the place of the records of a large body.

A second body with the redacted records would take as much memory as the first. So records move to
the end of the body, one after the other from the last record, and each redacted record takes the
place of its original. The bytes that remain between both parts become empty lines.
"""

from __future__ import annotations

from array import array
from typing import Final

from flightlog.record.decoding import find_lines

_SPARE: Final = 1 / 32
"""The share by which a body grows at first, and when it is full: redacted records may be longer."""
_SPARE_BYTES: Final = 64 * 2**10
_MOVED_BYTES: Final = 256 * 2**10
"""So many bytes are moved at a time."""


class BodyRewriter:
    """
    Replaces records of NDJSON within the memory of the body.

    Args:
        body: The body; nothing else may refer to its memory.
    """

    def __init__(self, body: bytearray) -> None:
        self._body = body
        self._starts, self._ends = array("Q"), array("Q")
        for _, start, end in find_lines(body):
            self._starts.append(start)
            self._ends.append(end)
        self._old_end = self._new_start = len(body)
        self._grow(0)

    def replace(self, position: int, record: bytes | bytearray) -> None:
        """
        Replace a record.

        Args:
            position: The place of the record among the records; each lower than the one before.
            record: The JSON on one line.
        """
        start, end = self._starts[position], self._ends[position]
        self._move(end)
        missing = start + len(record) - self._new_start
        if missing > 0:
            self._grow(missing)
        self._body[self._new_start - len(record) : self._new_start] = record
        self._new_start -= len(record)
        self._old_end = start

    def finish(self) -> None:
        """Join both parts of the body."""
        for place in range(self._old_end, self._new_start, _MOVED_BYTES):
            size = min(_MOVED_BYTES, self._new_start - place)
            self._body[place : place + size] = b"\n" * size

    def _move(self, start: int) -> None:
        """Move the bytes that begin at a place, up to those that were moved before, to the end."""
        while self._old_end > start:
            size = min(_MOVED_BYTES, self._old_end - start)
            moved = self._body[self._old_end - size : self._old_end]
            self._body[self._new_start - size : self._new_start] = moved
            self._new_start -= size
            self._old_end -= size

    def _grow(self, least_bytes: int) -> None:
        """Make more space between both parts."""
        end = len(self._body)
        added = least_bytes + int(end * _SPARE) + _SPARE_BYTES
        self._body.extend(bytes(added))
        while end > self._new_start:
            size = min(_MOVED_BYTES, end - self._new_start)
            end -= size
            self._body[end + added : end + added + size] = self._body[end : end + size]
        self._new_start += added
