"""
Rule executions out by a search in the bytes of their payloads, several executions at a time.

Testing an execution calls Python for each payload and each name. Most executions of a scan lack a
text that the query asks for, and one search finds that out. The payloads that were read for the
search are kept for the test of the executions that remain, and the texts of executions that wait
for the index are kept for the next searches (`kept_texts`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import chain
from typing import Final

import apsw

from flightlog.query.needles import Needles, fold, list_runs
from flightlog.store.sqlite.compression import Codec
from flightlog.store.sqlite.queries import fetch_all, load_queries

MISSES: Final = 4
"""After so many candidates in a row without a match, most of the next ones won't match either."""
MOST_AT_ONCE: Final = 32
"""The most executions of one search."""
MOST_KEPT: Final = 1_024
"""The most executions whose kept texts are searched at once."""
_MOST_BYTES: Final = 4 * 2**20
"""The most bytes of JSON of one search. Further executions aren't ruled out."""

_MOST_ROWS: Final = 5_000
"""The most node executions of one search."""

_queries: Final = load_queries("prefilter.sql")


class Prefilter:
    """
    Rules executions out.

    Args:
        connection: A connection within a read transaction.
        codec: Decompresses payloads.
        needles: The texts that each matching execution has.
        examined: The ids of the payloads that were examined; those of executions that are ruled out
            are added.
        keeps_texts: Whether the texts of waiting executions are kept for the next searches. That
            doubles the time of a search, which the next ones save only if all texts fit.
    """

    def __init__(
        self,
        connection: apsw.Connection,
        codec: Codec,
        needles: Needles,
        examined: set[int],
        *,
        keeps_texts: bool = True,
    ) -> None:
        self._connection = connection
        self._codec = codec
        self._needles = needles
        self._misses = 0
        self._kept_at_once = MOST_AT_ONCE
        self._keeps_texts = keeps_texts
        self.payloads: dict[int, bytes] = {}
        """The payloads of the last search, by their ids."""
        self._examined = examined

    @property
    def is_worthwhile(self) -> bool:
        """Whether to search first, which reads all payloads; a test ends at the first match."""
        return self._misses >= MISSES and bool(self._needles)

    def note(self, *, accepted: bool) -> None:
        """
        Note the outcome of a test without a search.

        Args:
            accepted: Whether the execution matched.
        """
        self._misses = 0 if accepted else self._misses + 1

    def count_ruled_out(self, ordinals: Sequence[int]) -> int:
        """
        Count the first executions that kept texts rule out.

        Args:
            ordinals: The executions.

        Returns:
            The number; 0 says nothing.
        """
        some = ordinals[: self._kept_at_once]
        versions = self._read_versions(some)
        texts = self._codec.kept_texts
        count = 0
        for ordinal in some:
            version = versions.get(ordinal)
            text = None if version is None else texts.find(ordinal, version)
            if text is None or self._needles.are_in(text):
                self._kept_at_once = MOST_AT_ONCE
                return count
            count += 1
        self._kept_at_once = min(2 * self._kept_at_once, MOST_KEPT)
        return count

    def _read_versions(self, ordinals: Sequence[int]) -> dict[int, int]:
        if not self._keeps_texts:
            return {}
        wanted = json.dumps(ordinals)
        return dict(fetch_all(self._connection, _queries["waiting"], (wanted,)))

    def select(self, ordinals: Sequence[int]) -> tuple[set[int], dict[int, int]]:
        """
        Select the executions that may match.

        Args:
            ordinals: The executions, at most `MOST_AT_ONCE`.

        Returns:
            The ordinals of those that may match, and the bytes of payloads that were examined of
            each of the others. A payload counts once, as in the test of an execution.
        """
        wanted = json.dumps(ordinals)
        rows = fetch_all(self._connection, _queries["texts"], (wanted,))
        nodes = fetch_all(self._connection, _queries["node_texts"], (wanted, _MOST_ROWS))
        texts: dict[int, list[bytes]] = {ordinal: [] for ordinal in ordinals}
        ids: dict[int, set[int]] = {ordinal: set() for ordinal in ordinals}
        for ordinal, *values in chain(rows, nodes):
            for value in values:
                if type(value) is int:
                    ids[ordinal].add(value)
                elif value is not None:
                    texts[ordinal].append(str(value).encode(errors="replace"))
        # Rows follow the order of the list, so what exceeds the limit is missing from here on.
        cut = ordinals.index(nodes[-1][0]) if len(nodes) == _MOST_ROWS else len(ordinals)
        sizes = self._read_payloads({each for some in ids.values() for each in some})
        versions = self._read_versions(ordinals)
        kept = set(ordinals[cut:])
        examined: dict[int, int] = {}
        for ordinal in ordinals[:cut]:
            found = ids[ordinal]
            if not found <= self.payloads.keys():
                kept.add(ordinal)
                continue
            parts = [*texts[ordinal], *(self.payloads[each] for each in found)]
            folded = fold(b"\n".join(parts))
            if folded is not None and ordinal in versions:
                self._codec.kept_texts.keep(ordinal, versions[ordinal], list_runs(folded))
            if folded is None or self._needles.are_in(folded):
                kept.add(ordinal)
                continue
            new = found - self._examined
            self._examined |= new
            examined[ordinal] = sum(sizes[each] for each in new)
        if 2 * len(kept) > len(ordinals):
            self._misses = 0
        return kept, examined

    def _read_payloads(self, ids: set[int]) -> dict[int, int]:
        sizes: dict[int, int] = {}
        self.payloads = {}
        left = _MOST_BYTES
        bound = (json.dumps(sorted(ids)), _MOST_BYTES)
        for payload_id, size, frame in self._connection.execute(_queries["data"], bound):
            left -= size
            if frame is None or left < 0:
                break
            sizes[payload_id] = size
            self.payloads[payload_id] = self._codec.decompress_readable(self._connection, frame)
        return sizes
