"""
Convert between rows and records; no other module does this.

Most rows hold one message. `new_execution_row` and `new_node_row` write such rows without
registers, and the first branches of `read_execution` and `read_node` read them. `registers`
converts rows that hold several messages.
"""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from flightlog.record.merge import CRASHED, NodeKey, to_execution, to_node_execution
from flightlog.record.model import (
    ExecutionError,
    NodeExecution,
    Trigger,
    WorkflowExecution,
    duration_between,
)
from flightlog.store.sqlite.columns import (
    ERROR_COLUMNS,
    EXECUTION_COLUMNS,
    NODE_COLUMNS,
    LoadPayload,
    StorePayload,
    error_row,
    read_error,
    read_tags,
    tags_text,
)
from flightlog.store.sqlite.queries import Row
from flightlog.store.sqlite.registers import read_registers

_EXECUTION_PROVENANCE: Final = EXECUTION_COLUMNS.index("provenance")
_NODE_PROVENANCE: Final = NODE_COLUMNS.index("provenance")
_NODE_STATUS: Final = NODE_COLUMNS.index("status")
_EXECUTION_ERROR: Final = len(EXECUTION_COLUMNS) - len(ERROR_COLUMNS)
_NODE_ERROR: Final = len(NODE_COLUMNS) - len(ERROR_COLUMNS)
_KIND: Final = ERROR_COLUMNS.index("error_kind")
_COMPUTED_DURATION: Final = '{"duration_ms":null}'
_OF_ONE_MESSAGE: Final = (None, _COMPUTED_DURATION)
_NO_ERROR: Final = (None,) * len(ERROR_COLUMNS)


def new_execution_row(row_id: str, record: WorkflowExecution, store: StorePayload) -> Row:
    """
    Convert one record to the row of a new execution.

    Args:
        row_id: The execution's id in the history.
        record: The record.
        store: Stores a payload and returns the value for its column.

    Returns:
        The row, in the order of `EXECUTION_COLUMNS`.
    """
    duration_ms, provenance = record.duration_ms, None
    if duration_ms is None and record.completed_at is not None:
        duration_ms = duration_between(record.started_at, record.completed_at)
        provenance = _COMPUTED_DURATION
    trigger = record.trigger
    return (
        row_id,
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
        tags_text(record.tags),
        record.process_id,
        record.run_id,
        record.parent_run_id,
        record.revision,
        provenance,
        *(_NO_ERROR if record.error is None else error_row(record.error)),
    )


def new_node_row(
    row_id: str, record: WorkflowExecution, node: NodeExecution, store: StorePayload
) -> Row:
    """
    Convert one node execution of a record to a new row.

    Args:
        row_id: The id of its execution in the history.
        record: The record.
        node: The node execution.
        store: Stores a payload and returns the value for its column.

    Returns:
        The row, in the order of `NODE_COLUMNS`.
    """
    duration_ms, provenance = node.duration_ms, None
    if duration_ms is None and node.started_at is not None and node.completed_at is not None:
        duration_ms = duration_between(node.started_at, node.completed_at)
        provenance = _COMPUTED_DURATION
    return (
        row_id,
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
        node.process_id,
        record.revision,
        provenance,
        *(_NO_ERROR if node.error is None else error_row(node.error)),
    )


def read_execution(
    row: Row, nodes: tuple[NodeExecution, ...], load: LoadPayload, *, starred: bool = False
) -> WorkflowExecution:
    """
    Convert a row of `executions` to the record that the row shows.

    Args:
        row: The row, in the order of `EXECUTION_COLUMNS`.
        nodes: The execution's node executions.
        load: Converts the value of `trigger_data` to the payload.
        starred: Whether people have starred the execution.

    Returns:
        The record.
    """
    if row[_EXECUTION_PROVENANCE] not in _OF_ONE_MESSAGE:
        record = to_execution(row[0], read_registers(EXECUTION_COLUMNS, row, load), nodes)
        return replace(record, starred=True) if starred else record
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
        error=_error_of_one_message(row[4], row[_EXECUTION_ERROR:]),
        parent_execution_id=row[12],
        retry_of=row[13],
        tags=read_tags(row[14]),
        process_id=row[15],
        run_id=row[16],
        parent_run_id=row[17],
        revision=row[18],
        starred=starred,
    )


def read_node(row: Row, load: LoadPayload) -> NodeExecution:
    """
    Convert a row of `node_executions` to the node execution that the row shows.

    Args:
        row: The row, in the order of `NODE_COLUMNS`.
        load: Converts the value of `input` or `output` to the payload.

    Returns:
        The node execution.
    """
    if row[_NODE_PROVENANCE] not in _OF_ONE_MESSAGE:
        fields = read_registers(NODE_COLUMNS, row, load)
        crashed = row[_NODE_STATUS] != fields["status"].value
        return to_node_execution(NodeKey(row[1], row[2]), fields, crashed=crashed)
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
        process_id=row[13],
        error=_error_of_one_message(row[5], row[_NODE_ERROR:]),
    )


def _error_of_one_message(status: str, columns: Row) -> ExecutionError | None:
    overruled = columns[_KIND] == CRASHED and status != "error"
    return None if overruled else read_error(columns)
