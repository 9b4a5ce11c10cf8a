"""
Merge records with the stored rows of their execution.

`Merger` reads stored rows as registers (`rows`), joins the registers with the records
(`flightlog.record.registers`), and writes the rows that changed. A new execution takes the same
path: its stored registers are empty. An execution's status decides which of its node executions are
shown as crashed, so these node rows change with the execution. `writer` opens transactions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from operator import itemgetter
from typing import Final

from msgspec.structs import replace

from flightlog.clock import Clock
from flightlog.record.merge import (
    crashes_with_execution,
    find_shown_duration,
    is_crashed,
    presume_crash,
    presume_node_crash,
    shows_change,
)
from flightlog.record.model import WorkflowExecution
from flightlog.record.registers import (
    NodeKey,
    Nodes,
    Registers,
    join,
    join_nodes,
    make_execution_registers,
    make_node_registers,
)
from flightlog.record.state import ExecutionState
from flightlog.record.times import normalize_time
from flightlog.store.aggregates import Aggregates, Place, find_place
from flightlog.store.row_functions import Row, StorePayload
from flightlog.store.row_store import PayloadStore, RowStore
from flightlog.store.rows import read_registers, write_row
from flightlog.store.tables import EXECUTIONS, NODES, Table

ROWS_AT_ONCE: Final = 2_000
"""Rows of node executions kept in memory before they are written, whatever a record's size."""

_ID: Final = EXECUTIONS.find_position("id")
_node_key: Final = itemgetter(NODES.find_position("sequence"), NODES.find_position("node_id"))
_counted_node: Final = itemgetter(
    *(NODES.find_position(name) for name in ("node_id", "status", "duration_ms"))
)


class Merger:
    """
    Joins records into stored executions, within transactions that its caller opens.

    Args:
        stored: Reads and writes rows.
        payloads: Stores payloads.
        aggregates: Counts executions and node executions.
        clock: The time of `created_at`.
    """

    def __init__(
        self,
        stored: RowStore,
        payloads: PayloadStore,
        aggregates: Aggregates,
        clock: Clock,
    ) -> None:
        self._stored = stored
        self._payloads = payloads
        self._aggregates = aggregates
        self._clock = clock
        self.begin()

    def begin(self) -> None:
        """Discard buffered rows; call this at the start of a transaction."""
        # To insert a new row takes less time than to look for the row that it might replace.
        self._new_executions: list[Row] = []
        self._changed_executions: list[Row] = []
        self._new_nodes: list[Row] = []
        self._changed_nodes: list[Row] = []

    def flush(self) -> None:
        """Write the buffered rows with their payloads; call this before the commit."""
        now = normalize_time(self._clock().isoformat())
        # The rows of nodes refer to the rows of their executions.
        self._stored.insert_executions(self._new_executions, now)
        self._stored.replace_executions(self._changed_executions, now)
        self._stored.insert_nodes(self._new_nodes)
        self._stored.replace_nodes(self._changed_nodes)
        self._payloads.flush()
        self.begin()

    def join(self, row_id: str, records: Sequence[WorkflowExecution], row: Row | None) -> bool:
        """
        Join records of one run into the run's stored rows.

        Args:
            row_id: The run's id in the history.
            records: Whole or partial records.
            row: The run's row in the order of the columns of `EXECUTIONS`; None when the run is
                new.

        Returns:
            Whether the records changed anything that readers see.
        """
        executions = map(make_execution_registers, records)
        return self._join_parts(row_id, executions, _split_portions(records), row)

    def join_states(self, row_id: str, states: Sequence[ExecutionState], row: Row | None) -> bool:
        """
        Join states of one run into the run's stored rows; see `join`.

        Args:
            row_id: The run's id in the history.
            states: Whole or partial states.
            row: The run's row; None when the run is new.

        Returns:
            Whether the states changed anything that readers see.
        """
        executions = (state.execution for state in states)
        return self._join_parts(row_id, executions, _split_states(states), row)

    def _join_parts(
        self,
        row_id: str,
        executions: Iterable[Registers],
        portions: Iterable[Nodes],
        row: Row | None,
    ) -> bool:
        old = None if row is None else self._read(EXECUTIONS, row)
        new = old
        for registers in executions:
            new = join(new, registers)
        assert new is not None, "there is at least one record"
        changed = False
        counted_at, crashed, is_stored = (
            _find_aggregate_place(new),
            is_crashed(new),
            old is not None,
        )
        if new is not old:
            changed = self._shows_change(row_id, old, new)
            self._replace_execution(row_id, old, new, counted_at)
        for number, nodes in enumerate(portions):
            if number:
                # The next rows are read from the database.
                self.flush()
            stored = self._read_stored_nodes(row_id, nodes) if is_stored or number else {}
            changed |= self._join_nodes(row_id, nodes, stored, counted_at, crashed=crashed)
        if len(self._new_nodes) + len(self._changed_nodes) >= ROWS_AT_ONCE:
            self.flush()
        return changed

    def _shows_change(self, row_id: str, old: Registers | None, new: Registers) -> bool:
        # The revision is shown, too.
        if old is None or old.version != new.version:
            return True
        link = new.get("retry_of")
        if (
            link is not None
            and old.get("retry_of") is None
            and self._stored.find_previous_run(row_id) == link
        ):
            # The link to the run before is shown although no record names it.
            values = [*old.values]
            values[old.fields.index["retry_of"]] = link
            old = replace(old, values=tuple(values))
        return shows_change(old, new)

    def crash(self, row: Row) -> None:
        """
        Mark a running execution as presumed crashed.

        Args:
            row: The execution's row in the order of the columns of `EXECUTIONS`.
        """
        innermost = self._stored.find_innermost_node(row[_ID])
        old = self._read(EXECUTIONS, row)
        new = join(old, presume_crash(old, innermost))
        self._replace_execution(row[_ID], old, new, _find_aggregate_place(new))

    def crash_node(self, row: Row, counted_at: Place) -> None:
        """
        Mark a running node execution as presumed crashed.

        Args:
            row: The node execution's row in the order of the columns of `NODES`.
            counted_at: The place under which its execution is counted.
        """
        old = self._read(NODES, row)
        new = join(old, presume_node_crash(old))
        self._replace_nodes(counted_at, [(row, old, new)], crashed=False)

    def _replace_execution(
        self, row_id: str, old: Registers | None, new: Registers, counted_at: Place
    ) -> None:
        row = write_row(EXECUTIONS, (row_id,), new, self._payloads.store)
        self._count(counted_at, new, 1)
        if old is None:
            self._new_executions.append(row)
            return
        self._changed_executions.append(row)
        self._release_replaced(EXECUTIONS, old, new)
        was_counted_at = _find_aggregate_place(old)
        self._count(was_counted_at, old, -1)
        if was_counted_at != counted_at:
            self._move_nodes(row_id, was_counted_at, counted_at)
        if is_crashed(old) != is_crashed(new):
            self._follow(row_id, counted_at, crashed=is_crashed(new))

    def _count(self, counted_at: Place, registers: Registers, times: int) -> None:
        self._aggregates.count_execution(
            counted_at, registers.get("status"), find_shown_duration(registers), times
        )

    def _follow(self, execution_id: str, counted_at: Place, *, crashed: bool) -> None:
        stored = self._stored
        fetch = stored.fetch_running_nodes if crashed else stored.fetch_crashed_nodes
        while rows := fetch(execution_id, ROWS_AT_ONCE):
            nodes = [(row, registers := self._read(NODES, row), registers) for row in rows]
            self._replace_nodes(counted_at, nodes, crashed=crashed)
            self.flush()

    def _join_nodes(
        self,
        execution_id: str,
        nodes: Nodes,
        stored: dict[NodeKey, Row],
        counted_at: Place,
        *,
        crashed: bool,
    ) -> bool:
        changed = False
        new_rows: list[Row] = []
        replaced: list[tuple[Row, Registers, Registers]] = []
        store = self._payloads.store
        for key, registers in nodes.items():
            # Most nodes are new.
            row = stored.get(key) if stored else None
            if row is None:
                new_rows.append(_write_node((execution_id, *key), registers, store, crashed))
                continue
            old = self._read(NODES, row)
            new = join(old, registers)
            if new is not old:
                changed = changed or shows_change(old, new)
                replaced.append((row, old, new))
        if new_rows:
            self._new_nodes += new_rows
            self._aggregates.count_nodes(counted_at, map(_counted_node, new_rows))
        if replaced:
            self._replace_nodes(counted_at, replaced, crashed=crashed)
        return changed or bool(new_rows)

    def _replace_nodes(
        self,
        counted_at: Place,
        nodes: Sequence[tuple[Row, Registers, Registers]],
        *,
        crashed: bool,
    ) -> None:
        """Replace node executions, each given as its row, its registers, and its new registers."""
        new_rows = []
        for row, old, new in nodes:
            key = row[NODES.key_part]
            new_rows.append(_write_node(key, new, self._payloads.store, crashed))
            self._release_replaced(NODES, old, new)
        self._changed_nodes += new_rows
        self._aggregates.count_nodes(counted_at, (_counted_node(row) for row, _, _ in nodes), -1)
        self._aggregates.count_nodes(counted_at, map(_counted_node, new_rows))

    def _release_replaced(self, table: Table, old: Registers, new: Registers) -> None:
        for position in table.payload_values:
            if new.values[position] is not old.values[position]:
                self._payloads.release(old.values[position])

    def _move_nodes(self, execution_id: str, old: Place, new: Place) -> None:
        rows = self._stored.fetch_counted_nodes(execution_id)
        self._aggregates.count_nodes(old, rows, -1)
        self._aggregates.count_nodes(new, rows)

    def _read_stored_nodes(self, execution_id: str, nodes: Nodes) -> dict[NodeKey, Row]:
        rows = self._stored.fetch_nodes(execution_id, [key.sequence for key in nodes])
        return {NodeKey(*_node_key(row)): row for row in rows}

    def _read(self, table: Table, row: Row) -> Registers:
        return read_registers(table, row, self._payloads.load)


def _write_node(key: Row, registers: Registers, store: StorePayload, crashed: bool) -> Row:
    crashed = crashed and crashes_with_execution(registers)
    return write_row(NODES, key, registers, store, crashed=crashed)


def _split_portions(records: Sequence[WorkflowExecution]) -> Iterator[Nodes]:
    portion: Nodes = {}
    for record in records:
        nodes = iter(record.node_executions)
        while selected := list(islice(nodes, ROWS_AT_ONCE)):
            registers = make_node_registers(record, selected)
            portion = join_nodes(portion, registers) if portion else registers
            if len(portion) >= ROWS_AT_ONCE:
                yield portion
                portion = {}
    if portion:
        yield portion


def _split_states(states: Sequence[ExecutionState]) -> Iterator[Nodes]:
    for state in states:
        nodes = iter(state.nodes.items())
        while portion := dict(islice(nodes, ROWS_AT_ONCE)):
            yield portion


def _find_aggregate_place(registers: Registers) -> Place:
    return find_place(
        registers.get("workflow_id"), registers.get("project_id"), registers.get("started_at")
    )
