"""
The postings of the search index: which executions of a segment have a term.

A posting is a term's number with a place in the segment, one number of 36 bits. The sorted postings
of neighbouring terms are one bucket, which is one row of a table. The first bytes of all postings
stand before their second bytes, and so on, because zstd compresses them to half the size then.
"""

from __future__ import annotations

import sys
import threading
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Final

import zstandard

from flightlog.store.postgres.index_numbers import TERM_BITS

PLACE_BITS: Final = 12
MOST_PLACES: Final = 2**PLACE_BITS
"""The most executions of a segment."""
PLACE_MASK: Final = MOST_PLACES - 1
_BYTES: Final = 5
"""The bytes of a posting; an array's numbers have 8."""
_BUCKET: Final = 1_200
"""About so many postings make a bucket; a bucket of more than 2 KB takes two reads."""
_SLICE_BITS: Final = 4
"""The terms are sorted in so many slices, log2, which bounds the memory."""
_LEVEL: Final = 1
"""Higher levels of zstd save 3 %, and take twice the time."""


class _Tools(threading.local):
    """The tools of a thread."""

    def __init__(self) -> None:
        self.compressor = zstandard.ZstdCompressor(level=_LEVEL)
        self.decompressor = zstandard.ZstdDecompressor()


_tools: Final = _Tools()


def choose_shift(postings: int) -> int:
    """
    Choose how many terms share a bucket.

    Args:
        postings: The number of a segment's postings.

    Returns:
        The number of low bits in which the terms of a bucket differ.
    """
    return TERM_BITS - min(TERM_BITS, (postings // _BUCKET).bit_length())


def list_slices(shift: int) -> list[tuple[int, int]]:
    """
    Split the terms into ranges of whole buckets.

    Args:
        shift: The result of `choose_shift`.

    Returns:
        The first term of each range, and the first one after it.
    """
    width = 1 << max(shift, TERM_BITS - _SLICE_BITS)
    return [(start, start + width) for start in range(0, 1 << TERM_BITS, width)]


def list_postings(terms: Sequence[int], place: int, low: int, high: int) -> list[int]:
    """
    List postings of an execution.

    Args:
        terms: The execution's terms in ascending order.
        place: The execution's place.
        low: The first term of the range.
        high: The first term after the range.

    Returns:
        The postings of the terms in the range.
    """
    some = terms[bisect_left(terms, low) : bisect_left(terms, high)]
    return [term << PLACE_BITS | place for term in some]


def move_postings(postings: Sequence[int], places: Sequence[int], low: int, high: int) -> list[int]:
    """
    Move postings to another segment.

    Args:
        postings: The postings of a bucket.
        places: The new place of each place; -1 for places that are dead.
        low: The first term of the range.
        high: The first term after the range.

    Returns:
        The postings of the terms in the range.
    """
    first = bisect_left(postings, low << PLACE_BITS)
    some = postings[first : bisect_left(postings, high << PLACE_BITS)]
    return [
        each & ~PLACE_MASK | place for each in some if (place := places[each & PLACE_MASK]) >= 0
    ]


def pack_buckets(postings: list[int], shift: int) -> Iterator[tuple[int, bytes]]:
    """
    Write postings as buckets.

    Args:
        postings: The postings of whole buckets; they are sorted in place.
        shift: The result of `choose_shift`.

    Yields:
        The number and the data of each bucket.
    """
    postings.sort()
    begin = 0
    while begin < len(postings):
        bucket = postings[begin] >> shift + PLACE_BITS
        end = bisect_left(postings, bucket + 1 << shift + PLACE_BITS, begin)
        yield bucket, _pack(postings[begin:end])
        begin = end


def _pack(postings: Sequence[int]) -> bytes:
    numbers = array("Q", postings)
    if sys.byteorder == "big":
        numbers.byteswap()
    data = numbers.tobytes()
    return _tools.compressor.compress(b"".join([data[at::8] for at in range(_BYTES)]))


def unpack(data: bytes) -> array[int]:
    """
    Read the postings of a bucket.

    Args:
        data: The bucket's data.

    Returns:
        The postings in ascending order.
    """
    planes = _tools.decompressor.decompress(data)
    count = len(planes) // _BYTES
    spread = bytearray(8 * count)
    for at in range(_BYTES):
        spread[at::8] = planes[at * count : (at + 1) * count]
    numbers = array("Q", bytes(spread))
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def find_places(postings: Sequence[int], term: int) -> int:
    """
    Find the places of a term.

    Args:
        postings: The postings of the term's bucket.
        term: The term.

    Returns:
        The places as the bits of a number.
    """
    first = bisect_left(postings, term << PLACE_BITS)
    last = bisect_left(postings, term + 1 << PLACE_BITS, first)
    found = bytearray(MOST_PLACES // 8)
    for each in postings[first:last]:
        found[(each & PLACE_MASK) >> 3] |= 1 << (each & 7)
    return int.from_bytes(found, "little")


def list_places(found: int) -> list[int]:
    """
    List the places that a number's bits are.

    Args:
        found: The number.

    Returns:
        The places.
    """
    return [place for place, bit in enumerate(reversed(f"{found:b}")) if bit == "1"]
