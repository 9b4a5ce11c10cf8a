"""
Keep the ids of recently changed executions in a numbered ring of bounded size.

The committing thread adds changes. The ring closes an entry when a reader asks for changes or when
the entry is full. A reader that was away too long finds its entries gone, and starts again.
"""

from __future__ import annotations

import secrets
import threading
from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple

MAX_IDS: Final = 1_000
"""The largest number of ids in one entry."""
MAX_ENTRIES: Final = 16
"""The number of entries that the ring keeps."""


class Entry(NamedTuple):
    """Changes that are sent together."""

    number: int
    """The entry's number, counted from 1."""
    ids: tuple[str, ...] | None
    """The changed executions; None when the executions are unknown."""


class ChangeRing:
    """
    Collects changes; safe to use from several threads.

    Attributes:
        epoch: Identifies this ring; the numbers of another ring are invalid here.
    """

    def __init__(self) -> None:
        self.epoch: Final = secrets.token_hex(4)
        self._lock = threading.Lock()
        self._entries: deque[Entry] = deque(maxlen=MAX_ENTRIES)
        self._gathered: dict[str, None] = {}
        self._newest = 0
        self._wake: Callable[[], None] | None = None

    def note(self, ids: tuple[str, ...]) -> None:
        """
        Add changed executions.

        Args:
            ids: The ids of the executions.
        """
        with self._lock:
            for execution_id in ids:
                self._gathered[execution_id] = None
                if len(self._gathered) == MAX_IDS:
                    self._end_entry()
            wake, self._wake = self._wake, None
        if wake is not None:
            wake()

    def note_unknown(self) -> None:
        """Note that unknown executions have changed."""
        with self._lock:
            self._gathered.clear()
            self._entries.clear()
            self._newest += 1
            self._entries.append(Entry(self._newest, None))
            wake, self._wake = self._wake, None
        if wake is not None:
            wake()

    def find_newest(self) -> int:
        """
        Close the open entry, and find the number of the newest entry.

        Returns:
            The number; 0 without entries.
        """
        with self._lock:
            self._end_entry()
            return self._newest

    def list_after(self, number: int) -> tuple[Entry, ...] | None:
        """
        Read the entries after a number.

        Args:
            number: The number of the last entry that the reader has.

        Returns:
            The later entries; None when some entries are gone, or the number is unknown.
        """
        with self._lock:
            self._end_entry()
            if number == self._newest:
                return ()
            if not self._entries or not self._entries[0].number <= number + 1 <= self._newest:
                return None
            return tuple(entry for entry in self._entries if entry.number > number)

    def wake_once(self, wake: Callable[[], None]) -> None:
        """
        Call a function once, at the next change, in the thread that adds the change.

        Args:
            wake: The function; called at once if there are unread changes.
        """
        with self._lock:
            if not self._gathered:
                self._wake = wake
                return
        wake()

    def _end_entry(self) -> None:
        if self._gathered:
            self._newest += 1
            self._entries.append(Entry(self._newest, tuple(self._gathered)))
            self._gathered = {}
