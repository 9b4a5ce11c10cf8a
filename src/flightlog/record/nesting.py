"""
The limit on nesting: how deep lists and objects of one payload may be within each other.

The decoder's own limit depends on Python's version and on the caller's stack. A limit of its own
makes the same record valid everywhere, and keeps every reader of a stored payload within its stack.
"""

from __future__ import annotations

import re
from itertools import accumulate
from typing import Final

from msgspec import Raw

MAX_VALUE_DEPTH: Final = 900
"""How deep lists and objects of a payload may be nested."""
MIN_DEEP_BYTES: Final = 2 * MAX_VALUE_DEPTH
"""A text of at most so many bytes can't be too deep, because each level takes two brackets."""
_SLICE_BYTES: Final = 1 << 20
_STRUCTURE: Final = b'[]{}"'
_OTHERS: Final = bytes(set(range(256)) - set(_STRUCTURE))
_STEPS: Final = tuple((byte in b"[{") - (byte in b"]}") for byte in range(256))
_LAST_BACKSLASHES: Final = re.compile(rb"\\*\Z")


def is_too_deep(text: Raw) -> bool:
    """
    Check whether a payload is nested more deeply than `MAX_VALUE_DEPTH`.

    Args:
        text: The payload's JSON.

    Returns:
        Whether the payload is too deep.
    """
    view = memoryview(text)
    # Most payloads have fewer bytes or brackets, and counting costs a fraction of decoding.
    if len(view) <= MIN_DEEP_BYTES or _count_openings(view) <= MAX_VALUE_DEPTH:
        return False
    return measure_depth(view) > MAX_VALUE_DEPTH


def measure_depth(text: bytes | bytearray | memoryview) -> int:
    """
    Measure how deep lists and objects are within each other.

    Args:
        text: Valid JSON.

    Returns:
        The number of levels; 0 for a number or a text.
    """
    depth = deepest = start = 0
    in_string = False
    while start < len(text):
        part = bytes(text[start : start + _SLICE_BYTES])
        backslashes = _LAST_BACKSLASHES.search(part)
        if backslashes is not None and len(backslashes[0]) % 2:
            # An escape must not be cut.
            part += bytes(text[start + len(part) : start + len(part) + 1])
        start += len(part)
        quoted = part.replace(rb"\\", b"").replace(rb"\"", b"").translate(None, _OTHERS).split(b'"')
        steps = map(_STEPS.__getitem__, b"".join(quoted[in_string::2]))
        levels = list(accumulate(steps, initial=depth))
        deepest = max(deepest, *levels)
        depth = levels[-1]
        in_string ^= len(quoted) % 2 == 0
    return deepest


def _count_openings(text: memoryview) -> int:
    count = 0
    for start in range(0, len(text), _SLICE_BYTES):
        part = bytes(text[start : start + _SLICE_BYTES])
        count += part.count(b"[") + part.count(b"{")
    return count
