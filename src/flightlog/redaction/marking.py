"""
The mark that stands where a secret stood: `[REDACTED:3f9a1c0b7d24]`.

It is a keyed hash of the secret, so equal secrets have equal marks within one installation, and
nobody without the installation's key can try guesses.
"""

from __future__ import annotations

import hashlib
import re
from typing import Final

MARK: Final = re.compile(rb"\[REDACTED:[0-9a-f]{8,12}\]")
_DIGEST_DIGITS: Final = 12
_BLOCK_BYTES: Final = 64
_INNER: Final = bytes(byte ^ 0x36 for byte in range(256))
_OUTER: Final = bytes(byte ^ 0x5C for byte in range(256))


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

    def mark(self, secret: bytes) -> bytes:
        """The mark of a secret."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(secret)
        outer.update(inner.digest())
        return b"[REDACTED:%b]" % outer.hexdigest()[:_DIGEST_DIGITS].encode()
