"""
Merge records with the stored rows of their execution.

`Merger` reads stored rows as registers (`registers`), joins the registers with the records
(`flightlog.record.merge`), and writes the rows that changed. An execution's status decides which of
its node executions are shown as crashed, so these node rows change with the execution. `writer`
opens transactions and inserts new executions.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import islice
from operator import itemgetter
from typing import Any, Final

import apsw

from flightlog.record.merge import (
    Fields,
    NodeKey,
    Nodes,
    crashes_with_execution,
    execution_fields,
    is_crashed,
    join,
    join_nodes,
    node_crash,
    node_fields,
    presumed_crash,
    shown_duration,
    shown_version,
    shows_change,
)
from flightlog.record.model import WorkflowExecution
from flightlog.store.sqlite.aggregates import Aggregates, Place, place
from flightlog.store.sqlite.columns import EXECUTION_COLUMNS, NODE_COLUMNS
from flightlog.store.sqlite.compression import Codec
from flightlog.store.sqlite.payloads import PayloadWriter, StoredPayload, as_payload
from flightlog.store.sqlite.queries import Row, fetch_all, fetch_one, load_queries
from flightlog.store.sqlite.registers import fields_row, read_registers
from flightlog.store.sqlite.write_buffer import ROWS_AT_ONCE, WriteBuffer

counted_of_node: Final = itemgetter(
    *(NODE_COLUMNS.index(name) for name in ("node_id", "status", "duration_ms"))
)
"""The values of a `node_executions` row by which the aggregates count the row."""

_queries: Final = load_queries("merging.sql")
_PAYLOAD_FIELDS: Final = ("trigger_data", "input", "output")
_SELECT_NODES: Final = f"SELECT {', '.join(NODE_COLUMNS)} FROM node_executions "
_SELECT_TOLD: Final = (
    _SELECT_NODES + "WHERE execution_id = ? AND sequence IN (SELECT value FROM json_each(?))"
)
_SELECT_RUNNING: Final = (
    _SELECT_NODES
    + "WHERE execution_id = ? AND status = 'running' AND process_id IS NULL "
    + f"LIMIT {ROWS_AT_ONCE}"
)
_SELECT_CRASHED: Final = (
    _SELECT_NODES
    + "WHERE execution_id = ? AND status = 'error' AND json_type(provenance, '$.status') = 'null' "
    f"LIMIT {ROWS_AT_ONCE}"
)


class Merger:
    """
    Joins records into stored executions, within transactions that its caller opens.

    Args:
        connection: The writing connection.
        codec: Decompresses payloads.
        payloads: Stores payloads.
        aggregates: Counts executions and node executions.
        waiting: Collects the rows to write.
    """

    def __init__(
        self,
        connection: apsw.Connection,
        codec: Codec,
        payloads: PayloadWriter,
        aggregates: Aggregates,
        waiting: WriteBuffer,
    ) -> None:
        self._connection = connection
        self._codec = codec
        self._payloads = payloads
        self._aggregates = aggregates
        self._waiting = waiting

    def join(self, row_id: str, records: Sequence[WorkflowExecution], row: Row | None) -> bool:
        """
        Join records of one run into the run's stored rows.

        Args:
            row_id: The run's id in the history.
            records: Whole or partial records.
            row: The run's row in the order of `EXECUTION_COLUMNS`; None when the run is new.

        Returns:
            Whether the records changed anything that readers see.
        """
        old = {} if row is None else read_registers(EXECUTION_COLUMNS, row, self._load)
        new = old
        for record in records:
            new = join(new, execution_fields(record))
        changed = False
        if _differ(old, new):
            changed = self._shows_change(row_id, old, new)
            self._replace_execution(row_id, old, new)
        for told in _portions(records):
            if self._join_nodes(row_id, told, _aggregate_place(new), crashed=is_crashed(new)):
                changed = True
            if len(told) >= ROWS_AT_ONCE:
                self._waiting.flush()
        return changed

    def _shows_change(self, row_id: str, old: Fields, new: Fields) -> bool:
        shown, link = old, new.get("retry_of")
        if link is not None and "retry_of" not in old and self._previous_run(row_id) == link.value:
            # The link to the run before is shown although no record names it.
            shown = {**old, "retry_of": link}
        # The revision is shown, too.
        return not old or shown_version(old) != shown_version(new) or shows_change(shown, new)

    def _previous_run(self, row_id: str) -> str | None:
        row = fetch_one(self._connection, _queries["previous_run"], (row_id,))
        return None if row is None else row[0]

    def crash(self, row: Row) -> None:
        """
        Mark a running execution as presumed crashed.

        Args:
            row: The execution's row in the order of `EXECUTION_COLUMNS`.
        """
        innermost = fetch_one(self._connection, _queries["innermost_node"], (row[0],))
        old = read_registers(EXECUTION_COLUMNS, row, self._load)
        new = join(old, presumed_crash(old, None if innermost is None else innermost[0]))
        self._replace_execution(row[0], old, new)

    def crash_node(self, row: Row, where: Place) -> None:
        """
        Mark a running node execution as presumed crashed.

        Args:
            row: The node execution's row in the order of `NODE_COLUMNS`.
            where: The place under which its execution is counted.
        """
        old = read_registers(NODE_COLUMNS, row, self._load)
        self._replace_node(row, old, join(old, node_crash(old)), where, crashed=False)

    def _replace_execution(self, execution_id: str, old: Fields, new: Fields) -> None:
        if old and _aggregate_place(old) != _aggregate_place(new):
            self._move_nodes(execution_id, _aggregate_place(old), _aggregate_place(new))
        row = fields_row(EXECUTION_COLUMNS, (execution_id,), new, self._payloads.store)
        self._waiting.joined_executions.append(row)
        self._release_replaced(old, new)
        for fields, times in ((old, -1), (new, 1)):
            if fields:
                self._aggregates.count_execution(
                    _aggregate_place(fields), fields["status"].value, shown_duration(fields), times
                )
        if old and is_crashed(old) != is_crashed(new):
            self._follow(execution_id, _aggregate_place(new), crashed=is_crashed(new))

    def _follow(self, execution_id: str, where: Place, *, crashed: bool) -> None:
        chosen = _SELECT_RUNNING if crashed else _SELECT_CRASHED
        while rows := fetch_all(self._connection, chosen, (execution_id,)):
            for row in rows:
                fields = read_registers(NODE_COLUMNS, row, self._load)
                self._replace_node(row, fields, fields, where, crashed=crashed)
            self._waiting.flush()

    def _join_nodes(self, execution_id: str, told: Nodes, where: Place, *, crashed: bool) -> bool:
        stored = self._stored_nodes(execution_id, told)
        changed = False
        for key, fields in told.items():
            row = stored.get(key, (execution_id, *key))
            before = read_registers(NODE_COLUMNS, row, self._load) if key in stored else {}
            after = join(before, fields)
            if _differ(before, after):
                # Compared before the stored payloads are released.
                changed = shows_change(before, after) or changed
                self._replace_node(row, before, after, where, crashed=crashed)
        return changed

    def _replace_node(
        self, old_row: Row, old: Fields, new: Fields, where: Place, *, crashed: bool
    ) -> None:
        follows = crashed and crashes_with_execution(new)
        row = fields_row(NODE_COLUMNS, old_row[:3], new, self._payloads.store, crashed=follows)
        self._waiting.joined_nodes.append(row)
        self._release_replaced(old, new)
        if old:
            self._aggregates.count_nodes(where, [counted_of_node(old_row)], -1)
        self._aggregates.count_nodes(where, [counted_of_node(row)])

    def _release_replaced(self, old: Fields, new: Fields) -> None:
        for name in _PAYLOAD_FIELDS:
            if name in old and new[name] is not old[name]:
                self._payloads.release(old[name].value)

    def _move_nodes(self, execution_id: str, old: Place, new: Place) -> None:
        rows = fetch_all(self._connection, _queries["counted_nodes"], (execution_id,))
        self._aggregates.count_nodes(old, rows, -1)
        self._aggregates.count_nodes(new, rows)

    def _stored_nodes(self, execution_id: str, told: Nodes) -> dict[NodeKey, Row]:
        sequences = json.dumps([key.sequence for key in told])
        rows = fetch_all(self._connection, _SELECT_TOLD, (execution_id, sequences))
        return {NodeKey(row[1], row[2]): row for row in rows}

    def _load(self, value: str | int | None) -> Any:
        if isinstance(value, int):
            return StoredPayload(self._connection, self._codec, value)
        return as_payload(value, {})


def _portions(records: Sequence[WorkflowExecution]) -> Iterator[Nodes]:
    told: Nodes = {}
    for record in records:
        nodes = iter(record.node_executions)
        while some := list(islice(nodes, ROWS_AT_ONCE)):
            told = join_nodes(told, node_fields(record, some))
            if len(told) >= ROWS_AT_ONCE:
                yield told
                told = {}
    if told:
        yield told


def _aggregate_place(fields: Fields) -> Place:
    project = fields.get("project_id")
    return place(
        fields["workflow_id"].value,
        None if project is None else project.value,
        fields["started_at"].value,
    )


def _differ(old: Fields, new: Fields) -> bool:
    return any(old.get(name) is not register for name, register in new.items())
