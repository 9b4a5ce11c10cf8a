"""
Plain values: dicts with text keys, lists, tuples and what they hold, where JSON holds it natively.

It owns the fast way to JSON that most payloads take. A value of any other make, or one that is too
large, is left to `encoder`.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from flightlog.marks import MARK

MAX_DEPTH: Final = 100
"""Containers within containers; what lies deeper is marked instead of followed."""

_LONG: Final = 1 << 128
encode_plain: Final = msgspec.json.Encoder().encode


def plain_json(  # noqa: C901, PLR0912  # one loop without calls: it is measured
    value: object, room: int, depth: int = MAX_DEPTH
) -> bytes | None:
    """
    Encode a container if nothing in it needs a mark.

    No code but CPython's own touches the value: types are compared exactly, and msgspec runs only
    when all of them are known, because by itself it writes datetimes, sets and NaN unmarked. A
    value that another thread changes between the look and the encoding may still slip through so.

    Args:
        value: Of exactly the type dict, list or tuple.
        room: How many bytes the JSON may take. The work is bounded by it, too.
        depth: How many containers may lie within each other.

    Returns:
        The JSON; None when the value isn't plain, or doesn't fit.

    Raises:
        Exception: It isn't plain either: lone surrogates, keys that aren't text, a dict that
            changes its size meanwhile, the interpreter's recursion limit.
    """
    # A local name is found faster than a built-in one, and most items are of these types.
    text, integer, number = str, int, float
    size = 0
    whole = 0
    real = 0.0
    keys: list[str] = []
    level: list[Any] = [value]
    for _ in range(depth):
        below: list[Any] = []
        for container in level:
            size += len(container)
            if size > room:
                return None
            if type(container) is dict:
                keys += container
                container = container.values()  # noqa: PLW2901  # this loop is measured
            for item in container:
                kind = type(item)
                if kind is text:
                    size += len(item)
                elif kind is integer:
                    whole += item
                elif kind is number:
                    real += item
                elif kind is dict or kind is list or kind is tuple:
                    below.append(item)
                elif kind is not bool and item is not None:
                    return None
        level = below
        if not level:
            break
    else:
        return None
    # One infinite or undefined number makes the sum so, and such a sum minus itself is no zero.
    # A very long integer makes a long sum, unless it meets its opposite: what Python prints at all
    # has 4,300 digits at most.
    if real - real != 0.0 or not -_LONG < whole < _LONG:
        return None
    names = "".join(keys)
    if size + len(names) > room or MARK in names:
        return None
    encoded = encode_plain(value)
    return encoded if len(encoded) <= room else None
