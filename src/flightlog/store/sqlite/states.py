"""Read the rows of merged states, and which runs were deleted."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import apsw

from flightlog.record.model import RunKey
from flightlog.store.row_functions import LoadPayload, Row
from flightlog.store.sqlite import node_pages
from flightlog.store.sqlite.compression import Codec
from flightlog.store.sqlite.node_pages import SELECT_PAGE
from flightlog.store.sqlite.payloads import StoredValue, make_loader, read_payloads
from flightlog.store.sqlite.queries import fetch_all, load_queries
from flightlog.store.sqlite.row_store import resolve_address
from flightlog.store.state_pages import STATE_COLUMNS
from flightlog.store.states import Tombstone

_queries: Final = load_queries("states.sql")
_SELECT_ALL: Final = _queries["executions"].format(columns=STATE_COLUMNS)
_SELECT_CHOSEN: Final = _queries["chosen_executions"].format(columns=STATE_COLUMNS)


class SqliteStateRows:
    """
    Reads the rows of states; see `StateRows`.

    Args:
        connection: A connection within a read transaction.
        codec: Decompresses payloads.
    """

    def __init__(self, connection: apsw.Connection, codec: Codec) -> None:
        self._connection = connection
        self._codec = codec

    def fetch_executions(
        self, runs: Sequence[RunKey] | None, last_id: str, limit: int, *, with_last: bool
    ) -> list[Row]:
        """Read executions; see `StateRows.fetch_executions`."""
        bound = {"last_id": last_id, "with_last": with_last, "limit": limit}
        if runs is None:
            return fetch_all(self._connection, _SELECT_ALL, bound)
        ids = json.dumps([resolve_address(self._connection, run.address) for run in runs])
        return fetch_all(self._connection, _SELECT_CHOSEN, {**bound, "ids": ids})

    def fetch_nodes_after(
        self, execution_id: str, place: Sequence[int | str], limit: int
    ) -> list[Row]:
        """Read node executions; see `StateRows.fetch_nodes_after`."""
        return fetch_all(self._connection, SELECT_PAGE, (execution_id, *place, limit))

    def read_sizes(self, values: Iterable[StoredValue]) -> Mapping[StoredValue, int]:
        """Read the sizes of payloads; see `StateRows.read_sizes`."""
        return node_pages.read_sizes(self._connection, values)

    def make_loader(self, values: Iterable[StoredValue]) -> LoadPayload:
        """Read payloads; see `StateRows.make_loader`."""
        return make_loader(read_payloads(self._connection, self._codec, values))


def read_tombstones(
    connection: apsw.Connection, after: RunKey | None, limit: int
) -> tuple[Tombstone, ...]:
    """Read which runs were deleted; see `ExecutionReader.read_tombstones`."""
    rows = fetch_all(connection, _queries["tombstones"], (*(after or ("", "")), limit))
    return tuple(Tombstone(run=RunKey(*run), deleted_at=at) for *run, at in rows)
