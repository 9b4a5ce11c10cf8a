"""
Read pages of merged states from the rows of any store.

`StateRows` declares the reads that differ between stores; this module divides the rows into bounded
pages and converts them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol

from flightlog.errors import InvalidQueryError
from flightlog.record.model import NO_RUN, RunKey
from flightlog.record.registers import NodeKey
from flightlog.record.state import ExecutionState
from flightlog.store.query import Cursor
from flightlog.store.row_functions import LoadPayload, Row
from flightlog.store.rows import read_registers
from flightlog.store.states import MAX_STATE_BYTES, MAX_STATE_NODES, MAX_STATES, StatePage
from flightlog.store.tables import EXECUTIONS, NODES

STATE_COLUMNS: Final = f"{EXECUTIONS.select_list()}, starred, reused_id"
"""The columns of `executions` that a state needs."""

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


class StateRows(Protocol):
    """The rows of one store, within one snapshot."""

    def fetch_executions(
        self, runs: Sequence[RunKey] | None, last_id: str, limit: int, *, with_last: bool
    ) -> list[Row]:
        """
        Read executions in the order of their ids.

        Args:
            runs: Only these runs; None reads all.
            last_id: Only executions with a greater id.
            limit: The largest number.
            with_last: Read the execution with `last_id`, too.

        Returns:
            The rows, as `STATE_COLUMNS` selects them.
        """
        ...

    def fetch_nodes_after(
        self, execution_id: str, place: Sequence[int | str], limit: int
    ) -> list[Row]:
        """
        Read node executions of one execution in the order of their keys.

        Args:
            execution_id: The execution.
            place: Only node executions after this sequence and node id.
            limit: The largest number.

        Returns:
            The rows in the order of the columns of `NODES`.
        """
        ...

    def read_sizes(self, values: Iterable[Any]) -> Mapping[Any, int]:
        """
        Read the sizes of stored payloads.

        Args:
            values: The values of columns of payloads.

        Returns:
            The sizes in bytes by the values of the columns; small payloads may be left out.
        """
        ...

    def make_loader(self, values: Iterable[Any]) -> LoadPayload:
        """
        Read payloads.

        Args:
            values: The values of columns of payloads.

        Returns:
            Converts a column's value to the payload.
        """
        ...


class _Part(NamedTuple):
    row: Row
    nodes: list[Row]
    more: bool
    """Whether more node executions of the execution follow."""


def read_states(source: StateRows, runs: Sequence[RunKey] | None, cursor: str | None) -> StatePage:
    """
    Read a page of states; see `ExecutionReader.read_states`.

    Raises:
        InvalidQueryError: The cursor is invalid, or there are too many runs.
    """
    if runs is not None and len(runs) > MAX_STATES:
        raise InvalidQueryError(
            "runs", f"are {len(runs):,}", hint=f"Ask for at most {MAX_STATES} at once."
        )
    last_id, is_partial, *place = _CURSOR.read(cursor) if cursor else _FIRST
    rows = source.fetch_executions(runs, str(last_id), MAX_STATES + 1, with_last=bool(is_partial))
    is_continued = bool(is_partial and rows and rows[0][_ID] == last_id)
    first = tuple(place) if is_continued else _BEFORE_NODES
    found = list(_read_parts(source, rows[:MAX_STATES], first))
    parts = list(_limit_bytes(source, found))
    more = len(parts) < len(rows) or (bool(parts) and parts[-1].more)
    load = source.make_loader(value for part in parts for value in _list_values(part))
    return StatePage(
        states=tuple(_make_state(part, load) for part in parts),
        next_cursor=_write_cursor(parts[-1]) if more else None,
    )


def _read_parts(
    source: StateRows, rows: Sequence[Row], place: Sequence[int | str]
) -> Iterator[_Part]:
    left = MAX_STATE_NODES
    for row in rows:
        nodes = source.fetch_nodes_after(row[_ID], place, left + 1)
        yield _Part(row, nodes[:left], more=len(nodes) > left)
        left -= len(nodes)
        if left <= 0:
            return
        place = _BEFORE_NODES


def _limit_bytes(source: StateRows, parts: Sequence[_Part]) -> Iterator[_Part]:
    sizes = source.read_sizes(value for part in parts for value in _list_values(part))
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


def _list_values(part: _Part) -> Iterator[Any]:
    yield from (part.row[place] for place in _EXECUTION_PAYLOADS)
    yield from (node[place] for node in part.nodes for place in _NODE_PAYLOADS)


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
