"""
Keep the tokens of models' calls in SQLite; `flightlog.store.model_calls` finds them.

The calls are a part of the search index: its pass over the payloads finds them, and they are
written, forgotten and built anew with it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Final

import apsw

from flightlog.store.model_calls import StoredCall
from flightlog.store.positions import Position
from flightlog.store.sqlite.payloads import StoredValue
from flightlog.store.sqlite.queries import Row, fetch_all, fetch_one, load_queries
from flightlog.store.sqlite.reader import SqliteReads

_queries: Final = load_queries("model_calls.sql")


class SqliteCalls(SqliteReads):
    """Reads calls and the payloads in which they are found; see `CallStore` and `UsageStore`."""

    def fetch_answers(self, row_id: str, most: int) -> list[Row]:
        """Read inputs and outputs; see `CallStore.fetch_answers`."""
        return fetch_all(self._connection, _queries["nodes"], (row_id, most))

    def read_payload(self, value: StoredValue, most_bytes: int) -> bytes | None:
        """Read a payload; see `CallStore.read_payload`."""
        if not isinstance(value, int):
            return None if value is None else str(value).encode()
        row = fetch_one(self._connection, _queries["payload"], (value, most_bytes))
        return None if row is None else self._codec.decompress_readable(self._connection, row[0])

    def has_calls(self) -> bool:
        """Check whether any execution has calls; see `UsageStore.has_calls`."""
        return fetch_one(self._connection, _queries["exists"]) is not None

    def sum_by_execution(self, ids: Sequence[str], limits: Sequence[int]) -> list[Row]:
        """Add up the calls of each execution; see `UsageStore.sum_by_execution`."""
        bound = {"ids": json.dumps(ids), "limits": json.dumps(list(limits))}
        return fetch_all(self._connection, _queries["sum_by_execution"], bound)

    def sum_all(self, positions: Sequence[Position], limits: Sequence[int]) -> list[Row]:
        """Add up the calls of executions; see `UsageStore.sum_all`."""
        ordinals = json.dumps([position.ordinal for position in positions])
        bound = {"ordinals": ordinals, "limits": json.dumps(list(limits))}
        return fetch_all(self._connection, _queries["sum_all"], bound)


def write_calls(
    connection: apsw.Connection, entries: Iterable[tuple[int, Sequence[StoredCall]]]
) -> None:
    """
    Write the calls of executions in place of earlier ones; call this within a transaction.

    Args:
        connection: The writing connection.
        entries: The ordinal and the calls of each execution; without calls, none are left.
    """
    written = list(entries)
    forget_calls(connection, json.dumps([ordinal for ordinal, _ in written]))
    connection.executemany(
        _queries["write"],
        ((ordinal, place, *call) for ordinal, calls in written for place, call in enumerate(calls)),
    )


def forget_calls(connection: apsw.Connection, ordinals: str) -> None:
    """
    Delete the calls of executions.

    Args:
        connection: The writing connection.
        ordinals: The executions, a JSON list.
    """
    connection.execute(_queries["forget"], (ordinals,))
