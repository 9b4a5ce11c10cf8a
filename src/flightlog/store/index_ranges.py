"""
Terms of the search index by which a range of numbers is found.

Each number below a name lies in a step: 256 steps double the number, so that a step is at most
0.4 % wide. An execution has a term for the name and the step, and terms for the 16, 256 and 4,096
steps around it. A range is covered by a few terms of each width. As always, the test of the query
decides on each candidate.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Final
from zlib import crc32

from flightlog.query.expressions import Between
from flightlog.query.operands import read_number
from flightlog.query.payloads import is_range_of_numbers
from flightlog.store.index_terms import start_pair, write_hashes

_BITS: Final = 8
"""A step has so many bits of the number, besides the first one, which is always set."""
_WIDTHS: Final = (0, 4, 8, 12)
"""The binary logarithms of the steps that a term stands for, the narrowest first."""
_LEAST_EXPONENT: Final = -1073
"""The exponent of the smallest float above 0, as `math.frexp` returns it."""
_LAST_STEP: Final = (1024 - _LEAST_EXPONENT + 2) << _BITS
"""The step of the numbers that are too large for a float."""


def find_step(number: str | int) -> int:
    """
    Find the step of a number.

    Args:
        number: The number, or its JSON.

    Returns:
        The step. A larger number never has a smaller step; 0, and what is no number, have 0.
    """
    try:
        rounded = float(number)
    except OverflowError:
        rounded = float(str(number))
    if rounded == 0 or math.isnan(rounded):
        return 0
    if math.isinf(rounded):
        step = _LAST_STEP
    else:
        fraction, exponent = math.frexp(abs(rounded))
        bits = int(fraction * (2 << _BITS)) - (1 << _BITS)
        step = ((exponent - _LEAST_EXPONENT + 1) << _BITS) + bits
    return step if rounded > 0 else -step


@lru_cache(maxsize=20_000)
def hash_steps(name: str, step: int) -> tuple[int, ...]:
    """
    Make the hashes of a number below a name.

    Args:
        name: The name.
        step: The number's step.

    Returns:
        A hash of each width.
    """
    return tuple(_hash(name, width, step >> width) for width in _WIDTHS)


def list_range_terms(name: str, wanted: Between) -> list[str] | None:
    """
    List terms of which every payload with a number of a range has at least one.

    Args:
        name: The name before the number.
        wanted: The range.

    Returns:
        The terms; None if the range is one of texts.
    """
    if not is_range_of_numbers(wanted):
        return None
    low, high = _read_step(wanted.low, -_LAST_STEP), _read_step(wanted.high, _LAST_STEP)
    return [write_hashes([each]) for each in _cover(name, low, high)]


def _read_step(end: str | None, without: int) -> int:
    number = None if end is None else read_number(end)
    return without if number is None else find_step(str(number))


def _cover(name: str, low: int, high: int) -> Iterator[int]:
    """Yield the hashes of the fewest terms that cover all steps between two, ends included."""
    for width, wider in pairwise(_WIDTHS):
        last = (1 << wider - width) - 1
        while low <= high and low & last:
            yield _hash(name, width, low)
            low += 1
        while low <= high and high & last != last:
            yield _hash(name, width, high)
            high -= 1
        if low > high:
            return
        low, high = low >> wider - width, high >> wider - width
    yield from (_hash(name, _WIDTHS[-1], step) for step in range(low, high + 1))


def _hash(name: str, width: int, step: int) -> int:
    return crc32(b"%d/%d" % (width, step), start_pair(name, "r"))
