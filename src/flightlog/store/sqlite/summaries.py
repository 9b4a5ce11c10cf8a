"""Read what lists show from SQLite; `flightlog.store.summary_reader` makes the lists."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Final

from flightlog.store.positions import Position
from flightlog.store.query import HistoryFilter
from flightlog.store.sqlite.queries import Row, fetch_all, load_queries
from flightlog.store.sqlite.ranking import rank_by_duration
from flightlog.store.sqlite.reader import SqliteReads
from flightlog.store.sqlite.row_store import resolve_address
from flightlog.store.summaries import Ranking
from flightlog.store.summarizing import LATE_S

_queries: Final = load_queries("summaries.sql")
_GREATEST: Final = chr(sys.maxunicode)
"""The character that SQLite sorts after every other character."""


class SqliteSummaries(SqliteReads):
    """Reads what summaries show; see `SummaryStore`."""

    def read_letters(self, ids: Sequence[str]) -> dict[str, str]:
        """Read the letters of node executions; see `SummaryStore.read_letters`."""
        rows = fetch_all(self._connection, _queries["progress"], (json.dumps(list(ids)),))
        return {execution_id: letters or "" for execution_id, letters in rows}

    def fetch_last_seen(self, ids: Sequence[str]) -> dict[str, str]:
        """Read when processes were last heard of; see `SummaryStore.fetch_last_seen`."""
        bound = {"ids": json.dumps(list(ids)), "late_s": LATE_S}
        return dict(fetch_all(self._connection, _queries["last_seen"], bound))

    def fetch_small_triggers(self, ids: Sequence[str], most_bytes: int) -> list[Row]:
        """Read small trigger data; see `TriggerStore.fetch_small_triggers`."""
        bound = {"ids": json.dumps(list(ids)), "most": most_bytes}
        return fetch_all(self._connection, _queries["small_triggers"], bound)

    def rank_by_duration(
        self, chosen: HistoryFilter, ranking: Ranking, limit: int
    ) -> tuple[list[Position], Position | None]:
        """Find the longest or the shortest; see `SummaryStore.rank_by_duration`."""
        return rank_by_duration(self._connection, chosen, ranking, limit)

    def resolve_address(self, execution_id: str) -> str:
        """Find the current id of a run; see `HistoryStore.resolve_address`."""
        return resolve_address(self._connection, execution_id)

    def find_ids(self, start: str, limit: int) -> tuple[str, ...]:
        """List ids that begin with a text; see `HistoryStore.find_ids`."""
        bound = {"start": start, "last": start + _GREATEST, "limit": limit}
        rows = fetch_all(self._connection, _queries["ids_with_prefix"], bound)
        return tuple(row[0] for row in rows)
