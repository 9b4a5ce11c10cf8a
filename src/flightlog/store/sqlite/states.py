"""Read the merged states of executions, page by page, and which runs were deleted."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import apsw

from flightlog.errors import InvalidQueryError
from flightlog.record.model import NO_RUN, RunKey
from flightlog.record.registers import NodeKey
from flightlog.record.state import ExecutionState
from flightlog.store.query import Cursor
from flightlog.store.row_functions import LoadPayload
from flightlog.store.rows import read_registers
from flightlog.store.sqlite.compression import Codec
from flightlog.store.sqlite.nodepages import SELECT_PAGE, read_sizes
from flightlog.store.sqlite.payloads import StoredValue, make_loader, read_payloads
from flightlog.store.sqlite.queries import Row, fetch_all, load_queries
from flightlog.store.sqlite.row_store import resolve_address
from flightlog.store.states import (
    MAX_STATE_BYTES,
    MAX_STATE_NODES,
    MAX_STATES,
    StatePage,
    Tombstone,
)
from flightlog.store.tables import EXECUTIONS, NODES

_queries: Final = load_queries("states.sql")
_COLUMNS: Final = f"{EXECUTIONS.select_list()}, starred, reused_id"
_SELECT_ALL: Final = _queries["executions"].format(columns=_COLUMNS)
_SELECT_CHOSEN: Final = _queries["chosen_executions"].format(columns=_COLUMNS)
_STARRED, _REUSED_ID = len(EXECUTIONS.columns), len(EXECUTIONS.columns) + 1
_ID, _RUN_ID = EXECUTIONS.find_position("id"), EXECUTIONS.find_position("run_id")
_SEQUENCE, _NODE_ID = NODES.find_position("sequence"), NODES.find_position("node_id")
_EXECUTION_PAYLOADS: Final = tuple(map(EXECUTIONS.find_position, EXECUTIONS.payloads))
_NODE_PAYLOADS: Final = tuple(map(NODES.find_position, NODES.payloads))

_CURSOR: Final = Cursor("cursor", str, int, int, str)
"""
The id of the last execution, 1 if more of its node executions follow, and the last key of them.
"""
_FIRST: Final = ("", 0, 0, "")
_BEFORE_NODES: Final = (-1, "")


class _Part(NamedTuple):
    row: Row
    nodes: list[Row]
    more: bool
    """Whether more node executions of the execution follow."""


def read_states(
    connection: apsw.Connection,
    codec: Codec,
    runs: Sequence[RunKey] | None,
    cursor: str | None,
) -> StatePage:
    """Read the merged states of executions; see `ExecutionReader.read_states`."""
    last_id, is_partial, *place = _CURSOR.read(cursor) if cursor else _FIRST
    rows = _read_rows(connection, runs, str(last_id), with_first=bool(is_partial))
    is_continued = bool(is_partial and rows and rows[0][_ID] == last_id)
    first = tuple(place) if is_continued else _BEFORE_NODES
    found = list(_read_parts(connection, rows[:MAX_STATES], first))
    parts = list(_limit_bytes(connection, found))
    more = len(parts) < len(rows) or (bool(parts) and parts[-1].more)
    load = _make_loader(connection, codec, parts)
    return StatePage(
        states=tuple(_make_state(part, load) for part in parts),
        next_cursor=_write_cursor(parts[-1]) if more else None,
    )


def _read_rows(
    connection: apsw.Connection, runs: Sequence[RunKey] | None, last_id: str, *, with_first: bool
) -> list[Row]:
    bound = {"last_id": last_id, "with_first": with_first, "limit": MAX_STATES + 1}
    if runs is None:
        return fetch_all(connection, _SELECT_ALL, bound)
    if len(runs) > MAX_STATES:
        raise InvalidQueryError(
            "runs", f"are {len(runs):,}", hint=f"Ask for at most {MAX_STATES} at once."
        )
    ids = json.dumps([resolve_address(connection, run.address) for run in runs])
    return fetch_all(connection, _SELECT_CHOSEN, {**bound, "ids": ids})


def _read_parts(
    connection: apsw.Connection, rows: Sequence[Row], place: Sequence[int | str]
) -> Iterator[_Part]:
    left = MAX_STATE_NODES
    for row in rows:
        nodes = fetch_all(connection, SELECT_PAGE, (row[_ID], *place, left + 1))
        yield _Part(row, nodes[:left], more=len(nodes) > left)
        left -= len(nodes)
        if left <= 0:
            return
        place = _BEFORE_NODES


def _limit_bytes(connection: apsw.Connection, parts: Sequence[_Part]) -> Iterator[_Part]:
    sizes = read_sizes(connection, (value for part in parts for value in _list_values(part)))
    left = MAX_STATE_BYTES
    for number, part in enumerate(parts):
        # The payload of the trigger is on the page of the first node execution.
        left -= sum(sizes.get(part.row[place], 0) for place in _EXECUTION_PAYLOADS)
        for count, node in enumerate(part.nodes):
            left -= sum(sizes.get(node[place], 0) for place in _NODE_PAYLOADS)
            if left < 0 and count > 0:
                yield _Part(part.row, part.nodes[:count], more=True)
                return
            if left < 0 and number > 0:
                return
        if left < 0 and number > 0:
            return
        yield part


def _list_values(part: _Part) -> Iterator[StoredValue]:
    yield from (part.row[place] for place in _EXECUTION_PAYLOADS)
    yield from (node[place] for node in part.nodes for place in _NODE_PAYLOADS)


def _make_loader(connection: apsw.Connection, codec: Codec, parts: Sequence[_Part]) -> LoadPayload:
    values = (value for part in parts for value in _list_values(part))
    return make_loader(read_payloads(connection, codec, values))


def _make_state(part: _Part, load: LoadPayload) -> ExecutionState:
    row = part.row
    return ExecutionState(
        run=RunKey(row[_REUSED_ID] or row[_ID], row[_RUN_ID] or NO_RUN),
        execution=read_registers(EXECUTIONS, row, load),
        nodes={
            NodeKey(node[_SEQUENCE], node[_NODE_ID]): read_registers(NODES, node, load)
            for node in part.nodes
        },
        starred=row[_STARRED] == 1,
    )


def _write_cursor(part: _Part) -> str:
    if not part.more:
        return _CURSOR.write(part.row[_ID], 0, 0, "")
    last = part.nodes[-1]
    return _CURSOR.write(part.row[_ID], 1, last[_SEQUENCE], last[_NODE_ID])


def read_tombstones(
    connection: apsw.Connection, after: RunKey | None, limit: int
) -> tuple[Tombstone, ...]:
    """Read which runs were deleted; see `ExecutionReader.read_tombstones`."""
    rows = fetch_all(connection, _queries["tombstones"], (*(after or ("", "")), limit))
    return tuple(Tombstone(run=RunKey(*run), deleted_at=at) for *run, at in rows)
