"""
Rows and records: the one place where either becomes the other.

A row of `executions` or `node_executions` holds a record's registers (`flightlog.merge`): their
values in its columns, the version that most of them share as status and `revision`, and the others'
in `provenance`. There, a field's name leads to its `[rank, revision]`, or to null where the column
holds what was computed (`duration_ms`) and the register itself is empty.

Most rows hold the registers of one message. Those are read and written without making registers at
all: `new_execution_row`, `new_node_row`, and the first branch of `execution_of` and `node_of`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

import msgspec
from msgspec import UNSET

from flightlog.merge import (
    Fields,
    NodeKey,
    Register,
    Version,
    node_record_of,
    rank,
    record_of,
    shown_duration,
    version_of,
)
from flightlog.model import (
    ExecutionError,
    NodeExecution,
    Trigger,
    WorkflowExecution,
    duration_between,
)
from flightlog.store.sqlite.queries import Row

StorePayload: TypeAlias = Callable[[Any], str | int | None]
LoadPayload: TypeAlias = Callable[[str | int | None], Any]

ERROR_COLUMNS: Final = ("error_message", "error_node_id", "error_kind", "error_stack")
EXECUTION_COLUMNS: Final = (
    "id",
    "workflow_id",
    "workflow_name",
    "project_id",
    "status",
    "started_at",
    "completed_at",
    "duration_ms",
    "execution_mode",
    "is_simulated",
    "trigger_type",
    "trigger_data",
    "parent_execution_id",
    "retry_of",
    "tags",
    "revision",
    "provenance",
    *ERROR_COLUMNS,
)
NODE_COLUMNS: Final = (
    "execution_id",
    "sequence",
    "node_id",
    "node_name",
    "node_type",
    "status",
    "attempt",
    "parent_sequence",
    "started_at",
    "completed_at",
    "duration_ms",
    "input",
    "output",
    "revision",
    "provenance",
    *ERROR_COLUMNS,
)
PAYLOAD_COLUMNS: Final = frozenset({"trigger_data", "input", "output"})

_NO_REGISTERS: Final = frozenset(
    {"id", "execution_id", "sequence", "node_id", "revision", "provenance", *ERROR_COLUMNS}
)

_EXECUTION_PROVENANCE: Final = EXECUTION_COLUMNS.index("provenance")
_NODE_PROVENANCE: Final = NODE_COLUMNS.index("provenance")
_COMPUTED_DURATION: Final = '{"duration_ms":null}'
_OF_ONE_MESSAGE: Final = (None, _COMPUTED_DURATION)
_NO_ERROR: Final = (None, None, None, None)
_decode_provenance: Final = msgspec.json.Decoder(dict[str, tuple[int, int] | None]).decode
_decode_tags: Final = msgspec.json.Decoder(dict[str, str]).decode
_encode: Final = msgspec.json.Encoder(order="sorted").encode


def _error_row(error: ExecutionError) -> tuple[str | None, ...]:
    return (error.message, error.node_id, error.kind, error.stack)


def _error_of(columns: Row) -> ExecutionError | None:
    message, node_id, kind, stack = columns
    if message is None:
        return None
    return ExecutionError(message=message, node_id=node_id, kind=kind, stack=stack)


def new_execution_row(record: WorkflowExecution, store: StorePayload) -> Row:
    """The row of an execution that one record brings, in the order of `EXECUTION_COLUMNS`."""
    duration_ms, provenance = record.duration_ms, None
    if duration_ms is None and record.completed_at is not None:
        duration_ms = duration_between(record.started_at, record.completed_at)
        provenance = _COMPUTED_DURATION
    trigger = record.trigger
    return (
        record.id,
        record.workflow_id,
        record.workflow_name,
        record.project_id,
        record.status,
        record.started_at,
        record.completed_at,
        duration_ms,
        record.execution_mode,
        None if trigger is None else trigger.is_simulated,
        None if trigger is None else trigger.type,
        None if trigger is None else store(trigger.data),
        record.parent_execution_id,
        record.retry_of,
        _tags_text(record.tags),
        record.revision,
        provenance,
        *(_NO_ERROR if record.error is None else _error_row(record.error)),
    )


def new_node_row(record: WorkflowExecution, node: NodeExecution, store: StorePayload) -> Row:
    """The row of a node execution that one record brings, in the order of `NODE_COLUMNS`."""
    duration_ms, provenance = node.duration_ms, None
    if duration_ms is None and node.started_at is not None and node.completed_at is not None:
        duration_ms = duration_between(node.started_at, node.completed_at)
        provenance = _COMPUTED_DURATION
    return (
        record.id,
        node.sequence,
        node.node_id,
        node.node_name,
        node.node_type,
        node.status,
        node.attempt,
        node.parent_sequence,
        node.started_at,
        node.completed_at,
        duration_ms,
        store(node.input),
        store(node.output),
        record.revision,
        provenance,
        *(_NO_ERROR if node.error is None else _error_row(node.error)),
    )


def _tags_text(tags: dict[str, str] | None) -> str | None:
    return None if tags is None else _encode(tags).decode()


def fields_row(columns: tuple[str, ...], key: Row, fields: Fields, store: StorePayload) -> Row:
    """
    The row of joined registers.

    Args:
        columns: `EXECUTION_COLUMNS` or `NODE_COLUMNS`.
        key: The values of the first columns, which are no registers.
        fields: The registers.
        store: Says what a payload's column shall hold.
    """
    version = version_of(fields)
    provenance: dict[str, Version | None] = {
        name: register.version for name, register in fields.items() if register.version != version
    }
    error = fields.get("error")
    own_error = error.value if error is not None and error.version == version else None
    if version != _implied_version(fields["status"].value, version.revision, own_error):
        provenance["status"] = version
    values: dict[str, Any] = {name: register.value for name, register in fields.items()}
    if "duration_ms" not in values:
        values["duration_ms"] = shown_duration(fields)
        if values["duration_ms"] is not None:
            provenance["duration_ms"] = None
    for name in PAYLOAD_COLUMNS & values.keys():
        values[name] = store(values[name])
    values["tags"] = _tags_text(values.get("tags"))
    values["revision"] = version.revision
    values["provenance"] = _encode(provenance).decode() if provenance else None
    if error is not None:
        values.update(zip(ERROR_COLUMNS, _error_row(error.value), strict=True))
    return (*key, *(values.get(column) for column in columns[len(key) :]))


def _implied_version(status: str, revision: int, error: ExecutionError | None) -> Version:
    return Version(rank(status, error), revision)


def fields_of(columns: tuple[str, ...], row: Row, load: LoadPayload) -> Fields:
    """
    The registers that a row holds.

    Args:
        columns: `EXECUTION_COLUMNS` or `NODE_COLUMNS`.
        row: Their values.
        load: Makes a payload of what its column holds.
    """
    values = dict(zip(columns, row, strict=True))
    error = _error_of(row[-len(ERROR_COLUMNS) :])
    exceptions = _decode_provenance(values["provenance"]) if values["provenance"] else {}
    values["error"] = error
    if values.get("tags") is not None:
        values["tags"] = _decode_tags(values["tags"])
    if values.get("is_simulated") is not None:
        values["is_simulated"] = bool(values["is_simulated"])
    for name in PAYLOAD_COLUMNS & values.keys():
        values[name] = load(values[name])
    shared = exceptions.get("status") or _implied_version(
        values["status"], values["revision"], error if "error" not in exceptions else None
    )
    fields: Fields = {}
    for name, value in values.items():
        if value is None or value is UNSET or name in _NO_REGISTERS:
            continue
        version = exceptions.get(name, shared)
        if version is not None:
            fields[name] = Register(Version(*version), value)
    return fields


def execution_of(
    row: Row, nodes: tuple[NodeExecution, ...], load: LoadPayload
) -> WorkflowExecution:
    """
    The record that a row of `executions` shows.

    Args:
        row: In the order of `EXECUTION_COLUMNS`.
        nodes: Its node executions.
        load: Makes a payload of what `trigger_data` holds.
    """
    if row[_EXECUTION_PROVENANCE] not in _OF_ONE_MESSAGE:
        return record_of(row[0], fields_of(EXECUTION_COLUMNS, row, load), nodes)
    trigger_type, trigger_data, is_simulated = row[10], row[11], row[9]
    trigger = None
    if trigger_type is not None:
        trigger = Trigger(
            type=trigger_type,
            data=load(trigger_data),
            is_simulated=None if is_simulated is None else bool(is_simulated),
        )
    return WorkflowExecution(
        id=row[0],
        workflow_id=row[1],
        workflow_name=row[2],
        project_id=row[3],
        status=row[4],
        started_at=row[5],
        completed_at=row[6],
        duration_ms=row[7],
        execution_mode=row[8],
        trigger=trigger,
        node_executions=nodes,
        error=_error_of(row[17:]),
        parent_execution_id=row[12],
        retry_of=row[13],
        tags=None if row[14] is None else _decode_tags(row[14]),
        revision=row[15],
    )


def node_of(row: Row, load: LoadPayload) -> NodeExecution:
    """
    The node execution that a row of `node_executions` shows.

    Args:
        row: In the order of `NODE_COLUMNS`.
        load: Makes a payload of what `input` or `output` holds.
    """
    if row[_NODE_PROVENANCE] not in _OF_ONE_MESSAGE:
        return node_record_of(NodeKey(row[1], row[2]), fields_of(NODE_COLUMNS, row, load))
    return NodeExecution(
        sequence=row[1],
        node_id=row[2],
        node_name=row[3],
        node_type=row[4],
        status=row[5],
        attempt=row[6],
        parent_sequence=row[7],
        started_at=row[8],
        completed_at=row[9],
        duration_ms=row[10],
        input=load(row[11]),
        output=load(row[12]),
        error=_error_of(row[15:]),
    )
