"""
Encodes plain values as JSON without a crash when memory is short, and in bounded buffers.

`msgspec.json.Encoder.encode` crashes the process when its output buffer can't grow:
`_PyBytes_Resize` sets the buffer to NULL, and the encoder then releases the buffer. `encode_into`
writes to a bytearray, which survives a failed resize. So all code that records inside a workflow
encodes through this module. docs/limits.md has a reproduction.
"""

from __future__ import annotations

from typing import Final

import msgspec

encode_into: Final = msgspec.json.Encoder().encode_into
"""Writes the JSON of a plain value into a bytearray, which is then as long as the JSON."""
SLACK: Final = 64
"""msgspec reserves a few bytes more than a value needs."""
_FIRST_BYTES: Final = 8 * 1024
_GROWTH: Final = 16


def encode_json(value: object, expected_bytes: int = 0) -> bytes:
    """
    Encode a plain value of any length.

    Args:
        value: A value of JSON's own types, or a `msgspec.Struct`.
        expected_bytes: How long the JSON will probably be. The buffer has this length at first, and
            growing it takes time.

    Returns:
        UTF-8 JSON.

    Raises:
        UnicodeEncodeError: A text has lone surrogates.
        MemoryError: There is too little memory for the JSON.
    """
    written = bytearray(expected_bytes)
    encode_into(value, written)
    return bytes(written)


def encode_within(value: object, limit_bytes: int) -> bytes | None:
    """
    Encode a plain value if its JSON fits into a limit.

    The limit bounds the work and the memory, however many items the value has. The limit does not
    bound the text of a single key or string, so the caller must check the lengths of keys and
    strings.

    Args:
        value: A value of JSON's own types.
        limit_bytes: The largest length of the JSON, bytes.

    Returns:
        UTF-8 JSON; None when the JSON would be longer than the limit.

    Raises:
        UnicodeEncodeError: A text has lone surrogates.
        MemoryError: There is too little memory for the JSON.
    """
    most = max(limit_bytes, 0) + SLACK
    size = min(_FIRST_BYTES, most)
    while True:
        written = bytearray(size)
        # A view prevents any resize of the bytearray, so the encoder stops at the bytearray's end.
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
