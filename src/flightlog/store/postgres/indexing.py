"""
Fill the search index of a PostgreSQL history behind ingest, in portions.

Every change of an execution leaves a note in `search_pending`, in the same transaction. Portions
read executions with notes and make their terms until a segment is full or nothing waits. It is
written in a short transaction, which deletes the notes of executions that have not changed
meanwhile. Several receivers index one history: each claims blocks of executions, and a claim ends
with its connection. Between portions, segments are merged (`index_segments`).
"""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from typing import Final, NamedTuple

from psycopg.errors import LockNotAvailable

from flightlog.clock import Clock
from flightlog.store.index_content import TermWriter
from flightlog.store.index_terms import VERSION
from flightlog.store.postgres.compression import Codec
from flightlog.store.postgres.index_lookup import read_content
from flightlog.store.postgres.index_reading import read_terms
from flightlog.store.postgres.index_segments import (
    choose_dead,
    choose_small,
    merge_segments,
    write_segment,
)
from flightlog.store.postgres.statements import (
    Connection,
    fetch_all,
    fetch_one,
    load_queries,
    run,
    write_array,
)
from flightlog.store.results import IndexContent

QUIET_S: Final = 60
"""A running execution is indexed when it has not changed for this time, seconds."""
MOST_EXECUTIONS: Final = 2_048
"""The most waiting executions from which blocks are chosen."""
_BLOCK: Final = 64
"""The executions of a block, by their ordinals."""
_BLOCKS: Final = 16
"""The most blocks that a receiver claims, because their terms are kept in memory."""
_GROUP: Final = 16
"""The most executions that are read at once."""
_MOST_TERMS: Final = 4_000_000
"""A segment is written when its executions have so many terms, each of 4 bytes in memory."""
_READ_S: Final = 0.2
"""A portion ends after about this time, because others wait for the thread."""
_DEAD_S: Final = 300.0
"""The pause between two searches for segments whose executions were deleted, seconds."""

_queries: Final = load_queries("indexing.sql")


class Filled(NamedTuple):
    """A portion that was indexed."""

    executions: int
    """The number of executions."""
    more: bool
    """Whether more work waits."""
    took_s: float
    """The processor time of this process's work, seconds."""


class IndexWriter:
    """
    Notes what must be indexed. The caller opens the transaction for every method.

    Args:
        connection: The writing connection.
        clock: The time of the notes.
    """

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock

    def note_changed(self, execution_ids: Sequence[str]) -> None:
        """
        Note that executions must be indexed again.

        Args:
            execution_ids: The ids of their rows.
        """
        if execution_ids:
            bound = {"ids": list(execution_ids), "now_s": int(self._clock().timestamp())}
            run(self._connection, _queries["note_changed"], bound)

    def note_stale(self, ordinals: Sequence[int]) -> None:
        """
        Delete the entries of executions of which parts were removed; they are indexed again.

        Args:
            ordinals: The executions.
        """
        bound = {"ordinals": write_array(ordinals)}
        run(self._connection, _queries["forget_entries"], bound)
        run(self._connection, _queries["note_stale"], bound)

    def start_over(self, content: IndexContent) -> None:
        """
        Delete the index, and note that every execution must be indexed.

        Args:
            content: The content of the new index.
        """
        settings = {"content": content, "version": VERSION}
        run(self._connection, _queries["choose_content"], settings)
        for statement in ("clear_entries", "clear_postings", "clear_segments"):
            run(self._connection, _queries[statement])
        run(self._connection, _queries["clear_pending"])
        if content != "off":
            run(self._connection, _queries["note_all"])


class _Entry(NamedTuple):
    """An execution that was read."""

    ordinal: int
    version: int
    """The version of its note."""
    terms: array[int] | None
    """The terms; None if the execution is always a candidate, or was deleted."""


class _Batch:
    """
    The executions of the next segment.

    Args:
        blocks: The blocks that this receiver has claimed.
        waiting: The ordinals and the versions of their executions.
    """

    def __init__(self, blocks: set[int], waiting: list[tuple[int, int]]) -> None:
        self.blocks = blocks
        self.waiting = waiting
        self.entries: list[_Entry] = []
        self._terms = 0

    def add(self, entries: Iterable[_Entry]) -> None:
        """Add executions."""
        for entry in entries:
            self.entries.append(entry)
            self._terms += len(entry.terms or ())

    def is_full(self) -> bool:
        """Say whether the executions must be written now."""
        return not self.waiting or self._terms >= _MOST_TERMS

    def take(self) -> list[_Entry]:
        """Take the executions that were read."""
        entries, self.entries, self._terms = self.entries, [], 0
        return entries


class IndexFiller:
    """
    Fills the index of one history through a connection of its own; used by one thread at a time.

    Args:
        connect: Opens a connection.
        schema: The schema of the history.
        codec: Decompresses payloads.
        clock: The current time.
    """

    def __init__(
        self, connect: Callable[[], Connection], schema: str, codec: Codec, clock: Clock
    ) -> None:
        self._connect = connect
        self._key = f"flightlog.index.{schema}"
        self._codec = codec
        self._clock = clock
        self._connection: Connection | None = None
        self._writer: TermWriter | None = None
        self._content: IndexContent = "off"
        self._batch: _Batch | None = None
        self._may_merge = True
        self._find_dead_at = 0.0

    def fill(self) -> Filled:
        """
        Index some executions, or merge some segments of the index.

        Returns:
            The work that was done.
        """
        begin = time.thread_time()
        try:
            if self._connection is None:
                self._connection = self._connect()
            executions, more = self._fill(self._connection)
        except BaseException:
            # With the connection, its claims end, too.
            self.close()
            raise
        return Filled(executions, more, time.thread_time() - begin)

    def _fill(self, connection: Connection) -> tuple[int, bool]:
        content, is_current = read_content(connection)
        if content == "off" or not is_current:
            return 0, False
        if self._writer is None or content != self._content:
            self._writer, self._content = TermWriter(is_full=content == "full"), content
        if self._may_merge:
            self._may_merge = self._merge(connection, choose_small)
            if self._may_merge:
                return 0, True
        if self._batch is None:
            self._batch = self._begin_batch(connection)
        batch = self._batch
        if batch is None:
            return 0, self._merge_dead(connection)
        self._read(connection, self._writer, batch)
        if not batch.is_full():
            return 0, True
        written = self._write(connection, batch.take())
        self._may_merge = written > 0
        if not batch.waiting:
            held = {"key": self._key, "blocks": sorted(batch.blocks)}
            run(connection, _queries["release"], held)
            self._batch = None
        # Rows that others have locked are tried again later.
        return written, written > 0

    def _begin_batch(self, connection: Connection) -> _Batch | None:
        """Claim executions; None if nothing waits that others haven't claimed."""
        bound = {
            "quiet_since": int(self._clock().timestamp()) - QUIET_S,
            "number": MOST_EXECUTIONS,
        }
        waiting = fetch_all(connection, _queries["next_pending"], bound)
        blocks = list(dict.fromkeys(_find_block(row[0]) for row in waiting))
        # Other receivers find some, too.
        number = min(_BLOCKS, (len(blocks) + 1) // 2)
        claim = {"key": self._key, "blocks": blocks, "number": number}
        claimed = {row[0] for row in fetch_all(connection, _queries["claim"], claim)}
        mine = [(row[0], row[1]) for row in waiting if _find_block(row[0]) in claimed]
        return _Batch(claimed, mine) if mine else None

    def _read(self, connection: Connection, writer: TermWriter, batch: _Batch) -> None:
        end = time.perf_counter() + _READ_S
        while not batch.is_full() and time.perf_counter() < end:
            group, batch.waiting = batch.waiting[:_GROUP], batch.waiting[_GROUP:]
            with connection.transaction():
                terms = read_terms(connection, self._codec, writer, [row[0] for row in group])
            # An execution that was deleted meanwhile has no terms, and no note.
            batch.add(_Entry(ordinal, version, terms.get(ordinal)) for ordinal, version in group)

    def _write(self, connection: Connection, entries: Sequence[_Entry]) -> int:
        """Write a segment, and count the executions that haven't changed since they were read."""
        with connection.transaction():
            bound = {
                "ordinals": [entry.ordinal for entry in entries],
                "versions": [entry.version for entry in entries],
            }
            settled = {row[0] for row in fetch_all(connection, _queries["settle"], bound)}
            written = [entry for entry in entries if entry.ordinal in settled]
            written.sort(key=attrgetter("ordinal"))
            documents = [entry for entry in written if entry.terms is not None]
            segment = None
            if documents:
                segment = write_segment(connection, [entry.terms or () for entry in documents])
            places = {entry.ordinal: place for place, entry in enumerate(documents)}
            if written:
                ordinals = [entry.ordinal for entry in written]
                kept = {
                    "ordinals": ordinals,
                    "segment": segment,
                    "places": [places.get(ordinal) for ordinal in ordinals],
                }
                run(connection, _queries["write"], kept)
        return len(written)

    def _merge(self, connection: Connection, choose: Callable[[Connection], list[int]]) -> bool:
        """Merge some segments; False if there are none, or another receiver does it."""
        try:
            with connection.transaction():
                row = fetch_one(connection, _queries["try_merge"], {"key": self._key})
                if row is None or not row[0]:
                    return False
                segments = choose(connection)
                if segments:
                    merge_segments(connection, segments)
        except LockNotAvailable:
            return False
        return bool(segments)

    def _merge_dead(self, connection: Connection) -> bool:
        if time.monotonic() < self._find_dead_at:
            return False
        if self._merge(connection, choose_dead):
            return True
        self._find_dead_at = time.monotonic() + _DEAD_S
        return False

    def close(self) -> None:
        """Close the connection; the next portion opens another one."""
        connection, self._connection, self._batch = self._connection, None, None
        if connection is not None:
            connection.close()


def count_pending(connection: Connection) -> int:
    """
    Count the executions that are not indexed as they are now.

    Args:
        connection: Any connection.

    Returns:
        The number; 0 without an index.
    """
    row = fetch_one(connection, _queries["count_pending"])
    return row[0] if row is not None and row[0] else 0


def _find_block(ordinal: int) -> int:
    return ordinal // _BLOCK % 2**31
