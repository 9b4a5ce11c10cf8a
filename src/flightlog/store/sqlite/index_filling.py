"""`IndexFiller`: fills the search index with one portion after the other."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final, NamedTuple, Protocol, TypeVar

import apsw

from flightlog.clock import Clock
from flightlog.store.sqlite.compression import Codec
from flightlog.store.sqlite.index_process import IndexProcess
from flightlog.store.sqlite.index_reading import Entry, EntryBatch, EntryReader, PortionSize
from flightlog.store.sqlite.indexing import MERGED_SEGMENTS, PORTION_S, IndexWriter

_MERGES_AT_ONCE: Final = 6
"""The steps of a merge in a row. After them, a portion is written."""

Result = TypeVar("Result")


class ChangeIndex(Protocol):
    """Changes the index in a transaction, and measures how long others could not write."""

    def __call__(self, change: Callable[[IndexWriter], Result]) -> tuple[float, Result]:
        """Return the time, seconds, and the result of the change."""
        ...


class Filled(NamedTuple):
    """A portion that was indexed."""

    executions: int
    """The number of executions."""
    more: bool
    """Whether more work waits."""
    took_s: float
    """The processor time of this process's work, seconds; waiting for others is no work."""


class IndexFiller:
    """
    Fills the index of one history; used by one thread at a time.

    Args:
        path: The history.
        clock: The current time.
        reading: Gives a connection within a read transaction.
        change: Changes the index.
        is_wanted: Whether records wait to be stored.
    """

    def __init__(
        self,
        path: Path,
        clock: Clock,
        reading: Callable[[], AbstractContextManager[tuple[apsw.Connection, Codec]]],
        change: ChangeIndex,
        is_wanted: Callable[[], bool],
    ) -> None:
        self._clock = clock
        self._reading = reading
        self._change = change
        self._is_wanted = is_wanted
        self._reader = EntryReader()
        self._size = PortionSize()
        self._process = IndexProcess(path)
        self._unmerged = 0

    def fill(self) -> Filled:
        """
        Index some executions, or merge some segments of the index.

        Returns:
            The work that was done.
        """
        portion, took_s = self._read()
        begin = time.thread_time()
        left = portion.entries
        while left:
            left = self._write(left)
        merged = False
        if not portion.entries or self._unmerged >= MERGED_SEGMENTS:
            for _ in range(_MERGES_AT_ONCE):
                _, merged = self._change(IndexWriter.merge)
                if not merged:
                    self._unmerged = 0
                    break
        took_s += time.thread_time() - begin
        return Filled(len(portion.entries), bool(portion.entries) or merged, took_s)

    def _read(self) -> tuple[EntryBatch, float]:
        """Read a portion, and say how much processor time this process took for it, seconds."""
        now_s, most_bytes = self._clock().timestamp(), self._size.most_bytes
        portion = self._process.read(now_s, most_bytes)
        if portion is not None:
            return portion, 0
        begin = time.thread_time()
        with self._reading() as (connection, codec):
            portion = self._reader.read(connection, codec, now_s, most_bytes)
        self._process.note(more=portion.more)
        return portion, time.thread_time() - begin

    def _write(self, entries: list[Entry]) -> list[Entry]:
        took_s, left = self._change(lambda index: index.write(entries, is_wanted=self._is_wanted))
        written = sum(entry.size for entry in entries) - sum(entry.size for entry in left)
        self._size.adapt(written, took_s, PORTION_S)
        self._unmerged += 1
        return left

    def close(self) -> None:
        """End the process that reads."""
        self._process.close()
