"""
Encodes plain values fast: dicts with text keys, lists, tuples and values that JSON has natively.

Most payloads are plain. `encoder` handles all other values and values that are too large.
"""

from __future__ import annotations

import sys
from typing import Any, Final

from flightlog.record.json_encoding import encode_json, encode_within
from flightlog.record.placeholders import MARK

MAX_DEPTH: Final = 100
"""How deep containers may be nested; a placeholder replaces deeper values."""

_MARK_KEY: Final = b'"%b":' % MARK.encode()
_DOLLAR: Final = ord(MARK[0])
_FEW: Final = 1024
"""
With fewer items and characters than this, the JSON is short enough to be written without a limit.
"""
_MOST_DIGITS: Final = 10_000
"""Integers of more digits take quadratic time to print; Python's own limit is lower."""


def encode_native(  # noqa: C901, PLR0911, PLR0912  # loops without calls: they are measured
    value: object, max_bytes: int, depth: int = MAX_DEPTH
) -> bytes | int:
    """
    Encode a container if nothing in it needs a placeholder.

    Only CPython's own code touches the value. The function compares types exactly and calls msgspec
    only when all types are known, because msgspec writes datetimes, sets and NaN without
    placeholders. If another thread changes the value between the check and the encoding, such a
    value may still be written without a placeholder.

    Args:
        value: A value of exactly the type dict, list or tuple.
        max_bytes: The maximum number of bytes of the JSON, which also bounds work and memory.
        depth: How many containers may be nested.

    Returns:
        The JSON. Where the value isn't plain or doesn't fit, the number of items and characters
        that were read.

    Raises:
        Exception: The value isn't plain: it has lone surrogates, is a dict that changes its size
            meanwhile, or exceeds the interpreter's recursion limit.
    """
    # Local names are found faster than builtin names, and most items have these types.
    text, integer, number = str, int, float
    size = 0
    real = 0.0
    level: list[Any] = [value]
    for _ in range(depth):
        below: list[Any] = []
        for container in level:
            if size + len(container) > max_bytes:
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
    # One infinite or undefined number makes the sum infinite or undefined, and such a sum minus
    # itself is not zero.
    if size > max_bytes or real - real != 0.0:
        return size
    # Python refuses to print very long integers, because printing takes quadratic time, unless the
    # process has turned that limit off.
    if not 0 < sys.get_int_max_str_digits() <= _MOST_DIGITS:
        return size
    if size < _FEW:
        encoded = encode_json(value, 2 * size)
        fits = len(encoded) <= max_bytes
    else:
        limited = encode_within(value, max_bytes)
        encoded, fits = limited or b"", limited is not None
    # The search for a number in bytes is five times as fast as the search for a byte string.
    return encoded if fits and not (_DOLLAR in encoded and _MARK_KEY in encoded) else size
