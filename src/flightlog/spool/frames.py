"""
Defines the format of a message in a spool's file: a fixed-length header, then the record's JSON.

The header has its own checksum, so a damaged frame loses only itself: reading continues at the next
intact header. `segment` owns the files.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple
from zlib import crc32

_MAGIC: Final = b"\xf1FL\x01"
_HEADER: Final = struct.Struct("<4sIQI")
_CHECKSUM: Final = struct.Struct("<I")
_pack_header: Final = _HEADER.pack
FRAME_OVERHEAD_BYTES: Final = _HEADER.size + _CHECKSUM.size


class Frame(NamedTuple):
    """One intact message."""

    number: int
    """The message's number within its process, counted from 1."""
    record: bytes
    """The JSON of a record."""
    end: int
    """Where the frame ends in the bytes that were read."""


class Damage(NamedTuple):
    """Bytes that are no frame."""

    start: int
    """Where the damaged bytes begin."""
    end: int
    """Where the next intact frame begins, or the bytes end."""


def encode_frame(number: int, head: bytes, payload: bytes = b"", tail: bytes = b"") -> bytes:
    """
    Write one message as a frame.

    Args:
        number: The message's number, counted from 1.
        head: The JSON of a record, or its part before the payload.
        payload: The payload.
        tail: The JSON after the payload.

    Returns:
        The bytes of the frame.
    """
    record = b"".join((head, payload, tail)) if payload else head
    header = _pack_header(_MAGIC, len(record), number, crc32(record))
    return b"".join((header, crc32(header).to_bytes(4, "little"), record))


def decode_frames(data: bytes) -> Iterator[Frame | Damage]:
    """
    Read the frames of a spool's file, and the damaged bytes between them.

    Zeros at the end are preallocated space and no damage.

    Args:
        data: Bytes that begin at a frame.

    Yields:
        Each frame, and each run of damaged bytes.
    """
    at = 0
    while at < len(data):
        frame = _frame_at(data, at)
        if frame is not None:
            yield frame
            at = frame.end
            continue
        following = _next_header(data, at + 1)
        if following < len(data) or data[at:].strip(b"\0"):
            yield Damage(at, following)
        at = following


def _frame_at(data: bytes, at: int) -> Frame | None:
    length_and_more = _header_at(data, at)
    if length_and_more is None:
        return None
    length, number, checksum = length_and_more
    start = at + FRAME_OVERHEAD_BYTES
    record = data[start : start + length]
    if len(record) != length or crc32(record) != checksum:
        return None
    return Frame(number, record, start + length)


def _header_at(data: bytes, at: int) -> tuple[int, int, int] | None:
    start = at + _HEADER.size
    if start + _CHECKSUM.size > len(data):
        return None
    magic, length, number, checksum = _HEADER.unpack_from(data, at)
    if magic != _MAGIC or _CHECKSUM.unpack_from(data, start)[0] != crc32(data[at:start]):
        return None
    return length, number, checksum


def _next_header(data: bytes, start: int) -> int:
    while (at := data.find(_MAGIC, start)) >= 0:
        if _header_at(data, at) is not None:
            return at
        start = at + 1
    return len(data)
