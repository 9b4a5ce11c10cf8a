"""Read the rows of merged states, and which runs were deleted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from flightlog.record.model import RunKey
from flightlog.store.postgres.compression import Codec
from flightlog.store.postgres.payloads import (
    make_loader,
    read_payloads,
    read_sizes,
)
from flightlog.store.postgres.row_store import resolve_address
from flightlog.store.postgres.statements import Connection, fetch_all, load_queries
from flightlog.store.row_functions import LoadPayload, Row
from flightlog.store.state_pages import STATE_COLUMNS
from flightlog.store.states import Tombstone
from flightlog.store.tables import NODES

_queries: Final = load_queries("states.sql")
_EXECUTIONS: Final = _queries["executions"].format(columns=STATE_COLUMNS)
_NODES: Final = _queries["nodes"].format(columns=NODES.select_list())


class PostgresStateRows:
    """
    Reads the rows of states; see `StateRows`.

    Args:
        connection: A connection within a read transaction.
        codec: Decompresses payloads.
    """

    def __init__(self, connection: Connection, codec: Codec) -> None:
        self._connection = connection
        self._codec = codec

    def fetch_executions(
        self, runs: Sequence[RunKey] | None, last_id: str, limit: int, *, with_last: bool
    ) -> list[Row]:
        """Read executions; see `StateRows.fetch_executions`."""
        ids = None
        if runs is not None:
            ids = [resolve_address(self._connection, run.address) for run in runs]
        bound = {"ids": ids, "last_id": last_id, "with_last": with_last, "limit": limit}
        return fetch_all(self._connection, _EXECUTIONS, bound)

    def fetch_nodes_after(
        self, execution_id: str, place: Sequence[int | str], limit: int
    ) -> list[Row]:
        """Read node executions; see `StateRows.fetch_nodes_after`."""
        sequence, node_id = place
        bound = {"id": execution_id, "sequence": sequence, "node_id": node_id, "limit": limit}
        return fetch_all(self._connection, _NODES, bound)

    def read_sizes(self, values: Iterable[bytes | None]) -> Mapping[bytes, int]:
        """Read the sizes of payloads; see `StateRows.read_sizes`."""
        return read_sizes(self._connection, values)

    def make_loader(self, values: Iterable[bytes | None]) -> LoadPayload:
        """Read payloads; see `StateRows.make_loader`."""
        return make_loader(read_payloads(self._connection, self._codec, values))


def read_tombstones(
    connection: Connection, after: RunKey | None, limit: int
) -> tuple[Tombstone, ...]:
    """Read which runs were deleted; see `ExecutionReader.read_tombstones`."""
    execution_id, run_id = after or ("", "")
    bound = {"id": execution_id, "run_id": run_id, "limit": limit}
    rows = fetch_all(connection, _queries["tombstones"], bound)
    return tuple(Tombstone(run=RunKey(*run), deleted_at=at) for *run, at in rows)
