"""
Writing records: one transaction for everything that waits, joined into what is stored.

An execution that is new, and told of by one record, goes straight into rows. Any other is read back
as registers (`rows`), joined (`flightlog.merge`), and written where it changed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import islice
from operator import itemgetter
from typing import Any, Final, Literal

import apsw

from flightlog.clock import Clock
from flightlog.merge import (
    Fields,
    NodeKey,
    Nodes,
    execution_fields,
    join,
    join_nodes,
    node_fields,
    shown_duration,
)
from flightlog.model import WorkflowExecution, canonical_time
from flightlog.store.base import LogResult
from flightlog.store.sqlite.aggregates import Aggregates, Place, place
from flightlog.store.sqlite.compression import Codec
from flightlog.store.sqlite.payloads import PayloadWriter, StoredPayload, as_payload
from flightlog.store.sqlite.queries import Row, fetch_all, load_queries
from flightlog.store.sqlite.rows import (
    EXECUTION_COLUMNS,
    NODE_COLUMNS,
    fields_of,
    fields_row,
    new_execution_row,
    new_node_row,
)

Outcome = Literal["created", "changed", "unchanged", "deleted"]

_queries: Final = load_queries("writer.sql")
_ROWS_AT_ONCE: Final = 2_000
"""Rows of node executions kept in memory before they go to SQLite, whatever a record's size."""
_PAYLOAD_FIELDS: Final = ("trigger_data", "input", "output")


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
_SELECT_EXECUTIONS: Final = (
    f"SELECT {', '.join(EXECUTION_COLUMNS)} FROM executions "
    "WHERE id IN (SELECT value FROM json_each(?))"
)
_SELECT_NODES: Final = (
    f"SELECT {', '.join(NODE_COLUMNS)} FROM node_executions "
    "WHERE execution_id = ? AND sequence IN (SELECT value FROM json_each(?))"
)


class _Rows:
    def __init__(self) -> None:
        self.executions: list[Row] = []
        self.nodes: list[Row] = []


class Writer:
    """
    Joins records into the database, within transactions that its caller opens.

    Args:
        connection: The writing connection.
        codec: Compresses payloads.
        payloads: Stores payloads.
        aggregates: Counts.
        clock: For `created_at`.
    """

    def __init__(
        self,
        connection: apsw.Connection,
        codec: Codec,
        payloads: PayloadWriter,
        aggregates: Aggregates,
        clock: Clock,
    ) -> None:
        self._connection = connection
        self._codec = codec
        self._payloads = payloads
        self._aggregates = aggregates
        self._clock = clock
        self._new = _Rows()
        self._joined = _Rows()

    def write(self, requests: Sequence[Sequence[WorkflowExecution]]) -> list[LogResult]:
        """
        Join the records of several requests.

        Args:
            requests: Each one's records.

        Returns:
            What became of each request's executions. An execution that several requests tell of is
            new, or changed, in the first of them.
        """
        self._payloads.begin()
        self._aggregates.begin()
        self._new, self._joined = _Rows(), _Rows()
        messages: dict[str, list[WorkflowExecution]] = {}
        for records in requests:
            for record in records:
                messages.setdefault(record.id, []).append(record)
        outcomes = dict(self._join_all(messages))
        self._flush()
        self._aggregates.flush()
        return [_result(records, outcomes) for records in requests]

    def _join_all(
        self, messages: dict[str, list[WorkflowExecution]]
    ) -> Iterator[tuple[str, Outcome]]:
        ids = json.dumps(list(messages))
        deleted = {row[0] for row in self._connection.execute(_queries["deleted_among"], (ids,))}
        known = {row[0]: row for row in fetch_all(self._connection, _SELECT_EXECUTIONS, (ids,))}
        for execution_id, records in messages.items():
            row = known.get(execution_id)
            if execution_id in deleted:
                yield execution_id, "deleted"
            elif row is None and len(records) == 1 and _has_distinct_nodes(records[0]):
                self._insert(records[0])
                yield execution_id, "created"
            else:
                changed = self._join(execution_id, records, row)
                yield execution_id, "created" if row is None else changed

    def _insert(self, record: WorkflowExecution) -> None:
        store = self._payloads.store
        row = new_execution_row(record, store)
        self._new.executions.append(row)
        where = place(record.workflow_id, record.project_id, record.started_at)
        self._aggregates.count_execution(where, record.status, row[_EXECUTION_DURATION])
        nodes = iter(record.node_executions)
        while rows := [new_node_row(record, node, store) for node in islice(nodes, _ROWS_AT_ONCE)]:
            self._new.nodes += rows
            self._aggregates.count_nodes(where, map(_COUNTED_OF_NODE, rows))
            if len(self._new.nodes) >= _ROWS_AT_ONCE:
                self._flush()

    def _join(
        self, execution_id: str, records: list[WorkflowExecution], row: Row | None
    ) -> Outcome:
        old = {} if row is None else fields_of(EXECUTION_COLUMNS, row, self._load)
        new = old
        for record in records:
            new = join(new, execution_fields(record))
        where = _place_of(new)
        if old and _place_of(old) != where:
            self._move_nodes(execution_id, _place_of(old), where)
        changed = _differ(old, new)
        if changed:
            self._replace_execution(execution_id, old, new)
        for told in _portions(records):
            if self._join_nodes(execution_id, told, where):
                changed = True
            if len(told) >= _ROWS_AT_ONCE:
                self._flush()
        return "changed" if changed else "unchanged"

    def _join_nodes(self, execution_id: str, told: Nodes, where: Place) -> bool:
        stored = self._stored_nodes(execution_id, told)
        changed = False
        for key, fields in told.items():
            before = stored.get(key, {})
            after = join(before, fields)
            if _differ(before, after):
                changed = True
                self._replace_node(execution_id, key, before, after, where)
        return changed

    def _replace_execution(self, execution_id: str, old: Fields, new: Fields) -> None:
        row = fields_row(EXECUTION_COLUMNS, (execution_id,), new, self._payloads.store)
        self._joined.executions.append(row)
        self._release_replaced(old, new)
        for fields, times in ((old, -1), (new, 1)):
            if fields:
                self._aggregates.count_execution(
                    _place_of(fields), fields["status"].value, shown_duration(fields), times
                )

    def _replace_node(
        self, execution_id: str, key: NodeKey, old: Fields, new: Fields, where: Place
    ) -> None:
        row = fields_row(NODE_COLUMNS, (execution_id, *key), new, self._payloads.store)
        self._joined.nodes.append(row)
        self._release_replaced(old, new)
        for fields, times in ((old, -1), (new, 1)):
            if fields:
                counted = (key.node_id, fields["status"].value, shown_duration(fields))
                self._aggregates.count_nodes(where, [counted], times)

    def _release_replaced(self, old: Fields, new: Fields) -> None:
        for name in _PAYLOAD_FIELDS:
            if name in old and new[name] is not old[name]:
                self._payloads.release(old[name].value)

    def _move_nodes(self, execution_id: str, old: Place, new: Place) -> None:
        rows = fetch_all(self._connection, _queries["counted_nodes"], (execution_id,))
        self._aggregates.count_nodes(old, rows, -1)
        self._aggregates.count_nodes(new, rows)

    def _stored_nodes(self, execution_id: str, told: Nodes) -> Nodes:
        sequences = json.dumps([key.sequence for key in told])
        rows = fetch_all(self._connection, _SELECT_NODES, (execution_id, sequences))
        return {NodeKey(row[1], row[2]): fields_of(NODE_COLUMNS, row, self._load) for row in rows}

    def _load(self, value: str | int | None) -> Any:
        if isinstance(value, int):
            return StoredPayload(self._connection, self._codec, value)
        return as_payload(value, {})

    def _flush(self) -> None:
        now = canonical_time(self._clock().isoformat())
        for rows, execution_sql, node_sql in (
            (self._new, _INSERT_EXECUTION, _INSERT_NODE),
            (self._joined, _UPSERT_EXECUTION, _UPSERT_NODE),
        ):
            executions = ((*row, now) for row in rows.executions)
            self._connection.executemany(execution_sql, executions)
            self._connection.executemany(node_sql, rows.nodes)
        self._payloads.flush()
        self._new, self._joined = _Rows(), _Rows()


_EXECUTION_DURATION: Final = EXECUTION_COLUMNS.index("duration_ms")
_COUNTED_OF_NODE: Final = itemgetter(
    *(NODE_COLUMNS.index(name) for name in ("node_id", "status", "duration_ms"))
)


def _has_distinct_nodes(record: WorkflowExecution) -> bool:
    nodes = record.node_executions
    return len({(node.sequence, node.node_id) for node in nodes}) == len(nodes)


def _portions(records: Sequence[WorkflowExecution]) -> Iterator[Nodes]:
    told: Nodes = {}
    for record in records:
        nodes = iter(record.node_executions)
        while some := list(islice(nodes, _ROWS_AT_ONCE)):
            told = join_nodes(told, node_fields(some, record.revision))
            if len(told) >= _ROWS_AT_ONCE:
                yield told
                told = {}
    if told:
        yield told


def _place_of(fields: Fields) -> Place:
    project = fields.get("project_id")
    return place(
        fields["workflow_id"].value,
        None if project is None else project.value,
        fields["started_at"].value,
    )


def _differ(old: Fields, new: Fields) -> bool:
    return any(old.get(name) is not register for name, register in new.items())


def _result(records: Sequence[WorkflowExecution], outcomes: dict[str, Outcome]) -> LogResult:
    counts: dict[Outcome, int] = {"created": 0, "changed": 0, "unchanged": 0}
    deleted = []
    for execution_id in dict.fromkeys(record.id for record in records):
        outcome = outcomes[execution_id]
        if outcome == "deleted":
            deleted.append(execution_id)
        else:
            counts[outcome] += 1
            outcomes[execution_id] = "unchanged"
    return LogResult(
        created=counts["created"],
        changed=counts["changed"],
        unchanged=counts["unchanged"],
        deleted=tuple(deleted),
    )
