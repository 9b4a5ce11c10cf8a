"""
Plain values: dicts with text keys, lists, tuples and what they hold, where JSON holds it natively.

It owns the fast way to JSON that most payloads take. A value of any other make, or one that is too
large, is left to `encoder`.
"""

from __future__ import annotations

import sys
from typing import Any, Final

from flightlog.record.json_encoding import encode_json, encode_within
from flightlog.record.placeholders import MARK

MAX_DEPTH: Final = 100
"""Containers within containers; what lies deeper is marked instead of followed."""

_MARK_KEY: Final = b'"%b":' % MARK.encode()
_DOLLAR: Final = ord(MARK[0])
_FEW: Final = 1024
"""Of so few items and characters, the JSON is short enough to be written without a limit."""
MOST_DIGITS: Final = 10_000
"""Integers of more digits take quadratic time to print; Python's own limit is lower."""


def plain_json(  # noqa: C901, PLR0911, PLR0912  # loops without calls: they are measured
    value: object, room: int, depth: int = MAX_DEPTH
) -> bytes | int:
    """
    Encode a container if nothing in it needs a mark.

    No code but CPython's own touches the value: types are compared exactly, and msgspec runs only
    when all of them are known, because by itself it writes datetimes, sets and NaN unmarked. A
    value that another thread changes between the look and the encoding may still slip through so.

    Args:
        value: Of exactly the type dict, list or tuple.
        room: How many bytes the JSON may take. Work and memory are bounded by it, too.
        depth: How many containers may lie within each other.

    Returns:
        The JSON. When the value isn't plain, or doesn't fit, how many items and characters of it
        were looked at.

    Raises:
        Exception: It isn't plain either: lone surrogates, a dict that changes its size meanwhile,
            the interpreter's recursion limit.
    """
    # A local name is found faster than a built-in one, and most items are of these types.
    text, integer, number = str, int, float
    size = 0
    real = 0.0
    level: list[Any] = [value]
    for _ in range(depth):
        below: list[Any] = []
        for container in level:
            if size + len(container) > room:
                return size + 1
            size += len(container)
            if type(container) is dict:
                for key, item in container.items():
                    if type(key) is not text:
                        return size
                    kind = type(item)
                    if kind is text:
                        size += len(key) + len(item)
                        continue
                    size += len(key)
                    if kind is integer:
                        continue
                    if kind is number:
                        real += item
                    elif kind is dict or kind is list or kind is tuple:
                        below.append(item)
                    elif kind is not bool and item is not None:
                        return size
                continue
            for item in container:
                kind = type(item)
                if kind is text:
                    size += len(item)
                elif kind is integer:
                    continue
                elif kind is number:
                    real += item
                elif kind is dict or kind is list or kind is tuple:
                    below.append(item)
                elif kind is not bool and item is not None:
                    return size
        level = below
        if not level:
            break
    else:
        return size
    # One infinite or undefined number makes the sum so, and such a sum minus itself is no zero.
    if size > room or real - real != 0.0:
        return size
    # Python refuses to print very long integers, for which it needs quadratic time, unless the
    # process has turned that off.
    if not 0 < sys.get_int_max_str_digits() <= MOST_DIGITS:
        return size
    if size < _FEW:
        encoded = encode_json(value)
        fits = len(encoded) <= room
    else:
        limited = encode_within(value, room)
        encoded, fits = limited or b"", limited is not None
    # A number is found in bytes five times as fast as a byte string.
    return encoded if fits and not (_DOLLAR in encoded and _MARK_KEY in encoded) else size
