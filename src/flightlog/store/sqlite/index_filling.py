"""`IndexFiller`: fills the search index with one portion after the other."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple, Protocol, TypeVar

import apsw

from flightlog.clock import Clock
from flightlog.store.sqlite.compression import Codec
from flightlog.store.sqlite.index_process import IndexProcess
from flightlog.store.sqlite.index_reading import (
    PORTION_BYTES,
    Entry,
    EntryBatch,
    EntryReader,
    Table,
)
from flightlog.store.sqlite.indexing import MERGED_SEGMENTS, IndexWriter
from flightlog.store.throttling import SliceSize

_SLICE_S: Final = 0.009
"""The time that the transaction of a slice should take."""
_MERGE_S: Final = 0.006
"""The time that the transaction of a step of a merge should take; steps vary more than slices."""
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


class _Tier:
    """A part of the content of portions, with transactions of its own for its slices and merges."""

    def __init__(self, table: Table, first: int, fewest: int, most: int) -> None:
        self._table = table
        self._slices = SliceSize(first, fewest, most, _SLICE_S)
        self._pages = SliceSize(16, 4, 32, _MERGE_S)
        self._unmerged = 0

    def write(self, change: ChangeIndex, entries: Sequence[Entry]) -> None:
        """Write entries in slices of about the same size."""
        left = sum(entry.measure(self._table) for entry in entries)
        start = 0
        while start < len(entries):
            fitting = left / -(-left // self._slices.size)
            end, size = start, 0
            while end < len(entries) and size < fitting:
                size += entries[end].measure(self._table)
                end += 1
            write = partial(IndexWriter.write, table=self._table, entries=entries[start:end])
            took_s, _ = change(write)
            self._slices.adapt(size, took_s)
            self._unmerged += 1
            left -= size
            start = end

    def merge(self, change: ChangeIndex, *, is_idle: bool) -> bool:
        """Merge segments in steps, and say whether there may be more to merge."""
        if not is_idle and self._unmerged < MERGED_SEGMENTS:
            return False
        for _ in range(_MERGES_AT_ONCE):
            step = partial(IndexWriter.merge, table=self._table, pages=self._pages.size)
            took_s, written = change(step)
            if not written:
                self._unmerged = 0
                return False
            self._pages.adapt(written, took_s)
        return True


class IndexFiller:
    """
    Fills the index of one history; used by one thread at a time.

    Args:
        path: The history.
        clock: The current time.
        reading: Gives a connection within a read transaction.
        change: Changes the index.
    """

    def __init__(
        self,
        path: Path,
        clock: Clock,
        reading: Callable[[], AbstractContextManager[tuple[apsw.Connection, Codec]]],
        change: ChangeIndex,
    ) -> None:
        self._clock = clock
        self._reading = reading
        self._change = change
        self._reader = EntryReader()
        self._process = IndexProcess(path)
        # Fewer but larger slices make fewer segments, which merges would have to join. A slice of
        # words deletes the notes, so the parts come first.
        self._tiers = (
            _Tier("parts", first=2**15, fewest=2**14, most=2**18),
            _Tier("words", first=2**17, fewest=3 * 2**15, most=2**21),
        )

    def fill(self) -> Filled:
        """
        Index some executions, or merge some segments of the index.

        Returns:
            The work that was done.
        """
        portion, took_s = self._read()
        begin = time.thread_time()
        entries = sorted(portion.entries)
        for tier in self._tiers:
            tier.write(self._change, entries)
        is_idle = not entries
        merged = [tier.merge(self._change, is_idle=is_idle) for tier in self._tiers]
        took_s += time.thread_time() - begin
        return Filled(len(entries), bool(entries) or any(merged), took_s)

    def _read(self) -> tuple[EntryBatch, float]:
        """Read a portion, and say how much processor time this process took for it, seconds."""
        now_s = self._clock().timestamp()
        portion = self._process.read(now_s, PORTION_BYTES)
        if portion is not None:
            return portion, 0
        begin = time.thread_time()
        with self._reading() as (connection, codec):
            portion = self._reader.read(connection, codec, now_s, PORTION_BYTES)
        self._process.note(more=portion.more)
        return portion, time.thread_time() - begin

    def close(self) -> None:
        """End the process that reads."""
        self._process.close()
