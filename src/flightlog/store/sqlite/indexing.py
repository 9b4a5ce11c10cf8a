"""
Fill the search index behind ingest, in portions.

Every change of an execution leaves a note in `search_pending`. A portion reads some executions with
notes and makes their terms (`index_reading`) before it writes the terms in short transactions
(`index_filling`): first the parts, and then the words, which deletes the notes of executions that
have not changed meanwhile. Between portions, segments of the index are merged step by step.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

import apsw

from flightlog.store.index_terms import VERSION
from flightlog.store.results import IndexContent
from flightlog.store.sqlite.index_lookup import read_content
from flightlog.store.sqlite.index_reading import Entry, Table
from flightlog.store.sqlite.model_calls import forget_calls, write_calls
from flightlog.store.sqlite.queries import fetch_all, fetch_one, load_queries

MERGED_SEGMENTS: Final = 8
"""A merge needs so many segments of one size (`usermerge` in schema.sql)."""

_ROWS_OF_PAGE: Final = 4
"""A merge changes so many rows for each page that it writes: it deletes pages, too."""

_queries: Final = load_queries("indexing.sql")


class IndexWriter:
    """
    Writes the search index. The caller opens the transaction for every method.

    Args:
        connection: The writing connection.
    """

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

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

    def write(self, table: Table, entries: Sequence[Entry]) -> None:
        """
        Write entries to a table, except those of executions that have changed since they were read.

        The executions wait to be indexed until their words are written, so the parts come first.

        Args:
            table: The table.
            entries: The entries.
        """
        unchanged = self._select("unchanged" if table == "parts" else "settle", entries)
        if table == "words":
            write_calls(self._connection, ((entry.ordinal, entry.calls) for entry in unchanged))
            deleted = [entry.ordinal for entry in unchanged if entry.words is None]
            if deleted:
                self._connection.execute(_queries["forget_words"], (str(deleted),))
                self._connection.execute(_queries["forget_parts"], (str(deleted),))
        place = Entry._fields.index(table)
        texts = {entry.ordinal: entry[place] for entry in unchanged if entry.words is not None}
        if texts:
            # One statement, because FTS5 writes a segment at the end of each; in ascending order,
            # because it begins another segment at each row whose number is below the one before.
            rows = ",".join(["(?,?)"] * len(texts))
            bound = tuple(value for row in sorted(texts.items()) for value in row)
            self._connection.execute(_queries[f"write_{table}"].replace("(?, ?)", rows), bound)

    def _select(self, query: str, entries: Sequence[Entry]) -> list[Entry]:
        versions = json.dumps([entry[:2] for entry in entries])
        ordinals = {row[0] for row in fetch_all(self._connection, _queries[query], (versions,))}
        return [entry for entry in entries if entry.ordinal in ordinals]

    def merge(self, table: Table, pages: int) -> int:
        """
        Merge some segments of a table.

        Args:
            table: The table.
            pages: About so many pages are written.

        Returns:
            The number of pages that were written, about; 0 if there was nothing to merge.
        """
        before = self._connection.total_changes()
        self._connection.execute(_queries[f"merge_{table}"], (pages,))
        changed = self._connection.total_changes() - before
        return min(pages, changed // _ROWS_OF_PAGE) or int(changed > 1)

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
