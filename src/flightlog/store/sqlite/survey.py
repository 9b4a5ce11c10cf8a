"""Read what is counted of single executions in SQLite; `flightlog.store.surveying` counts."""

from __future__ import annotations

import json
from typing import Final

from flightlog.store.error_groups import FAILURE_COLUMNS
from flightlog.store.positions import Position
from flightlog.store.query import HistoryFilter
from flightlog.store.sqlite.queries import Row, fetch_all, load_queries
from flightlog.store.sqlite.reader import SqliteReads
from flightlog.store.sqlite.selection import read_chosen
from flightlog.store.surveying import NamedSurveys

_queries: Final = load_queries("survey.sql")
_STATEMENTS: Final = {
    **_queries,
    "failures": _queries["failures"].format(columns=FAILURE_COLUMNS),
}


class SqliteSurveys(NamedSurveys, SqliteReads):
    """Reads what is counted of single executions; see `SurveyStore`."""

    def _read(self, name: str, positions: list[Position]) -> list[Row]:
        ordinals = json.dumps([position.ordinal for position in positions])
        return fetch_all(self._connection, _STATEMENTS[name], (ordinals,))

    def fetch_newest_failures(self, chosen: HistoryFilter, limit: int) -> list[Row]:
        """Read the newest failures; see `FailureStore.fetch_newest_failures`."""
        return read_chosen(self._connection, chosen, FAILURE_COLUMNS, limit)

    def fetch_direct_calls(self, most: int, largest_bytes: int) -> list[Row]:
        """Read runs outside of executions; see `OutsideCallStore.fetch_direct_calls`."""
        bound = {"most": most, "largest_bytes": largest_bytes}
        return fetch_all(self._connection, _STATEMENTS["direct_calls"], bound)

    def has_more(self, number: int) -> bool:
        """Check whether there are more executions; see `OutsideCallStore.has_more`."""
        return bool(fetch_all(self._connection, _STATEMENTS["has_more"], (number,)))
