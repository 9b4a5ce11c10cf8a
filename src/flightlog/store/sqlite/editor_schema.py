"""
Read databases that the editor's TypeScript logger made (the seed's schema) as records.

The later columns `execution_mode` and `is_simulated` may be missing. A value that a record can't
hold (payload text that isn't JSON, an invalid time or status) is kept in the nearest form that a
record can hold.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final, get_args

import apsw
import msgspec
from msgspec import UNSET, Raw, UnsetType

from flightlog.record.model import (
    ExecutionError,
    ExecutionMode,
    ExecutionStatus,
    NodeExecution,
    NodeStatus,
    Trigger,
    WorkflowExecution,
)
from flightlog.record.times import normalize_time

_EXECUTION: Final = frozenset(
    {"id", "workflow_id", "workflow_name", "status", "started_at", "trigger_type", "trigger_data"}
)
_NODE: Final = frozenset({"id", "execution_id", "node_id", "node_name", "node_type", "status"})
_EPOCH: Final = "1970-01-01T00:00:00.000000Z"


def has_editor_schema(connection: apsw.Connection) -> bool:
    """
    Check whether the database's tables are the tables of the editor's logger.

    Args:
        connection: Any connection to the database.

    Returns:
        True if the database has the editor's schema.
    """
    return (
        _list_columns(connection, "executions") >= _EXECUTION
        and _list_columns(connection, "node_executions") >= _NODE
    )


def _list_columns(connection: apsw.Connection, table: str) -> set[str]:
    rows = connection.execute("SELECT name FROM pragma_table_info(?)", (table,))
    return {row[0] for row in rows}


def read_editor_executions(connection: apsw.Connection) -> Iterator[WorkflowExecution]:
    """
    Read the rows that migration 0001 has set aside, in the order in which they were written.

    Args:
        connection: The writing connection.

    Yields:
        Whole records.
    """
    names = [
        name
        for name, *_ in connection.execute("SELECT name FROM pragma_table_info('seed_executions')")
    ]
    for row in connection.execute("SELECT * FROM seed_executions ORDER BY rowid"):
        values = dict(zip(names, row, strict=True))
        node_rows = connection.execute(
            "SELECT node_id, node_name, node_type, status, started_at, completed_at, duration_ms, "
            "input, output, error_message, error_stack "
            "FROM seed_node_executions WHERE execution_id = ? ORDER BY id",
            (values["id"],),
        ).fetchall()
        yield _read_record(values, node_rows)


def _read_record(values: dict[str, Any], node_rows: list[tuple[Any, ...]]) -> WorkflowExecution:
    simulated = values.get("is_simulated")
    mode = values.get("execution_mode")
    return WorkflowExecution(
        id=values["id"],
        workflow_id=values["workflow_id"],
        workflow_name=values["workflow_name"],
        status=_check_status(values["status"], get_args(ExecutionStatus)),
        started_at=_read_time(values["started_at"])
        or _read_time(values.get("created_at"))
        or _EPOCH,
        completed_at=_read_time(values.get("completed_at")),
        duration_ms=values.get("duration_ms"),
        execution_mode=mode if mode in get_args(ExecutionMode) else None,
        trigger=Trigger(
            type=values["trigger_type"],
            data=_read_payload(values["trigger_data"]),
            is_simulated=None if simulated is None else bool(simulated),
        ),
        node_executions=tuple(_read_node(row) for row in node_rows),
        error=_make_error(
            values.get("error_message"), values.get("error_stack"), values.get("error_node_id")
        ),
    )


def _read_node(row: tuple[Any, ...]) -> NodeExecution:
    (
        node_id,
        node_name,
        node_type,
        status,
        started_at,
        completed_at,
        duration_ms,
        node_input,
        output,
        message,
        stack,
    ) = row
    return NodeExecution(
        node_id=node_id,
        node_name=node_name,
        node_type=node_type,
        status=_check_status(status, get_args(NodeStatus)),
        started_at=_read_time(started_at),
        completed_at=_read_time(completed_at),
        duration_ms=duration_ms,
        input=_read_payload(node_input),
        output=_read_payload(output),
        error=_make_error(message, stack, None),
    )


def _check_status(status: str, statuses: tuple[str, ...]) -> Any:
    return status if status in statuses else "error"


def _read_time(text: str | None) -> str | None:
    if not text:
        return None
    try:
        return normalize_time(text)
    except ValueError:
        return None


def _read_payload(text: str | None) -> Raw | UnsetType:
    if text is None:
        return UNSET
    try:
        msgspec.json.decode(text.encode(), type=Raw)
    except msgspec.MsgspecError:
        return Raw(json.dumps(text).encode())
    return Raw(text.encode())


def _make_error(
    message: str | None, stack: str | None, node_id: str | None
) -> ExecutionError | None:
    if message is None and stack is None:
        return None
    return ExecutionError(message=message or "", stack=stack, node_id=node_id)
