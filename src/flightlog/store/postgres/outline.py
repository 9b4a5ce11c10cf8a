"""Read what outlines show from PostgreSQL; `flightlog.store.outlining` makes the outlines."""

from __future__ import annotations

from typing import Final

from flightlog.record.model import RunKey
from flightlog.store.outlining import Neighbours
from flightlog.store.positions import Position
from flightlog.store.postgres.statements import fetch_all, fetch_one, load_queries
from flightlog.store.postgres.summaries import PostgresSummaries
from flightlog.store.row_functions import Row

_queries: Final = load_queries("outline.sql")


class PostgresOutlines(PostgresSummaries):
    """Reads what outlines show; see `OutlineStore`."""

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
