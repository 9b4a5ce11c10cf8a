"""
Fill the search index of a PostgreSQL history behind ingest, in portions.

Every change of an execution leaves a note in `search_pending`, in the same transaction. A portion
reads some executions with notes and makes their terms before it writes these in a short
transaction, and deletes the notes of executions that have not changed meanwhile. Several receivers
index one history: each claims blocks of executions, and a claim ends with its connection.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

import psycopg

from flightlog.clock import Clock
from flightlog.store import index_content
from flightlog.store.index_content import TermWriter
from flightlog.store.index_terms import VERSION
from flightlog.store.postgres.compression import Codec
from flightlog.store.postgres.index_lookup import read_content
from flightlog.store.postgres.index_numbers import number_content
from flightlog.store.postgres.payloads import read_payloads, read_reference, read_sizes
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
MOST_EXECUTIONS: Final = 512
"""The most waiting executions that one portion chooses from."""
_BLOCK: Final = 64
"""The executions of a block, by their ordinals."""
_BLOCKS: Final = 2
"""The most blocks that a portion claims, so that other receivers find some, too."""
_GROUP: Final = 16
"""The most executions that are read at once."""
_MOST_NODES: Final = 20_000
"""An execution with more nodes is always a candidate."""
_READ_S: Final = 0.2
"""A portion ends after about this time, because no transaction may be long."""

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
        run(self._connection, _queries["clear_entries"])
        run(self._connection, _queries["clear_pending"])
        if content != "off":
            run(self._connection, _queries["note_all"])


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
        self._is_tidy = True

    def fill(self) -> Filled:
        """
        Index some executions.

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
        bound = {
            "quiet_since": int(self._clock().timestamp()) - QUIET_S,
            "number": MOST_EXECUTIONS,
        }
        waiting = fetch_all(connection, _queries["next_pending"], bound)
        if not waiting:
            self._tidy(connection)
            return 0, False
        blocks = list(dict.fromkeys(_find_block(row[0]) for row in waiting))
        claimed = self._claim(connection, blocks)
        try:
            mine = [row for row in waiting if _find_block(row[0]) in claimed]
            done = self._index(connection, self._writer, mine)
        finally:
            if not connection.broken and claimed:
                held = {"key": self._key, "blocks": sorted(claimed)}
                run(connection, _queries["release"], held)
        # Without a claim, others index everything that was found.
        # Rows that others have locked are tried again later.
        return done, bool(mine) and done > 0

    def _claim(self, connection: Connection, blocks: list[int]) -> set[int]:
        bound = {"key": self._key, "blocks": blocks, "number": _BLOCKS}
        return {row[0] for row in fetch_all(connection, _queries["claim"], bound)}

    def _tidy(self, connection: Connection) -> None:
        if not self._is_tidy:
            # A role that doesn't own the index leaves this to autovacuum.
            with contextlib.suppress(psycopg.errors.InsufficientPrivilege):
                run(connection, _queries["tidy"])
            self._is_tidy = True

    def _index(
        self, connection: Connection, writer: TermWriter, waiting: Sequence[tuple[int, int]]
    ) -> int:
        """Index executions, given by ordinal and version, and count those that were examined."""
        end = time.perf_counter() + _READ_S
        entries: list[tuple[int, int, str]] = []
        while len(entries) < len(waiting) and time.perf_counter() < end:
            group = dict(waiting[len(entries) : len(entries) + _GROUP])
            with connection.transaction():
                terms = _make_terms(connection, self._codec, writer, list(group))
            # An execution that was deleted meanwhile has no terms, and no note.
            entries += [
                (ordinal, version, terms.get(ordinal, "{}")) for ordinal, version in group.items()
            ]
        with connection.transaction():
            ordinals, versions, texts = zip(*entries, strict=True) if entries else ((), (), ())
            bound = {"ordinals": list(ordinals), "versions": list(versions)}
            settled = {row[0] for row in fetch_all(connection, _queries["settle"], bound)}
            by_ordinal = dict(zip(ordinals, texts, strict=True))
            written = {each: by_ordinal[each] for each in sorted(settled)}
            if written:
                entries_bound = {"ordinals": list(written), "terms": list(written.values())}
                run(connection, _queries["write"], entries_bound)
                self._is_tidy = False
        return len(written)

    def close(self) -> None:
        """Close the connection; the next portion opens another one."""
        connection, self._connection = self._connection, None
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


class _Values(NamedTuple):
    """The distinct texts and payloads of an execution, in their order."""

    texts: dict[str | None, None]
    payloads: dict[bytes | None, None]


def _make_terms(
    connection: Connection, codec: Codec, writer: TermWriter, ordinals: Sequence[int]
) -> dict[int, str]:
    """Make the arrays of the terms of executions that exist."""
    rows = fetch_all(connection, _queries["executions"], {"ordinals": write_array(ordinals)})
    values = {row[1]: _Values(dict.fromkeys(row[1:-1]), dict.fromkeys(row[-1:])) for row in rows}
    counts = dict.fromkeys(values, 0)
    bound = {"ids": list(values), "most": _MOST_NODES + 1}
    for execution_id, *node in fetch_all(connection, _queries["nodes"], bound):
        values[execution_id].texts.update(dict.fromkeys(node[:3]))
        values[execution_id].payloads.update(dict.fromkeys(node[3:]))
        counts[execution_id] += 1
    payloads = _read_payloads(connection, codec, values.values())
    terms = {}
    for ordinal, execution_id, *_ in rows:
        for text in values[execution_id].texts:
            if text is not None:
                writer.add_text(text)
        if counts[execution_id] > _MOST_NODES:
            writer.add_oversized()
        for value in values[execution_id].payloads:
            data = payloads.get(value)
            if data is not None:
                writer.add_payload(data)
            elif value is not None:
                writer.add_oversized()
        terms[ordinal] = write_array(number_content(writer.take()))
    return terms


def _read_payloads(
    connection: Connection, codec: Codec, executions: Iterable[_Values]
) -> dict[bytes | None, bytes]:
    """Read the payloads, except those of executions that have too much content."""
    some = list(executions)
    sizes = read_sizes(connection, {value for each in some for value in each.payloads})
    found: dict[bytes | None, bytes] = {}
    for each in some:
        if sum(sizes.get(value, 0) for value in each.payloads if value) <= index_content.MAX_BYTES:
            found.update((value, b"") for value in each.payloads if value is not None)
    stored = read_payloads(connection, codec, found)
    for value in found:
        assert value is not None, "only values were noted"
        payload_id = read_reference(value)
        found[value] = bytes(value) if payload_id is None else bytes(stored[payload_id])
    return found
