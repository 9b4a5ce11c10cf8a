"""
Write the running aggregates of a PostgreSQL store.

`flightlog.store.aggregates` gathers the changes of a transaction. Each writing connection adds them
to rows of its own slot, so that receivers never wait for each other's counts; readers add the slots
up.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from flightlog.store import aggregates
from flightlog.store.aggregates import find_place
from flightlog.store.postgres.statements import (
    Connection,
    fetch_all,
    load_queries,
    run,
    write_array,
)
from flightlog.store.row_functions import Row

_queries: Final = load_queries("aggregates.sql")
_PLACE: Final = ("workflow_ids", "project_ids", "hours")
_EXECUTION: Final = (*_PLACE, "statuses", "buckets", "counts", "durations")
_NODE: Final = (*_PLACE, "node_ids", "statuses", "buckets", "counts", "durations")


class Aggregates(aggregates.Aggregates):
    """
    Gathers the changes of a transaction; `flush` writes them.

    Args:
        connection: The writing connection.
        slot: The connection's slot.
    """

    def __init__(self, connection: Connection, slot: int) -> None:
        super().__init__()
        self._connection = connection
        self._slot = slot

    def flush(self) -> None:
        """Write the gathered changes; call this before the transaction's commit."""
        executions, nodes = self.take()
        self._add("add_executions", _EXECUTION, executions)
        self._add("add_nodes", _NODE, nodes)

    def _add(self, name: str, columns: Sequence[str], rows: list[Row]) -> None:
        if rows:
            # A fixed order avoids deadlocks with programs that don't keep to their slot.
            parts = zip(*sorted(rows), strict=True)
            bound = {column: write_array(part) for column, part in zip(columns, parts, strict=True)}
            run(self._connection, _queries[name], {**bound, "slot": self._slot})

    def subtract(self, ordinals: Sequence[int]) -> None:
        """
        Subtract executions that are about to be erased; call `flush` afterwards.

        Args:
            ordinals: The executions.
        """
        bound = {"ordinals": list(ordinals)}
        for *place, status, duration_ms in fetch_all(
            self._connection, _queries["executions"], bound
        ):
            self.count_execution(find_place(*place), status, duration_ms, -1)
        self.subtract_nodes(ordinals)

    def subtract_nodes(self, ordinals: Sequence[int]) -> None:
        """
        Subtract node executions that are about to be erased; call `flush` afterwards.

        Args:
            ordinals: The executions of the node executions.
        """
        bound = {"ordinals": list(ordinals)}
        for *place, node_id, status, duration_ms in fetch_all(
            self._connection, _queries["nodes"], bound
        ):
            self.count_nodes(find_place(*place), [(node_id, status, duration_ms)], -1)
