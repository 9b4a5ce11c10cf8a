"""Read what lists show from PostgreSQL; `flightlog.store.summary_reader` makes the lists."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Final

from flightlog.store.positions import Position
from flightlog.store.postgres.reader import PostgresReads
from flightlog.store.postgres.row_store import resolve_address
from flightlog.store.postgres.statements import fetch_all, load_queries
from flightlog.store.query import HistoryFilter
from flightlog.store.row_functions import Row
from flightlog.store.server.ranking import rank_by_duration
from flightlog.store.summaries import Ranking
from flightlog.store.summarizing import LATE_S

_queries: Final = load_queries("summaries.sql")
_GREATEST: Final = chr(sys.maxunicode)
"""The character that sorts after every other character."""


class PostgresSummaries(PostgresReads):
    """Reads what summaries show; see `SummaryStore`."""

    def read_letters(self, ids: Sequence[str]) -> dict[str, str]:
        """Read the letters of node executions; see `SummaryStore.read_letters`."""
        return dict(fetch_all(self._connection, _queries["progress"], {"ids": list(ids)}))

    def fetch_last_seen(self, ids: Sequence[str]) -> dict[str, str]:
        """Read when processes were last heard of; see `SummaryStore.fetch_last_seen`."""
        bound = {"ids": list(ids), "late_s": LATE_S}
        return dict(fetch_all(self._connection, _queries["last_seen"], bound))

    def fetch_small_triggers(self, ids: Sequence[str], most_bytes: int) -> list[Row]:
        """Read small trigger data; see `TriggerStore.fetch_small_triggers`."""
        rows = fetch_all(self._connection, _queries["triggers"], {"ids": list(ids)})
        sizes = self.read_sizes(row[1] for row in rows)
        return [row for row in rows if sizes.get(row[1], 0) <= most_bytes]

    def rank_by_duration(
        self, chosen: HistoryFilter, ranking: Ranking, limit: int
    ) -> tuple[list[Position], Position | None]:
        """Find the longest or the shortest; see `SummaryStore.rank_by_duration`."""
        return rank_by_duration(self._source, chosen, ranking, limit)

    def resolve_address(self, execution_id: str) -> str:
        """Find the current id of a run; see `HistoryStore.resolve_address`."""
        return resolve_address(self._connection, execution_id)

    def find_ids(self, start: str, limit: int) -> tuple[str, ...]:
        """List ids that begin with a text; see `HistoryStore.find_ids`."""
        bound = {"start": start, "last": start + _GREATEST, "limit": limit}
        rows = fetch_all(self._connection, _queries["ids_with_prefix"], bound)
        return tuple(row[0] for row in rows)
