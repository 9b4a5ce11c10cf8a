"""
The mark that stands where a secret stood: `[REDACTED:3f9a1c0b7d24]`.

It is a keyed hash of the secret, so equal secrets have equal marks within one installation, and
nobody without the installation's key can try guesses.
"""

from __future__ import annotations

import hashlib
from typing import Final
from urllib.parse import unquote_to_bytes

import msgspec

from flightlog.redaction.patterns import pattern

MARK: Final = pattern(rb"\[REDACTED:[0-9a-f]{8,12}\]")
_DIGEST_DIGITS: Final = 12
_BLOCK_BYTES: Final = 64
_INNER: Final = bytes(byte ^ 0x36 for byte in range(256))
_OUTER: Final = bytes(byte ^ 0x5C for byte in range(256))
_MOST_KNOWN: Final = 4096
_LONGEST_KNOWN: Final = 256
_LONGEST_UNESCAPED: Final = 1 << 20
"""To undo the escapes of a longer text would take several times its memory."""
_decode_text: Final = msgspec.json.Decoder(str).decode


class Marker:
    """
    Makes marks.

    Args:
        key: The installation's secret.
    """

    def __init__(self, key: bytes) -> None:
        # HMAC-SHA256, with what depends on the key alone done once: the standard library's takes
        # three times as long, and most payloads with a secret have several.
        block = hashlib.sha256(key).digest() if len(key) > _BLOCK_BYTES else key
        block = block.ljust(_BLOCK_BYTES, b"\0")
        self._inner = hashlib.sha256(block.translate(_INNER))
        self._outer = hashlib.sha256(block.translate(_OUTER))
        self._known: dict[bytes, bytes] = {}

    def mark(self, secret: bytes) -> bytes:
        """The mark of a secret."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(secret)
        outer.update(inner.digest())
        return b"[REDACTED:%b]" % outer.hexdigest()[:_DIGEST_DIGITS].encode()

    def mark_written(self, written: bytes, *, is_json: bool) -> bytes:
        """
        Make the mark of a secret as it is written.

        So that equal secrets have equal marks in any encoding.

        Args:
            written: The secret, perhaps escaped for JSON or for a URL.
            is_json: Whether escapes of JSON are undone.
        """
        known = self._known.get(written)
        if known is not None:
            return known
        is_escaped = is_json and b"\\" in written and len(written) <= _LONGEST_UNESCAPED
        secret = _unescaped(written) if is_escaped else written
        mark = self.mark(unquote_to_bytes(secret) if b"%" in secret else secret)
        if len(written) <= _LONGEST_KNOWN and (is_json or b"\\" not in written):
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[written] = mark
        return mark


def _unescaped(written: bytes) -> bytes:
    try:
        return _decode_text(b'"%b"' % written).encode("utf-8", "surrogatepass")
    except (msgspec.MsgspecError, UnicodeError):
        return written
