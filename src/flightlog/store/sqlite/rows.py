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

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

import msgspec

from flightlog.record.merge import (
    NODE_CRASH,
    choose_crash_error,
    find_shown_duration,
    find_shown_error,
)
from flightlog.record.model import ExecutionError, NodeExecution, WorkflowExecution
from flightlog.record.registers import CRASHED, Registers, Version, compute_rank, make_registers
from flightlog.store.sqlite.queries import Row
from flightlog.store.sqlite.tables import (
    ERROR_COLUMNS,
    EXECUTIONS,
    NODES,
    STARRED,
    Table,
    error_row,
    read_error,
)

StorePayload: TypeAlias = Callable[[Any], str | int | None]
LoadPayload: TypeAlias = Callable[[str | int | None], Any]
Provenance: TypeAlias = dict[str, Version | None]

_NO_ERROR: Final = (None,) * len(ERROR_COLUMNS)
_ID: Final = EXECUTIONS.position("id")
_SEQUENCE, _NODE_ID = NODES.position("sequence"), NODES.position("node_id")
_SHARED: Final = Version(0, 0)
"""Stands for the version of a value that `provenance` doesn't name."""
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
    values = list(registers.values)
    error = values.pop()
    duration_ms = values[table.duration]
    provenance: Provenance | None = None
    if registers.versions or error is not None or crashed or duration_ms is None:
        provenance = dict(registers.versions)
        status = values[table.fields.status]
        if registers.version.rank != _implied_rank(status, error, provenance):
            provenance["status"] = registers.version
        if crashed and status == "running":
            values[table.fields.status] = "error"
            provenance["status"] = None
            if error is None:
                error = NODE_CRASH
                provenance["error"] = None
        if duration_ms is None:
            computed_ms = find_shown_duration(registers)
            if computed_ms is not None:
                values[table.duration] = computed_ms
                provenance["duration_ms"] = None
    for place in table.payload_values:
        values[place] = store(values[place])
    for place, convert in table.writes:
        if values[place] is not None:
            values[place] = convert(values[place])
    return (
        *key,
        *values,
        registers.version.revision,
        _encode_provenance(provenance).decode() if provenance else None,
        *(_NO_ERROR if error is None else error_row(error)),
    )


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
    return _registers(table, row, _read_values(table, row, load))


def _registers(table: Table, row: Row, values: list[Any]) -> Registers:
    provenance = _read_provenance(table, row)
    versions: dict[str, Version] = {}
    for name, version in provenance.items():
        if version is not None:
            versions[name] = version
        elif name == "status":
            values[table.fields.status] = "running"
        else:
            values[table.fields.index[name]] = None
    shared = versions.pop("status", None) or Version(
        _implied_rank(values[table.fields.status], values[-1], versions), row[table.revision]
    )
    return make_registers(table.fields, shared, tuple(values), versions)


def _read_values(table: Table, row: Row, load: LoadPayload) -> list[Any]:
    values = list(row[table.value_part])
    for place in table.payload_values:
        values[place] = load(values[place])
    for place, convert in table.reads:
        if values[place] is not None:
            values[place] = convert(values[place])
    has_error = row[table.first_error] is not None
    values.append(read_error(row[table.error_part]) if has_error else None)
    return values


def _read_provenance(table: Table, row: Row) -> Provenance:
    text = row[table.provenance]
    return _decode_provenance(text) if text else {}


def _implied_rank(
    status: str, error: ExecutionError | None, versions: Mapping[str, Version | None]
) -> int:
    return compute_rank(status, None if "error" in versions else error)


def read_execution(
    row: Row, nodes: tuple[NodeExecution, ...], load: LoadPayload
) -> WorkflowExecution:
    """
    Convert a row of `executions` to the record that the row shows.

    Args:
        row: The row, as `SHOWN_EXECUTION` selects it.
        nodes: The execution's node executions.
        load: Converts the value of `trigger_data` to the payload.

    Returns:
        The record.
    """
    values = _shown_values(EXECUTIONS, row, load)
    return WorkflowExecution(
        id=row[_ID],
        revision=row[EXECUTIONS.revision],
        node_executions=nodes,
        starred=bool(row[STARRED]),
        **EXECUTIONS.fields.arguments(values),
    )


def read_node(row: Row, load: LoadPayload) -> NodeExecution:
    """
    Convert a row of `node_executions` to the node execution that the row shows.

    Args:
        row: The row, in the order of the columns of `NODES`.
        load: Converts the value of `input` or `output` to the payload.

    Returns:
        The node execution.
    """
    values = _shown_values(NODES, row, load)
    return NodeExecution(
        sequence=row[_SEQUENCE], node_id=row[_NODE_ID], **NODES.fields.arguments(values)
    )


def _shown_values(table: Table, row: Row, load: LoadPayload) -> list[Any]:
    # The columns hold what is shown, except for the error of a crash: later messages may have
    # overruled it.
    values = _read_values(table, row, load)
    error = values[-1]
    if error is not None:
        if _read_provenance(table, row).get("status", _SHARED) is None:
            values[-1] = choose_crash_error(error)
        elif error.kind == CRASHED:
            values[-1] = find_shown_error(_registers(table, row, [*values]))
    return values
