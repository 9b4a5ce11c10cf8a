"""
Write the running aggregates of a SQLite store; SQL subtracts what is erased.

`flightlog.store.aggregates` gathers the changes of a transaction.
"""

from __future__ import annotations

from typing import Any, Final

import apsw

from flightlog.store import aggregates
from flightlog.store.histogram import find_bucket, to_microseconds
from flightlog.store.sqlite.queries import load_queries

_queries: Final = load_queries("aggregates.sql")


class Aggregates(aggregates.Aggregates):
    """
    Gathers the changes of a transaction; `flush` writes them.

    Args:
        connection: The writing connection.
    """

    def __init__(self, connection: apsw.Connection) -> None:
        super().__init__()
        self._connection = connection
        connection.create_scalar_function("duration_bucket", _bucket, 1, deterministic=True)
        connection.create_scalar_function("duration_us", _microseconds, 1, deterministic=True)

    def flush(self) -> None:
        """
        Write the gathered changes; call this before the transaction's commit.

        SQL casts the REAL that an overflowing INTEGER sum becomes.
        """
        executions, nodes = self.take()
        for name, rows in (("execution", executions), ("node", nodes)):
            self._connection.executemany(_queries[f"add_{name}_aggregates"], rows)
            if any(row[-2] < 0 for row in rows):
                self._connection.execute(_queries[f"drop_empty_{name}_aggregates"])

    def subtract(self, ordinals: str) -> None:
        """
        Subtract executions that are about to be erased; call this within a transaction.

        Args:
            ordinals: The ordinals of the executions, as a JSON list.
        """
        self._subtract("execution", ordinals)
        self._subtract("node", ordinals)

    def subtract_nodes(self, ordinals: str) -> None:
        """
        Subtract node executions that are about to be erased; call this within a transaction.

        Args:
            ordinals: The ordinals of their executions, as a JSON list.
        """
        self._subtract("node", ordinals)

    def _subtract(self, name: str, ordinals: str) -> None:
        self._connection.execute(_queries[f"subtract_{name}_aggregates"], (ordinals,))
        self._connection.execute(_queries[f"drop_empty_{name}_aggregates"])


def _bucket(*arguments: Any) -> int:
    return find_bucket(*arguments)


def _microseconds(*arguments: Any) -> int:
    return to_microseconds(*arguments)
