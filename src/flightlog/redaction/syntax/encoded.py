"""
JSON, text and keys within base64, hexadecimal digits.

Gzip: what they hold is looked at, and they go as a whole.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from typing import Final, NamedTuple

from flightlog.redaction.patterns import pattern

ANCHOR: Final = (
    rb"(?:eyJ|eyI|ewog|ewoJ|W3si|H4sI)[A-Za-z0-9+/_-]|(?i:7b2[02]|7b0a|5b7b)[0-9a-fA-F]{6}"
)
BEGINS: Final = rb"(?:eyJ|eyI|ewog|ewoJ|W3si|H4sI)|(?i:7b2[02]|7b0a|5b7b)(?=[0-9a-fA-F])"
_BEGINS: Final = pattern(
    rb"(?:eyJ|eyI|ewog|ewoJ|W3si|H4sI)(?=[A-Za-z0-9+/_-]{12})"
    rb"|(?<![0-9a-zA-Z])(?:7[bB]2[02]|7[bB]0[aA]|5[bB]7[bB])(?=[0-9a-fA-F]{12})"
)
_HEX: Final = pattern(rb"[0-9a-fA-F]++")
_BASE64: Final = pattern(rb"(?:[A-Za-z0-9+/_-]|\\/)++={0,2}")
_MOST_BYTES: Final = 1 << 20
_GZIP: Final = b"\x1f\x8b"


class Encoded(NamedTuple):
    """Data that is written in base64 or hexadecimal digits."""

    start: int
    end: int
    data: bytes


def read(text: bytes, place: int, limit: int) -> Encoded | None:
    """
    Decode what stands at a place.

    Args:
        text: The text, its escapes not undone.
        place: Where to read.
        limit: Where the text, or the string of JSON around the place, ends.

    Returns:
        The data, at most 1 MiB of it, and none if it can't be decoded; None where none begins.
    """
    if not _BEGINS.match(text, place, limit):
        return None
    digits = _HEX.match(text, place, limit)
    if digits is not None and len(digits[0]) >= 16:  # noqa: PLR2004 - as in ANCHOR
        return Encoded(
            *digits.span(),
            bytes.fromhex(digits[0][: len(digits[0]) // 2 * 2][:_MOST_BYTES].decode()),
        )
    found = _BASE64.match(text, place, limit)
    if found is None:
        return None
    written = found[0].replace(b"\\", b"").rstrip(b"=")[:_MOST_BYTES]
    try:
        data = base64.b64decode(
            written[: len(written) // 4 * 4],
            altchars=b"-_" if b"-" in written or b"_" in written else None,
        )
    except binascii.Error:
        return Encoded(*found.span(), b"")
    tail = written[len(written) // 4 * 4 :]
    if len(tail) > 1:
        data += base64.b64decode(
            tail + b"=" * (4 - len(tail)), altchars=b"-_" if b"-" in tail or b"_" in tail else None
        )
    if data.startswith(_GZIP):
        try:
            data = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(data, _MOST_BYTES)
        except zlib.error:
            return Encoded(*found.span(), b"")
    return Encoded(*found.span(), data)
