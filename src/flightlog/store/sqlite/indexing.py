"""
Fill the search index behind ingest, in portions.

Every change of an execution leaves a note in `search_pending`. A portion reads some executions with
notes and makes their terms (`index_reading`) before it writes the terms in a short transaction, and
deletes the notes of executions that have not changed meanwhile. Between portions, segments of the
index are merged step by step.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Final

import apsw

from flightlog.store.index_terms import VERSION
from flightlog.store.results import IndexContent
from flightlog.store.sqlite.index_lookup import read_content
from flightlog.store.sqlite.index_reading import Entry
from flightlog.store.sqlite.model_calls import forget_calls, write_calls
from flightlog.store.sqlite.queries import fetch_all, fetch_one, load_queries
from flightlog.store.throttling import Stopwatch

PORTION_S: Final = 0.009
"""The processor time that the write of a portion should take; it ends early for those who wait."""
_STEP_S: Final = 0.005
"""The processor time that a step of a merge should take, which can't end early."""
MERGED_SEGMENTS: Final = 8
"""A merge needs so many segments of one size (`usermerge` in schema.sql); a portion writes one."""
_PIECE: Final = 24
"""
The entries that are written before a portion may end early. Each piece is a segment of the index,
and more segments take longer to merge.
"""
_FEWEST_PAGES: Final = 4
_FIRST_PAGES: Final = 16
_MOST_PAGES: Final = 48
_MERGED_ROWS: Final = 2
"""A merge that did something changes at least so many rows."""

_queries: Final = load_queries("indexing.sql")


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
        forget_calls(self._connection, ordinals)
        if not are_stale:
            self._connection.execute(_queries["forget_pending"], (ordinals,))
        elif read_content(self._connection) != "off":
            self._connection.execute(_queries["note_stale"], (ordinals,))

    def write(
        self, entries: Sequence[Entry], *, is_wanted: Callable[[], bool] = lambda: False
    ) -> list[Entry]:
        """
        Write entries, except those of executions that have changed since they were read.

        Args:
            entries: The entries.
            is_wanted: Whether others wait for the connection; some of the entries are written.

        Returns:
            The entries that are left, because others waited.
        """
        # FTS5 begins another segment at each row whose number is below that of the row before.
        left = sorted(entries)
        while left:
            self._write_piece(left[:_PIECE])
            left = left[_PIECE:]
            if is_wanted():
                break
        return left

    def _write_piece(self, entries: Sequence[Entry]) -> None:
        unchanged = self._settle(entries)
        write_calls(self._connection, ((entry.ordinal, entry.calls) for entry in unchanged))
        deleted = [entry.ordinal for entry in unchanged if entry.words is None]
        if deleted:
            self._connection.execute(_queries["forget_words"], (str(deleted),))
            self._connection.execute(_queries["forget_parts"], (str(deleted),))
        written = [entry for entry in unchanged if entry.words is not None]
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
            fitting = int(self._pages * _STEP_S / max(took_s, 1e-6))
            self._pages = max(_FEWEST_PAGES, min(fitting, 2 * self._pages, _MOST_PAGES))
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
        connection.execute("DELETE FROM search_model_calls")
        connection.execute("DELETE FROM search_pending")
        if content != "off":
            connection.execute(_queries["note_all"])


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
