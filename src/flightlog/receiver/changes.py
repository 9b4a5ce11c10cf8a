"""
What has changed lately: a bounded ring of the ids of executions, numbered, for whoever listens.

Changes come from the thread that commits, and are gathered into entries when someone reads them or
when an entry is full. Who was away for long finds that too much has passed, and begins anew.
"""

from __future__ import annotations

import secrets
import threading
from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple

MAX_IDS: Final = 1_000
"""Ids of one entry."""
MAX_ENTRIES: Final = 16
"""Entries that are kept."""


class Entry(NamedTuple):
    """Changes that are told together."""

    number: int
    """Counts the entries, from 1."""
    ids: tuple[str, ...] | None
    """The executions; None where it isn't known which."""


class ChangeRing:
    """
    Gathers changes; safe to use from several threads.

    Attributes:
        epoch: Names this ring: numbers of another one mean nothing here.
    """

    def __init__(self) -> None:
        self.epoch: Final = secrets.token_hex(4)
        self._lock = threading.Lock()
        self._entries: deque[Entry] = deque(maxlen=MAX_ENTRIES)
        self._gathered: dict[str, None] = {}
        self._newest = 0
        self._wake: Callable[[], None] | None = None

    def note(self, ids: tuple[str, ...]) -> None:
        """Take the ids of executions that have changed."""
        with self._lock:
            for execution_id in ids:
                self._gathered[execution_id] = None
                if len(self._gathered) == MAX_IDS:
                    self._end_entry()
            wake, self._wake = self._wake, None
        if wake is not None:
            wake()

    def note_unknown(self) -> None:
        """Take it that something has changed and nobody knows what."""
        with self._lock:
            self._gathered.clear()
            self._entries.clear()
            self._newest += 1
            self._entries.append(Entry(self._newest, None))
            wake, self._wake = self._wake, None
        if wake is not None:
            wake()

    def newest(self) -> int:
        """The number of the newest entry, with all that has been gathered."""
        with self._lock:
            self._end_entry()
            return self._newest

    def after(self, number: int) -> tuple[Entry, ...] | None:
        """The entries after one; None when some of them are gone, or there never was such a one."""
        with self._lock:
            self._end_entry()
            if number == self._newest:
                return ()
            if not self._entries or not self._entries[0].number <= number + 1 <= self._newest:
                return None
            return tuple(entry for entry in self._entries if entry.number > number)

    def wake_once(self, wake: Callable[[], None]) -> None:
        """Have a function called at the next change, in the thread that brings it."""
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
