"""Write a plain database for programs that know nothing of Flightlog, such as Datasette."""

from __future__ import annotations

from collections.abc import Iterable
from os import PathLike, fspath
from typing import Final

import apsw
import msgspec
from msgspec import UNSET, Raw, UnsetType

from flightlog.record.model import ExecutionError, NodeExecution, WorkflowExecution
from flightlog.store.sqlite.queries import Row, read_sql

_INSERT_EXECUTION: Final = f"INSERT INTO executions VALUES ({', '.join('?' * 23)})"
_INSERT_NODE: Final = f"INSERT INTO node_executions VALUES ({', '.join('?' * 21)})"
_encode_tags: Final = msgspec.json.Encoder(order="sorted").encode


def write_tables(path: str | PathLike[str], records: Iterable[WorkflowExecution]) -> int:
    """
    Write executions into a new database of two plain tables.

    Args:
        path: The database; an empty file is accepted.
        records: Whole executions with their payloads.

    Returns:
        The number of executions.
    """
    connection = apsw.Connection(fspath(path))
    try:
        connection.execute(read_sql("table_export.sql"))
        with connection:
            count = 0
            for record in records:
                connection.execute(_INSERT_EXECUTION, _make_row(record))
                connection.executemany(
                    _INSERT_NODE, [_make_node_row(record.id, n) for n in record.node_executions]
                )
                count += 1
        return count
    finally:
        connection.close()


def _make_row(record: WorkflowExecution) -> Row:
    trigger = record.trigger
    return (
        record.id,
        record.workflow_id,
        record.workflow_name,
        record.name,
        record.project_id,
        record.status,
        record.started_at,
        record.completed_at,
        record.duration_ms,
        record.execution_mode,
        None if trigger is None else trigger.type,
        None if trigger is None else _read_text(trigger.data),
        None if trigger is None else trigger.is_simulated,
        *_make_error_columns(record.error),
        record.parent_execution_id,
        record.retry_of,
        None if record.tags is None else _encode_tags(record.tags).decode(),
        record.starred,
        record.process_id,
    )


def _make_node_row(execution_id: str, node: NodeExecution) -> Row:
    return (
        execution_id,
        node.sequence or 0,
        node.node_id,
        node.node_name,
        node.node_type,
        node.status,
        node.attempt,
        node.parent_sequence,
        node.started_at,
        node.completed_at,
        node.duration_ms,
        _read_text(node.input),
        _read_text(node.output),
        _read_text(node.logs),
        *_make_error_columns(node.error),
        node.background,
        node.process_id,
    )


def _make_error_columns(error: ExecutionError | None) -> Row:
    if error is None:
        return (None,) * 5
    return (error.message, error.type, error.kind, error.node_id, error.stack)


def _read_text(payload: Raw | UnsetType) -> str | None:
    return None if payload is UNSET else bytes(payload).decode()
