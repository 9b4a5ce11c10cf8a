"""
Defines the format of a message in a spool's file, and reads messages in batches.

A message is a frame: a fixed-length header, then the record's JSON. The header has its own
checksum, so a damaged frame loses only itself: reading continues at the next intact header.
`segment` owns the files.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final
from zlib import crc32

import msgspec
from msgspec import Struct

from flightlog.spool.platform import read_at

_MAGIC: Final = b"\xf1FL\x01"
_HEADER: Final = struct.Struct("<4sIQI")
_CHECKSUM: Final = struct.Struct("<I")
_pack_header: Final = _HEADER.pack
FRAME_OVERHEAD_BYTES: Final = _HEADER.size + _CHECKSUM.size


class Frame(Struct, frozen=True, gc=False):
    """One intact message."""

    number: int
    """The message's number within its process, counted from 1."""
    record: bytes
    """The JSON of a record."""
    end: int
    """Where the frame ends in the bytes that were read."""


class Damage(Struct, frozen=True, gc=False):
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


class Batch(Struct, frozen=True, kw_only=True):
    """Messages that are delivered together."""

    lines: tuple[bytes, ...]
    """Each message's record as JSON, with the message's process and number."""
    last_number: int
    """The greatest number of the messages; 0 where there is none."""
    damaged: int
    """The number of damaged places that were skipped."""
    end: int
    """Where the next batch of the same file begins."""


def read_batch(file: int, start: int, size: int, max_bytes: int, process_id: str) -> Batch:
    """
    Read the next messages of one file.

    Args:
        file: The file, which no other code has open.
        start: Where to begin: the end of the previous batch.
        size: How many bytes of the file are written.
        max_bytes: How many bytes to read at once; a larger message is a batch of its own.
        process_id: The process that wrote the messages.

    Returns:
        The messages; none where the rest of the file is damaged.

    Raises:
        OSError: The file can't be read.
    """
    while True:
        length = min(max_bytes, size - start)
        data = read_at(file, length, start)
        if not data:
            # Another program truncated the file. The missing part must not block later messages.
            return Batch(lines=(), last_number=0, damaged=1, end=size)
        batch = _batch(data, start, process_id, whole=start + length >= size)
        if batch.end > start or start + length >= size:
            return batch
        max_bytes *= 2


def _batch(data: bytes, start: int, process_id: str, *, whole: bool) -> Batch:
    lines = []
    damaged, last_number, end = 0, 0, 0
    head = b'{"message":{"processId":%b,"number":' % msgspec.json.encode(process_id)
    for found in decode_frames(data):
        if isinstance(found, Damage):
            if found.end == len(data) and not whole:
                break
            damaged += 1
        else:
            lines.append(b"%b%d},%b" % (head, found.number, found.record[1:]))
            last_number = max(last_number, found.number)
        end = found.end
    if whole:
        end = len(data)
    return Batch(lines=tuple(lines), last_number=last_number, damaged=damaged, end=start + end)
