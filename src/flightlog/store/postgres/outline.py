"""
Read what lists and outlines show from PostgreSQL.

`flightlog.store.summary_reader` makes the lists, and `flightlog.store.outlining` the outlines.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Final

from flightlog.record.model import RunKey
from flightlog.store.outlining import Neighbours
from flightlog.store.positions import Position
from flightlog.store.postgres.reader import PostgresReads
from flightlog.store.postgres.row_store import resolve_address
from flightlog.store.postgres.statements import fetch_all, fetch_one, load_queries
from flightlog.store.query import HistoryFilter
from flightlog.store.row_functions import Row
from flightlog.store.server.ranking import rank_by_duration
from flightlog.store.summaries import Ranking
from flightlog.store.summarizing import LATE_S

_queries: Final = load_queries("outline.sql")
_GREATEST: Final = chr(sys.maxunicode)
"""The character that sorts after every other character."""


class PostgresOutlines(PostgresReads):
    """Reads what lists and outlines show; see `SummaryStore` and `OutlineStore`."""

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

    def has_execution(self, row_id: str) -> bool:
        """Check whether there is a row of this id; see `OutlineStore.has_execution`."""
        return fetch_one(self._connection, _queries["exists"], {"id": row_id}) is not None

    def find_neighbours(self, workflow_id: str, position: Position) -> Neighbours:
        """Find the neighbours of a position; see `OutlineStore.find_neighbours`."""
        bound = {"workflow_id": workflow_id, **position._asdict()}
        row = fetch_one(self._connection, _queries["neighbours"], bound)
        assert row is not None, "the statement always returns a row"
        return Neighbours(*row)

    def fetch_children(self, execution_id: str) -> list[Row]:
        """Read the children of an execution; see `OutlineStore.fetch_children`."""
        return fetch_all(self._connection, _queries["children"], {"id": execution_id})

    def fetch_children_of_run(self, key: RunKey, *, is_shown: bool) -> list[Row]:
        """Read the children of one run; see `OutlineStore.fetch_children_of_run`."""
        bound = {
            "execution_id": key.execution_id,
            "address": key.address,
            "run_id": key.run_id,
            "shown_run_id": key.run_id if is_shown else "",
        }
        return fetch_all(self._connection, _queries["children_of_run"], bound)

    def fetch_usual(self, workflow_id: str, project_id: str, hour: str) -> list[Row]:
        """Read durations of a workflow; see `OutlineStore.fetch_usual`."""
        place = {"workflow_id": workflow_id, "project_id": project_id, "hour": hour}
        return fetch_all(self._connection, _queries["usual_of_workflow"], place)

    def fetch_usual_of_nodes(self, workflow_id: str, project_id: str, hour: str) -> list[Row]:
        """Read durations of a workflow's nodes; see `OutlineStore.fetch_usual_of_nodes`."""
        place = {"workflow_id": workflow_id, "project_id": project_id, "hour": hour}
        return fetch_all(self._connection, _queries["usual_of_nodes"], place)
