"""
Reads the messages of a spool's file in batches, as the lines that are delivered.

`frames` defines the format of the messages.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from flightlog.spool.frames import Damage, decode_frames
from flightlog.spool.platform import read_at


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
