"""
Write a database in the schema of the editor's own logger, and read a history through such views.

`editor_schema` reads databases of that schema.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files
from os import PathLike, fspath
from typing import Final

import apsw
from msgspec import UNSET, Raw, UnsetType

from flightlog.record.model import NodeExecution, WorkflowExecution
from flightlog.store.sqlite.compression import Codec

__all__ = ["open_seed_views"]

_SCHEMA: Final = files(__package__).joinpath("editor_schema.sql").read_text("utf-8")
_INSERT_EXECUTION: Final = (
    "INSERT INTO executions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_INSERT_NODE: Final = (
    "INSERT INTO node_executions (execution_id, node_id, node_name, node_type, status, started_at, "
    "completed_at, duration_ms, input, output, error_message, error_stack) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_VIEWS: Final = """
CREATE TEMP VIEW seed_executions AS
SELECT id, workflow_id, workflow_name, status, started_at, completed_at, duration_ms, trigger_type,
  payload_json(trigger_data) AS trigger_data, error_message, error_stack, error_node_id, created_at
FROM main.executions;
CREATE TEMP VIEW seed_node_executions AS
SELECT id, execution_id, node_id, node_name, node_type, status, started_at, completed_at,
  duration_ms, payload_json(input) AS input, payload_json(output) AS output, error_message,
  error_stack
FROM main.node_executions;
"""


def write_editor_database(path: str | PathLike[str], records: Iterable[WorkflowExecution]) -> int:
    """
    Write executions into a new database of the editor's own schema.

    Args:
        path: The database; an empty file is accepted.
        records: Whole executions with their payloads.

    Returns:
        The number of executions.
    """
    connection = apsw.Connection(fspath(path))
    try:
        connection.execute(_SCHEMA)
        with connection:
            count = 0
            for record in records:
                _write(connection, record)
                count += 1
        return count
    finally:
        connection.close()


def _write(connection: apsw.Connection, record: WorkflowExecution) -> None:
    error, trigger = record.error, record.trigger
    connection.execute(
        _INSERT_EXECUTION,
        (
            record.id,
            record.workflow_id,
            record.workflow_name,
            record.execution_mode or "test",
            record.status,
            _write_editor_time(record.started_at),
            _write_editor_time(record.completed_at),
            _round_duration(record.duration_ms),
            "unknown" if trigger is None else trigger.type,
            (None if trigger is None else _read_text(trigger.data)) or "{}",
            int(bool(trigger and trigger.is_simulated)),
            None if error is None else error.message,
            None if error is None else error.stack,
            None if error is None else error.node_id,
            record.started_at[:19].replace("T", " "),
        ),
    )
    for node in record.node_executions:
        connection.execute(_INSERT_NODE, _make_node_row(record.id, node))


def _make_node_row(execution_id: str, node: NodeExecution) -> tuple[str | int | None, ...]:
    given = _read_text(node.input)
    if given is None or not given.startswith("{"):
        # The editor's window calls `Object.keys` on the input.
        given = "{}" if given is None else f'{{"value":{given}}}'
    return (
        execution_id,
        node.node_id,
        node.node_name,
        node.node_type,
        node.status,
        _write_editor_time(node.started_at),
        _write_editor_time(node.completed_at),
        _round_duration(node.duration_ms),
        given,
        _read_text(node.output),
        None if node.error is None else node.error.message,
        None if node.error is None else node.error.stack,
    )


def _read_text(payload: Raw | UnsetType) -> str | None:
    return None if payload is UNSET else bytes(payload).decode().lstrip()


def _write_editor_time(text: str | None) -> str | None:
    # The editor writes milliseconds, and compares times as text.
    return text and f"{text[:23]}Z"


def _round_duration(duration_ms: float | None) -> int | None:
    return None if duration_ms is None else round(duration_ms)


def open_seed_views(path: str | PathLike[str]) -> apsw.Connection:
    """
    Open a history for SQL with the seed's columns, read-only.

    The views `seed_executions` and `seed_node_executions` have exactly the columns of the seed's
    tables, and payloads as JSON text. The history must have the current schema.

    Args:
        path: The history's database.

    Returns:
        The connection; close it after use.
    """
    connection = apsw.Connection(fspath(path), flags=apsw.SQLITE_OPEN_READONLY)
    codec = Codec()

    def payload_json(*values: apsw.SQLiteValue) -> apsw.SQLiteValue:
        (stored,) = values
        if not isinstance(stored, int):
            return stored
        row = connection.execute("SELECT data FROM payloads WHERE id = ?", (stored,)).fetchone()
        assert row is not None, "a payload with references is never erased"
        return codec.decompress_readable(connection, row[0]).decode()

    connection.create_scalar_function("payload_json", payload_json, 1)
    connection.execute(_VIEWS)
    return connection
