"""Reading the messages of a spool's file, batch by batch, as the lines that are delivered."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from flightlog.spool.frames import Damage, decode_frames
from flightlog.spool.platform import read_at


class Batch(Struct, frozen=True, kw_only=True):
    """Messages that are delivered together."""

    lines: tuple[bytes, ...]
    """Each one's record as JSON, which says its process and number."""
    last_number: int
    """The greatest number among them; 0 when there is none."""
    damaged: int
    """Damaged places that were passed over."""
    end: int
    """Where the next batch of the same file begins."""


def read_batch(file: int, start: int, size: int, max_bytes: int, process_id: str) -> Batch:
    """
    Read the next messages of one file.

    Args:
        file: The file, open for nobody else.
        start: Where to begin, the end of the batch before.
        size: How much of the file is written.
        max_bytes: How much to read at once; one message that is larger comes alone.
        process_id: Whose messages they are.

    Raises:
        OSError: The file can't be read.
    """
    while True:
        length = min(max_bytes, size - start)
        data = read_at(file, length, start)
        if not data:
            # Someone cut it: what is gone must not hold up what comes after it.
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
