"""
Convert between registers, rows and records; no other module does this.

A row of `executions` or `node_executions` holds registers (`flightlog.record.registers`). The
columns hold the values. The status and `revision` hold the version that most values share, and
`provenance` holds the other versions.

In `provenance`, a field's name leads to its `[rank, revision]`. The name leads to null if the
column holds a computed value and the register itself is empty (`duration_ms`, `error`). A `status`
of null marks a node execution that ran when its execution crashed; the register of its status holds
`running`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

import msgspec

from flightlog.record.fields import EXECUTION_FIELDS, NODE_FIELDS
from flightlog.record.merge import choose_crash_error, find_shown_duration, find_shown_error
from flightlog.record.model import ExecutionError, NodeExecution, WorkflowExecution
from flightlog.record.registers import (
    CRASHED,
    NODE_CRASH,
    Registers,
    Version,
    compute_rank,
    make_registers,
)
from flightlog.store.row_functions import LoadPayload, Row, StorePayload, compile_maker
from flightlog.store.tables import (
    ERROR_COLUMNS,
    EXECUTIONS,
    NODES,
    STARRED,
    Table,
    make_error_row,
    read_error,
)

Provenance: TypeAlias = dict[str, Version | None]

_NO_ERROR: Final = (None,) * len(ERROR_COLUMNS)
_SHARED: Final = Version(0, 0)
"""Stands for the version of a value that `provenance` doesn't name."""
_EXECUTION_ERROR, _NODE_ERROR = EXECUTIONS.first_error, NODES.first_error
_make_execution: Final = compile_maker(
    EXECUTION_FIELDS,
    EXECUTIONS.first_value,
    WorkflowExecution,
    id=f"row[{EXECUTIONS.find_position('id')}]",
    revision=f"row[{EXECUTIONS.revision}]",
    starred=f"row[{STARRED}] == 1",
    node_executions="nodes",
)
_make_node: Final = compile_maker(
    NODE_FIELDS,
    NODES.first_value,
    NodeExecution,
    sequence=f"row[{NODES.find_position('sequence')}]",
    node_id=f"row[{NODES.find_position('node_id')}]",
)
_decode_provenance: Final = msgspec.json.Decoder(dict[str, Version | None]).decode
_encode_provenance: Final = msgspec.json.Encoder(order="sorted").encode


def write_row(
    table: Table, key: Row, registers: Registers, store: StorePayload, *, crashed: bool = False
) -> Row:
    """
    Convert registers to a row.

    Args:
        table: The table.
        key: The values of the key.
        registers: The registers.
        store: Stores a payload and returns the value for its column.
        crashed: Whether this is a node execution whose execution is shown as crashed.

    Returns:
        The row, in the order of the table's columns.
    """
    values = registers.values
    error: ExecutionError | None = values[-1]
    provenance = None
    if registers.versions or error is not None or crashed or values[table.duration] is None:
        values, error, provenance = _describe_versions(table, registers, crashed=crashed)
    return table.write_row(
        key,
        values,
        store,
        registers.version.revision,
        provenance,
        _NO_ERROR if error is None else make_error_row(error),
    )


def _describe_versions(
    table: Table, registers: Registers, *, crashed: bool
) -> tuple[tuple[Any, ...], ExecutionError | None, str | None]:
    """Return the values and the error that the columns hold, and `provenance`."""
    values = list(registers.values)
    error = values[-1]
    provenance: Provenance = dict(registers.versions)
    status = values[table.fields.status]
    if registers.version.rank != _infer_rank(status, error, provenance):
        provenance["status"] = registers.version
    if crashed and status == "running":
        values[table.fields.status] = "error"
        provenance["status"] = None
        if error is None:
            error = NODE_CRASH
            provenance["error"] = None
    if values[table.duration] is None:
        computed_ms = find_shown_duration(registers)
        if computed_ms is not None:
            values[table.duration] = computed_ms
            provenance["duration_ms"] = None
    return tuple(values), error, _encode_provenance(provenance).decode() if provenance else None


def read_registers(table: Table, row: Row, load: LoadPayload) -> Registers:
    """
    Read the registers of a row.

    Args:
        table: The table.
        row: The values of the table's columns.
        load: Converts a column's value to the payload.

    Returns:
        The registers.
    """
    return _make_registers(table, row, load, _read_error(table, row))


def _make_registers(
    table: Table, row: Row, load: LoadPayload | None, error: ExecutionError | None
) -> Registers:
    values = table.read_values(row, load, error)
    provenance = _read_provenance(table, row)
    versions: dict[str, Version] = {}
    if provenance:
        corrected = list(values)
        for name, version in provenance.items():
            if version is not None:
                versions[name] = version
            elif name == "status":
                corrected[table.fields.status] = "running"
            else:
                corrected[table.fields.index[name]] = None
        values = tuple(corrected)
    shared = versions.pop("status", None) or Version(
        _infer_rank(values[table.fields.status], values[-1], versions), row[table.revision]
    )
    return make_registers(table.fields, shared, values, versions)


def _read_error(table: Table, row: Row) -> ExecutionError | None:
    return None if row[table.first_error] is None else read_error(row[table.error_part])


def _read_provenance(table: Table, row: Row) -> Provenance:
    text = row[table.provenance]
    return _decode_provenance(text) if text else {}


def _infer_rank(
    status: str, error: ExecutionError | None, versions: Mapping[str, Version | None]
) -> int:
    return compute_rank(status, None if "error" in versions else error)


def read_execution(
    row: Row, nodes: tuple[NodeExecution, ...] = (), load: LoadPayload | None = None
) -> WorkflowExecution:
    """
    Convert a row of `executions` to the record that the row shows.

    Args:
        row: The row, as `SHOWN_EXECUTION` selects it.
        nodes: The execution's node executions.
        load: Converts the value of `trigger_data` to the payload; None leaves payloads out.

    Returns:
        The record.
    """
    error = None if row[_EXECUTION_ERROR] is None else _find_shown_error(EXECUTIONS, row)
    made: WorkflowExecution = _make_execution(row, load, error, nodes)
    return made


def read_node(row: Row, load: LoadPayload | None = None) -> NodeExecution:
    """
    Convert a row of `node_executions` to the node execution that the row shows.

    Args:
        row: The row, in the order of the columns of `NODES`.
        load: Converts the value of a payload's column to the payload; None leaves payloads out.

    Returns:
        The node execution.
    """
    error = None if row[_NODE_ERROR] is None else _find_shown_error(NODES, row)
    made: NodeExecution = _make_node(row, load, error)
    return made


def _find_shown_error(table: Table, row: Row) -> ExecutionError | None:
    # The columns hold what is shown, except for the error of a crash: later messages may have
    # overruled it.
    error = read_error(row[table.error_part])
    if _read_provenance(table, row).get("status", _SHARED) is None:
        return choose_crash_error(error)
    if error.kind == CRASHED:
        return find_shown_error(_make_registers(table, row, None, error))
    return error
