"""
Write a plain database for programs that know nothing of Flightlog, such as Datasette.

Its tables have the names and columns of `sql_views.sql`. Payloads are JSON text, so every program
that reads SQLite can use the database.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from os import PathLike, fspath
from typing import Any, Final

import apsw
import msgspec
from msgspec import UNSET, Raw, Struct

from flightlog.record.model import NodeExecution, WorkflowExecution
from flightlog.store.sqlite.queries import Row
from flightlog.store.sqlite.sql import View, list_views
from flightlog.store.tables import ERROR_COLUMNS, EXECUTIONS, NODES, Table, make_error_row

_TYPES: Final[Mapping[Any, str]] = {bool: "INTEGER", int: "INTEGER", float: "REAL"}
_OTHER_TYPES: Final = {"sequence": "INTEGER", "starred": "INTEGER"}
"""The types of columns that are no fields that merge, and no texts."""
_NEVER_NULL: Final = {"execution_id", "sequence", "starred"}
_KEYS: Final = {
    "executions": "PRIMARY KEY (id)",
    "node_executions": "PRIMARY KEY (execution_id, sequence, node_id), "
    "FOREIGN KEY (execution_id) REFERENCES executions (id)",
}
_INDEXES: Final = """
CREATE INDEX executions_by_workflow ON executions (workflow_id, started_at);
CREATE INDEX executions_by_time ON executions (started_at);
"""
_encode_json: Final = msgspec.json.Encoder(order="sorted").encode


def write_tables(path: str | PathLike[str], records: Iterable[WorkflowExecution]) -> int:
    """
    Write executions into a new database of two plain tables.

    Args:
        path: The database; an empty file is accepted.
        records: Whole executions with their payloads.

    Returns:
        The number of executions.
    """
    views = {view.name: view for view in list_views()}
    executions, nodes = views[EXECUTIONS.name], views[NODES.name]
    connection = apsw.Connection(fspath(path))
    try:
        connection.execute(_define_table(executions, EXECUTIONS, WorkflowExecution))
        connection.execute(_define_table(nodes, NODES, NodeExecution))
        connection.execute(_INDEXES)
        with connection:
            count = 0
            for record in records:
                key = {"id": record.id, "starred": record.starred}
                _insert(connection, executions, [_make_row(executions, EXECUTIONS, record, key)])
                rows = [
                    _make_row(nodes, NODES, node, {"execution_id": record.id, **_get_key(node)})
                    for node in record.node_executions
                ]
                _insert(connection, nodes, rows)
                count += 1
        return count
    finally:
        connection.close()


def _define_table(view: View, table: Table, struct: type[Struct]) -> str:
    types = {field.name: _TYPES.get(field.type, "TEXT") for field in table.fields.fields}
    types |= _OTHER_TYPES
    required = {field.name for field in msgspec.structs.fields(struct) if field.required}
    columns = [
        f"{name} {types.get(name, 'TEXT')}{' NOT NULL' if name in required | _NEVER_NULL else ''}"
        for name in view.columns
    ]
    return f"CREATE TABLE {view.name} ({', '.join([*columns, _KEYS[view.name]])})"


def _insert(connection: apsw.Connection, view: View, rows: Iterable[Row]) -> None:
    marks = ", ".join("?" * len(view.columns))
    connection.executemany(f"INSERT INTO {view.name} VALUES ({marks})", rows)


def _get_key(node: NodeExecution) -> dict[str, Any]:
    return {"sequence": node.sequence or 0, "node_id": node.node_id}


def _make_row(view: View, table: Table, record: Struct, key: Mapping[str, Any]) -> Row:
    values = {**dict(zip(table.fields.names, table.fields.read(record), strict=True)), **key}
    error = values["error"]
    if error is not None:
        values.update(zip(ERROR_COLUMNS, make_error_row(error), strict=True))
    return tuple(_convert(values.get(column)) for column in view.columns)


def _convert(value: Any) -> Any:
    if value is UNSET:
        return None
    if isinstance(value, Raw):
        return bytes(value).decode()
    return _encode_json(value).decode() if isinstance(value, dict) else value
