"""
Keep the tokens of models' calls in PostgreSQL; `flightlog.store.model_calls` finds them.

The transaction that changes an execution also finds its calls, so that lists show them at once, and
several receivers have nothing to agree on. Only executions whose records may hold calls are read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import Raw

from flightlog.record.model import WorkflowExecution
from flightlog.record.state import ExecutionState
from flightlog.store.model_calls import SIGN, find_calls
from flightlog.store.positions import Position
from flightlog.store.postgres.compression import Codec
from flightlog.store.postgres.payloads import read_reference
from flightlog.store.postgres.reader import PostgresReads
from flightlog.store.postgres.statements import Connection, fetch_all, fetch_one, load_queries, run
from flightlog.store.row_functions import Row

_queries: Final = load_queries("model_calls.sql")


class PostgresCalls(PostgresReads):
    """Reads calls and the payloads in which they are found; see `CallStore` and `UsageStore`."""

    def fetch_answers(self, row_id: str, most: int) -> list[Row]:
        """Read inputs and outputs; see `CallStore.fetch_answers`."""
        return fetch_all(self._connection, _queries["nodes"], {"id": row_id, "most": most})

    def read_payload(self, value: bytes | None, most_bytes: int) -> bytes | None:
        """Read a payload; see `CallStore.read_payload`."""
        payload_id = read_reference(value)
        if payload_id is None:
            return value
        bound = {"id": payload_id, "most_bytes": most_bytes}
        row = fetch_one(self._connection, _queries["payload"], bound)
        return None if row is None else self._codec.decompress_readable(self._connection, row[0])

    def has_calls(self) -> bool:
        """Check whether any execution has calls; see `UsageStore.has_calls`."""
        return fetch_one(self._connection, _queries["exists"]) is not None

    def sum_by_execution(self, ids: Sequence[str], limits: Sequence[int]) -> list[Row]:
        """Add up the calls of each execution; see `UsageStore.sum_by_execution`."""
        bound = {"ids": list(ids), "limits": list(limits)}
        return fetch_all(self._connection, _queries["sum_by_execution"], bound)

    def sum_all(self, positions: Sequence[Position], limits: Sequence[int]) -> list[Row]:
        """Add up the calls of executions; see `UsageStore.sum_all`."""
        ordinals = [position.ordinal for position in positions]
        bound = {"ordinals": ordinals, "limits": list(limits)}
        return fetch_all(self._connection, _queries["sum_all"], bound)


def list_signed_records(records: Iterable[WorkflowExecution]) -> list[str]:
    """
    List the records that may hold calls of models.

    Args:
        records: The records.

    Returns:
        Their ids.
    """
    return [
        record.id
        for record in records
        if any(_is_signed(node.output) for node in record.node_executions)
    ]


def list_signed_states(states: Iterable[ExecutionState]) -> list[str]:
    """
    List the states that may hold calls of models.

    Args:
        states: The states.

    Returns:
        The ids that their runs were started under.
    """
    return [
        state.run.execution_id
        for state in states
        if any(_is_signed(value) for node in state.nodes.values() for value in node.values)
    ]


def _is_signed(value: object) -> bool:
    return isinstance(value, Raw) and SIGN in bytes(value)


def update_calls(
    connection: Connection, codec: Codec, changed: Sequence[str], signed: Sequence[str]
) -> None:
    """
    Write the calls of changed executions; call this within the transaction that changed them.

    Args:
        connection: The writing connection.
        codec: Decompresses payloads.
        changed: The ids of the rows of all changed executions.
        signed: The ids that runs which may hold calls were started under.
    """
    if not changed:
        return
    bound = {"changed": list(changed), "signed": list(signed)}
    outdated = fetch_all(connection, _queries["outdated"], bound)
    if not outdated:
        return
    reads = PostgresCalls(connection, codec)
    rows = [
        (ordinal, place, *call)
        for ordinal, row_id in outdated
        for place, call in enumerate(find_calls(reads, row_id, None))
    ]
    run(connection, _queries["forget"], {"ordinals": [ordinal for ordinal, _ in outdated]})
    if rows:
        names = ("ordinals", "places", "models", "inputs", "cached", "outputs")
        parts = zip(*rows, strict=True)
        run(
            connection,
            _queries["write"],
            {name: list(part) for name, part in zip(names, parts, strict=True)},
        )
