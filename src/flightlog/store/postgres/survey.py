"""Read what is counted of single executions in PostgreSQL; `flightlog.store.surveying` counts."""

from __future__ import annotations

from typing import Any, Final

from flightlog.store.error_groups import FAILURE_COLUMNS
from flightlog.store.positions import Position
from flightlog.store.postgres.reader import PostgresReads
from flightlog.store.postgres.statements import fetch_all, fetch_one, load_queries
from flightlog.store.query import HistoryFilter
from flightlog.store.row_functions import Row
from flightlog.store.server.selection import read_chosen
from flightlog.store.surveying import NamedSurveys

_queries: Final = load_queries("survey.sql")
_STATEMENTS: Final = {
    **_queries,
    "failures": _queries["failures"].format(columns=FAILURE_COLUMNS),
}


class PostgresSurveys(NamedSurveys, PostgresReads):
    """Reads what is counted of single executions; see `SurveyStore`."""

    def _read(self, name: str, positions: list[Position]) -> list[Row]:
        bound = {"ordinals": [position.ordinal for position in positions]}
        return fetch_all(self._connection, _STATEMENTS[name], bound)

    def fetch_newest_failures(self, chosen: HistoryFilter, limit: int) -> list[Row]:
        """Read the newest failures; see `FailureStore.fetch_newest_failures`."""
        return read_chosen(self._source, chosen, FAILURE_COLUMNS, limit)

    def fetch_direct_calls(self, most: int, largest_bytes: int) -> list[Row]:
        """Read runs outside of executions; see `OutsideCallStore.fetch_direct_calls`."""
        rows = fetch_all(self._connection, _STATEMENTS["direct_calls"], {"most": most})
        sizes = self.read_sizes(row[2] for row in rows)

        def choose(data: Any) -> Any:
            return data if sizes.get(data, 0) <= largest_bytes else None

        return [(*row[:2], choose(row[2]), *row[3:]) for row in rows]

    def has_more(self, number: int) -> bool:
        """Check whether there are more executions; see `OutsideCallStore.has_more`."""
        return fetch_one(self._connection, _STATEMENTS["has_more"], {"number": number}) is not None
