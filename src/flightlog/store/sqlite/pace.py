"""`Pace`: adapts the size of portions of work, so that others can soon write in between."""

from __future__ import annotations

from typing import Final

from flightlog.store.sqlite.indexing import Stopwatch

PORTION_S: Final = 0.007
"""The time that a portion of removing, or of returning free pages, should take, seconds."""


class Pace:
    """
    Chooses how much one portion does.

    Args:
        first: The size of the first portion.
        largest: The largest size.
    """

    def __init__(self, first: int, largest: int) -> None:
        self.size = first
        """The size of the next portion."""
        self._largest = largest
        self._stopwatch = Stopwatch()

    def begin(self) -> None:
        """Start the time of a portion."""
        self._stopwatch = Stopwatch()

    def end(self, done: int) -> None:
        """
        Adapt the size to the time of a portion.

        Args:
            done: The size that the portion really had.
        """
        if done:
            fitting = int(done * PORTION_S / max(self._stopwatch.read_s(), 1e-6))
            self.size = max(1, min(fitting, 2 * self.size, self._largest))
