"""
Encoding plain values as JSON without a crash where memory is short, and without unbounded buffers.

`msgspec.json.Encoder.encode` crashes the process when the buffer that it writes to can't grow:
`_PyBytes_Resize` sets the buffer to NULL, and the encoder then releases it. `encode_into` writes to
a bytearray, which survives a failed resize, so everything that records inside a workflow encodes
through this module. docs/limits.md has a reproduction.
"""

from __future__ import annotations

from typing import Final

import msgspec

encode_into: Final = msgspec.json.Encoder().encode_into
"""Writes the JSON of a plain value to a bytearray, from its beginning, and cuts it to that."""
SLACK: Final = 64
"""msgspec reserves a few bytes more than a value takes."""
_FIRST_BYTES: Final = 8 * 1024
_GROWTH: Final = 16


def encode_json(value: object) -> bytes:
    """
    Encode a plain value of any length.

    Args:
        value: What JSON holds natively, or a `msgspec.Struct`.

    Returns:
        UTF-8 JSON.

    Raises:
        UnicodeEncodeError: A text has lone surrogates.
        MemoryError: There is too little memory for the JSON.
    """
    written = bytearray()
    encode_into(value, written)
    return bytes(written)


def encode_within(value: object, limit_bytes: int) -> bytes | None:
    """
    Encode a plain value if its JSON fits into a limit.

    The work and the memory are bounded by the limit, however many items the value has. Only the
    text of a single key or string isn't: its caller has to look at the lengths of those.

    Args:
        value: What JSON holds natively.
        limit_bytes: How long the JSON may be.

    Returns:
        UTF-8 JSON; None when it would be longer.

    Raises:
        UnicodeEncodeError: A text has lone surrogates.
        MemoryError: There is too little memory for the JSON.
    """
    most = max(limit_bytes, 0) + SLACK
    size = min(_FIRST_BYTES, most)
    while True:
        written = bytearray(size)
        # A bytearray can't be resized while a view of it exists, so the encoder stops at its end.
        view = memoryview(written)
        try:
            encode_into(value, written)
        except BufferError:
            if size >= most:
                return None
            size = min(size * _GROWTH, most)
        else:
            return bytes(written) if len(written) <= limit_bytes else None
        finally:
            view.release()
