"""
Write the running aggregates of a PostgreSQL store.

`flightlog.store.aggregates` gathers the changes of a transaction. Each writing connection adds them
to rows of its own slot, so that receivers never wait for each other's counts; readers add the slots
up. When an hour is over, its rows are rolled up, so that they don't grow with the number of
connections.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from flightlog.store import aggregates
from flightlog.store.aggregates import find_place
from flightlog.store.postgres.statements import (
    Connection,
    fetch_all,
    fetch_one,
    load_queries,
    run,
    write_array,
)
from flightlog.store.row_functions import Row

_queries: Final = load_queries("aggregates.sql")
ROLLED_AT_ONCE: Final = 1_000
"""The most rows of each kind that one transaction rolls up."""
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


def roll_up(connection: Connection, schema: str, before_hour: str) -> bool:
    """
    Add the counts of connections to rows of their own; call this within a transaction.

    Nothing happens while another receiver does it.

    Args:
        connection: The writing connection.
        schema: The schema of the history.
        before_hour: Only counts of executions that started before this hour.

    Returns:
        Whether more may be left.
    """
    row = fetch_one(connection, _queries["try_roll_up"], {"key": f"flightlog.counts.{schema}"})
    if row is None or not row[0]:
        return False
    bound = {"before": before_hour, "number": ROLLED_AT_ONCE}
    more = False
    for kind in ("executions", "nodes"):
        rolled = fetch_one(connection, _queries[f"roll_up_{kind}"], bound)
        assert rolled is not None, "a count has one row"
        number, empty = rolled
        if empty:
            run(connection, _queries[f"forget_empty_{kind}"], {"places": empty})
        more = more or number == ROLLED_AT_ONCE
    return more
