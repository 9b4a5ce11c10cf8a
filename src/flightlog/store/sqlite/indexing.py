"""
Fill the search index behind ingest, in portions.

Every change of an execution leaves a note in `search_pending`. A portion reads some executions with
notes, makes their terms outside of any transaction, writes the terms in one short transaction, and
deletes the notes of executions that have not changed meanwhile. Between portions, segments of the
index are merged step by step.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

import apsw

from flightlog.store.results import IndexContent
from flightlog.store.sqlite.compression import Codec
from flightlog.store.sqlite.index_content import MAX_BYTES, Content, TermWriter
from flightlog.store.sqlite.index_lookup import read_content
from flightlog.store.sqlite.index_terms import VERSION
from flightlog.store.sqlite.payloads import StoredValue
from flightlog.store.sqlite.queries import fetch_all, fetch_one, load_queries

PORTION_S: Final = 0.006
"""The processor time that the write of a portion, or a step of a merge, should take."""
QUIET_S: Final = 60
"""A running execution is indexed when it has not changed for this time, seconds."""
MOST_EXECUTIONS: Final = 200
"""The most executions of a portion."""
MERGED_SEGMENTS: Final = 8
"""A merge needs so many segments of one size (`usermerge` in schema.sql); a portion writes one."""
_READ_S: Final = 0.2
"""A portion is read within about this time, because no read transaction may be long."""
_FEWEST_BYTES: Final = 96 * 2**10
"""The terms of a portion, however slow the machine is."""
_FIRST_BYTES: Final = 128 * 2**10
_MOST_BYTES: Final = 2 * 2**20
_ENTRY_BYTES: Final = 512
"""An entry takes as long as so many bytes of terms, besides its own terms."""
_FEWEST_PAGES: Final = 4
_FIRST_PAGES: Final = 16
_MOST_PAGES: Final = 64
_MERGED_ROWS: Final = 2
"""A merge that did something changes at least so many rows."""

_queries: Final = load_queries("indexing.sql")


class Entry(NamedTuple):
    """An execution's content as it was read."""

    ordinal: int
    version: int
    words: str | None
    """None: the execution was deleted."""
    parts: str


class _Pending(NamedTuple):
    """An execution that waits to be indexed."""

    ordinal: int
    version: int
    id: str | None
    """None: the execution was deleted."""


class IndexWriter:
    """
    Writes the search index. The caller opens the transaction for every method.

    Args:
        connection: The writing connection.
    """

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._pages = _FIRST_PAGES

    def note_changed(self, execution_ids: Sequence[str], now_s: float) -> None:
        """
        Note that executions must be indexed again.

        Args:
            execution_ids: The executions.
            now_s: The current time, seconds since 1970.
        """
        if execution_ids and read_content(self._connection) != "off":
            bound = (json.dumps(execution_ids), int(now_s))
            self._connection.execute(_queries["note_changed"], bound)

    def forget(self, ordinals: str, *, are_stale: bool = False) -> None:
        """
        Delete the entries of executions.

        Args:
            ordinals: The executions, a JSON list.
            are_stale: Whether the executions remain, and must be indexed again.
        """
        self._connection.execute(_queries["forget_words"], (ordinals,))
        self._connection.execute(_queries["forget_parts"], (ordinals,))
        if not are_stale:
            self._connection.execute(_queries["forget_pending"], (ordinals,))
        elif read_content(self._connection) != "off":
            self._connection.execute(_queries["note_stale"], (ordinals,))

    def write(self, entries: Sequence[Entry]) -> None:
        """
        Write entries, except those of executions that have changed since they were read.

        Args:
            entries: The entries.
        """
        unchanged = self._settle(entries)
        deleted = [entry.ordinal for entry in unchanged if entry.words is None]
        if deleted:
            self._connection.execute(_queries["forget_words"], (str(deleted),))
            self._connection.execute(_queries["forget_parts"], (str(deleted),))
        # FTS5 begins another segment at each row whose number is below that of the row before.
        written = sorted(entry for entry in unchanged if entry.words is not None)
        if written:
            # One statement, because each statement waits for other threads of Python.
            rows = ",".join(["(?,?)"] * len(written))
            for name, place in (("write_words", 2), ("write_parts", 3)):
                bound = [value for entry in written for value in (entry.ordinal, entry[place])]
                self._connection.execute(_queries[name].replace("(?, ?)", rows), tuple(bound))

    def _settle(self, entries: Sequence[Entry]) -> list[Entry]:
        versions = json.dumps([entry[:2] for entry in entries])
        settled = fetch_all(self._connection, _queries["settle"], (versions,))
        ordinals = {row[0] for row in settled}
        return [entry for entry in entries if entry.ordinal in ordinals]

    def merge(self) -> bool:
        """
        Merge some segments of the index.

        Returns:
            Whether there may be more to merge.
        """
        stopwatch = Stopwatch()
        merged = False
        for name in ("merge_words", "merge_parts"):
            before = self._connection.total_changes()
            self._connection.execute(_queries[name], (self._pages,))
            merged |= self._connection.total_changes() - before >= _MERGED_ROWS
        if merged:
            took_s = stopwatch.read_s()
            self._pages = _adapt(self._pages, took_s, _FEWEST_PAGES, _MOST_PAGES)
        return merged

    def start_over(self, content: IndexContent) -> None:
        """
        Delete the index, and note that every execution must be indexed.

        Args:
            content: The content of the new index.
        """
        connection = self._connection
        connection.execute(
            "UPDATE search_settings SET content = ?, version = ?", (content, VERSION)
        )
        connection.execute(_queries["clear_words"])
        connection.execute(_queries["clear_parts"])
        connection.execute("DELETE FROM search_pending")
        if content != "off":
            connection.execute(_queries["note_all"])


class EntryReader:
    """Reads executions that wait to be indexed; used by one thread at a time."""

    def __init__(self) -> None:
        self._most_bytes = _FIRST_BYTES
        self._read_bytes = 0
        self._writer: TermWriter | None = None
        self._content: IndexContent = "off"

    def read(self, connection: apsw.Connection, codec: Codec, now_s: float) -> list[Entry]:
        """
        Read the next executions.

        Args:
            connection: A connection within a read transaction.
            codec: Decompresses payloads.
            now_s: The current time, seconds since 1970.

        Returns:
            Their entries; empty when none waits.
        """
        content = read_content(connection)
        if self._writer is None or content != self._content:
            self._writer, self._content = TermWriter(is_full=content == "full"), content
        bound = (int(now_s) - QUIET_S, MOST_EXECUTIONS)
        end = time.perf_counter() + _READ_S
        entries: list[Entry] = []
        self._read_bytes = 0
        for row in fetch_all(connection, _queries["next_pending"], bound):
            execution = _Pending(*row)
            words, parts = None, ""
            if execution.id is not None:
                words, parts = _read_content(connection, codec, self._writer, execution)
            entries.append(Entry(execution.ordinal, execution.version, words, parts))
            self._read_bytes += _ENTRY_BYTES + len(words or "") + len(parts)
            if self._read_bytes >= self._most_bytes or time.perf_counter() > end:
                break
        return entries

    def adapt(self, took_s: float) -> None:
        """
        Adapt the size of portions to the time that the write of the last portion took.

        Args:
            took_s: The time by a `Stopwatch`, seconds.
        """
        # A portion that ended early says nothing about larger ones.
        fitting = _adapt(self._read_bytes, took_s, _FEWEST_BYTES, _MOST_BYTES)
        is_early = self._read_bytes < self._most_bytes
        self._most_bytes = max(fitting, self._most_bytes) if is_early else fitting


def _read_content(
    connection: apsw.Connection, codec: Codec, writer: TermWriter, execution: _Pending
) -> Content:
    row = fetch_one(connection, _queries["execution"], (execution.ordinal,))
    assert row is not None, "the execution was read in the same transaction"
    *texts, tags, trigger = row
    payloads: dict[StoredValue, None] = dict.fromkeys((tags, trigger))
    distinct: dict[Any, None] = dict.fromkeys(texts)
    for row in fetch_all(connection, _queries["nodes"], (execution.id,)):
        distinct.update(dict.fromkeys(row[:3]))
        payloads.update(dict.fromkeys(row[3:]))
    for text in distinct:
        if text is not None:
            writer.add_text(text)
    _add_payloads(connection, codec, writer, payloads)
    return writer.take()


def _add_payloads(
    connection: apsw.Connection,
    codec: Codec,
    writer: TermWriter,
    payloads: Iterable[StoredValue],
) -> None:
    stored = []
    for value in payloads:
        if isinstance(value, int):
            stored.append(value)
        elif value is not None:
            writer.add_payload(str(value).encode())
    ids = json.dumps(stored)
    size = fetch_one(connection, _queries["payload_sizes"], (ids,))
    if size is not None and (size[0] or 0) > MAX_BYTES:
        writer.add_oversized()
        return
    for (data,) in fetch_all(connection, _queries["payload_data"], (ids,)):
        writer.add_payload(codec.decompress(connection, data))


def read_index_state(connection: apsw.Connection) -> tuple[IndexContent, int]:
    """
    Read what the index holds, and how far it lags behind.

    Args:
        connection: Any connection.

    Returns:
        The content, and the number of executions that are not indexed as they are now.
    """
    content = read_content(connection)
    row = fetch_one(connection, _queries["count_pending"])
    return content, row[0] if row is not None and content != "off" else 0


class Stopwatch:
    """
    Measures how long a transaction keeps others from writing.

    That is the processor's time of this thread. All time counts a third, because most waiting is
    due to other threads and programs, and shorter transactions would only be more of them.
    """

    def __init__(self) -> None:
        self._clock_s = time.perf_counter()
        self._processor_s = time.thread_time()

    def read_s(self) -> float:
        """Return the time since the beginning, seconds."""
        processor_s = time.thread_time() - self._processor_s
        return max(processor_s, (time.perf_counter() - self._clock_s) / 3)


class Share:
    """
    Measures the share of the time that some work takes.

    One thread at a time does the work, and another thread may take the share.
    """

    def __init__(self) -> None:
        self._worked_s = 0.0
        self._taken_s = 0.0
        self._since_s = time.perf_counter()

    @contextmanager
    def measuring(self) -> Iterator[None]:
        """Count the time of the `with` block as work."""
        begin = time.perf_counter()
        try:
            yield
        finally:
            self._worked_s += time.perf_counter() - begin

    def take(self) -> float:
        """Return the share since the call before, 0 to 1; work under way counts at its end."""
        now, worked_s = time.perf_counter(), self._worked_s
        share = (worked_s - self._taken_s) / max(now - self._since_s, 1e-6)
        self._taken_s, self._since_s = worked_s, now
        return min(share, 1.0)


def _adapt(number: int, took_s: float, least: int, most: int) -> int:
    fitting = int(number * PORTION_S / max(took_s, 1e-6))
    return max(least, min(fitting, 2 * number, most))
