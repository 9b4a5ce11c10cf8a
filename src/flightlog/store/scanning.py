"""
Scan candidates in the order of a list, within the limits of one page; shared by the stores.

A store finds the candidates in portions and tests the whole expression on each. A page ends when it
is full, or when it has examined as much as one page may; the cursor continues after the last
candidate that was examined.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple, TypeAlias

from flightlog.store.positions import Position, Selection

SCANNED_CANDIDATES: Final = 1_000
"""The number of executions whose payloads one page examines."""
SCANNED_BYTES: Final = 16 * 2**20
"""The payload bytes that one page examines."""
CHOSEN_CANDIDATES: Final = 10_000
"""The number of executions that one page examines of those that an index chooses."""
CHOSEN_BYTES: Final = 256 * 2**20
"""The payload bytes that such a page examines."""
CHUNK: Final = 100
"""The number of candidates of a portion."""
_LONGEST_S: Final = 1.0
"""A page ends after this time at the latest, because reading keeps old rows of the database."""

SearchFrom: TypeAlias = Callable[[Position | None], tuple[list[Position], Position | None]]
"""Finds the next candidates after a position, at most `CHUNK` and one, and where it stopped."""
Test: TypeAlias = Callable[[Sequence[Position]], Iterable[tuple[Position, bool]]]
"""Tests candidates in their order."""


class CandidateBatch(NamedTuple):
    """Candidates that follow each other in the order of the list."""

    candidates: list[Position]
    """The next candidates in the order of the list."""
    stop: Position | None
    """The position after which to continue; None at the end."""
    is_last: bool = False
    """Whether the page ends after this portion."""
    is_narrowed: bool = False
    """Whether an index has chosen the candidates, so that a page may examine more of them."""


def find_portions(search: SearchFrom, start: Position | None) -> Iterator[CandidateBatch]:
    """
    Find candidates, one portion after the other.

    Args:
        search: Finds the next candidates.
        start: The position after which to begin; None begins at an end of the list.

    Yields:
        The portions; the last one is marked.
    """
    while True:
        found, stop = search(start)
        # A stop without a full chunk means that the columns' conditions reached their limit.
        is_last = stop is None or len(found) <= CHUNK
        yield CandidateBatch(found, stop, is_last)
        if is_last:
            return
        start = stop


def scan(
    portions: Iterable[CandidateBatch], test: Test, count_bytes: Callable[[], int], limit: int
) -> Selection:
    """
    Test candidates until the page is full or has examined enough.

    Args:
        portions: The candidates; the last portion is marked.
        test: Tests candidates.
        count_bytes: Counts the payload bytes that were examined so far.
        limit: The number of executions of the page.

    Returns:
        The executions, and where to continue.
    """
    found: list[Position] = []
    stop = None
    for candidate, accepted, examined_to in _examine(portions, test, count_bytes):
        stop = examined_to
        if accepted and candidate is not None:
            found.append(candidate)
            if len(found) > limit:
                break
    return make_selection(found, stop, limit)


def _examine(
    portions: Iterable[CandidateBatch], test: Test, count_bytes: Callable[[], int]
) -> Iterator[tuple[Position | None, bool, Position | None]]:
    """Yield each candidate, whether it matches, and where a page that ends here continues."""
    examined = 0
    ends_at = time.monotonic() + _LONGEST_S
    for portion in portions:
        for candidate, accepted in test(portion.candidates):
            examined += 1
            yield candidate, accepted, candidate
            if portion.is_narrowed:
                is_enough = count_bytes() >= CHOSEN_BYTES or examined >= CHOSEN_CANDIDATES
            else:
                is_enough = count_bytes() >= SCANNED_BYTES or examined >= SCANNED_CANDIDATES
            if is_enough or time.monotonic() > ends_at:
                return
        if portion.is_last or time.monotonic() > ends_at:
            yield None, False, portion.stop
            return


def make_selection(found: list[Position], stop: Position | None, limit: int) -> Selection:
    """
    Make the result of a search.

    Args:
        found: The positions, at most one more than the page.
        stop: Where the search stopped; None at the end.
        limit: The number of executions of the page.

    Returns:
        The selection.
    """
    if len(found) > limit:
        return Selection(found[:limit], found[limit - 1], is_partial=False)
    return Selection(found, stop, is_partial=stop is not None)
