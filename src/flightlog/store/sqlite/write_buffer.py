"""Buffer rows, so that SQLite takes many rows at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import apsw

from flightlog.clock import Clock
from flightlog.record.model import canonical_time
from flightlog.store.sqlite.columns import EXECUTION_COLUMNS, NODE_COLUMNS
from flightlog.store.sqlite.payloads import PayloadWriter
from flightlog.store.sqlite.queries import Row

ROWS_AT_ONCE: Final = 2_000
"""Rows of node executions kept in memory before they are written, whatever a record's size."""


def _insert(table: str, columns: Sequence[str]) -> str:
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"


def _or_replace(columns: Sequence[str], key: Sequence[str]) -> str:
    changes = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in key)
    return f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {changes}"


_INSERT_EXECUTION: Final = _insert("executions", (*EXECUTION_COLUMNS, "created_at"))
_INSERT_NODE: Final = _insert("node_executions", NODE_COLUMNS)
_UPSERT_EXECUTION: Final = _INSERT_EXECUTION + _or_replace(EXECUTION_COLUMNS, ("id",))
_UPSERT_NODE: Final = _INSERT_NODE + _or_replace(
    NODE_COLUMNS, ("execution_id", "sequence", "node_id")
)


class WriteBuffer:
    """
    The rows of a transaction: append to the lists, then call `flush`, as often as needed.

    Args:
        connection: The writing connection.
        payloads: Holds the payloads that the rows refer to; flushed with the rows.
        clock: The time of `created_at`.

    Attributes:
        new_executions: Rows that don't exist yet, in the order of `EXECUTION_COLUMNS`.
        new_nodes: Rows that don't exist yet, in the order of `NODE_COLUMNS`.
        joined_executions: Rows that may replace existing rows, in the order of `EXECUTION_COLUMNS`.
        joined_nodes: Rows that may replace existing rows, in the order of `NODE_COLUMNS`.
    """

    def __init__(self, connection: apsw.Connection, payloads: PayloadWriter, clock: Clock) -> None:
        self._connection = connection
        self._payloads = payloads
        self._clock = clock
        self.begin()

    def begin(self) -> None:
        """Discard buffered rows; call this at the start of a transaction."""
        self.new_executions: list[Row] = []
        self.new_nodes: list[Row] = []
        self.joined_executions: list[Row] = []
        self.joined_nodes: list[Row] = []

    def flush(self) -> None:
        """Write the buffered rows; call this before the transaction's commit."""
        now = canonical_time(self._clock().isoformat())
        for executions, nodes, execution_sql, node_sql in (
            (self.new_executions, self.new_nodes, _INSERT_EXECUTION, _INSERT_NODE),
            (self.joined_executions, self.joined_nodes, _UPSERT_EXECUTION, _UPSERT_NODE),
        ):
            self._connection.executemany(execution_sql, ((*row, now) for row in executions))
            self._connection.executemany(node_sql, nodes)
        self._payloads.flush()
        self.begin()
