"""
Convert between registers and rows, for rows that were joined from several messages.

A row of `executions` or `node_executions` holds a record's registers (`flightlog.record.merge`).
The columns hold the values. The status and `revision` hold the version that most registers share,
and `provenance` holds the other versions.

In `provenance`, a field's name leads to its `[rank, revision]`. The name leads to null if the
column holds a computed value and the register itself is empty (`duration_ms`, `error`). A `status`
of null marks a node execution that ran when its execution crashed; the register of its status holds
`running`.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
from msgspec import UNSET

from flightlog.record.merge import (
    NODE_CRASH,
    Fields,
    Register,
    Version,
    error_register,
    rank,
    shown_duration,
    shown_version,
)
from flightlog.record.model import ExecutionError
from flightlog.store.sqlite.columns import (
    ERROR_COLUMNS,
    PAYLOAD_COLUMNS,
    LoadPayload,
    StorePayload,
    error_row,
    read_error,
    read_tags,
    tags_text,
)
from flightlog.store.sqlite.queries import Row

_NO_REGISTERS: Final = frozenset(
    {"id", "execution_id", "sequence", "node_id", "revision", "provenance", *ERROR_COLUMNS}
)
_decode_provenance: Final = msgspec.json.Decoder(dict[str, tuple[int, int] | None]).decode
_encode_provenance: Final = msgspec.json.Encoder(order="sorted").encode


def fields_row(
    columns: tuple[str, ...],
    key: Row,
    fields: Fields,
    store: StorePayload,
    *,
    crashed: bool = False,
) -> Row:
    """
    Convert joined registers to a row.

    Args:
        columns: `EXECUTION_COLUMNS` or `NODE_COLUMNS`.
        key: The values of the first columns, which are not registers.
        fields: The registers.
        store: Stores a payload and returns the value for its column.
        crashed: Whether this is a node execution whose execution is shown as crashed.

    Returns:
        The row, in the order of `columns`.
    """
    version = shown_version(fields)
    provenance: dict[str, Version | None] = {
        name: register.version for name, register in fields.items() if register.version != version
    }
    values: dict[str, Any] = {name: register.value for name, register in fields.items()}
    own_error = values.get("error") if "error" not in provenance else None
    if version != _implied_version(values["status"], version.revision, own_error):
        provenance["status"] = version
    if crashed and values["status"] == "running":
        values["status"] = "error"
        provenance["status"] = None
        if "error" not in values:
            values["error"] = NODE_CRASH
            provenance["error"] = None
    if "duration_ms" not in values:
        values["duration_ms"] = shown_duration(fields)
        if values["duration_ms"] is not None:
            provenance["duration_ms"] = None
    for name in PAYLOAD_COLUMNS & values.keys():
        values[name] = store(values[name])
    values["tags"] = tags_text(values.get("tags"))
    values["revision"] = version.revision
    values["provenance"] = _encode_provenance(provenance).decode() if provenance else None
    if "error" in values:
        values.update(zip(ERROR_COLUMNS, error_row(values["error"]), strict=True))
    return (*key, *(values.get(column) for column in columns[len(key) :]))


def _implied_version(status: str, revision: int, error: ExecutionError | None) -> Version:
    return Version(rank(status, error), revision)


def read_registers(columns: tuple[str, ...], row: Row, load: LoadPayload) -> Fields:
    """
    Read the registers of a row.

    Args:
        columns: `EXECUTION_COLUMNS` or `NODE_COLUMNS`.
        row: The values of the columns.
        load: Converts a column's value to the payload.

    Returns:
        The registers by field name.
    """
    values = dict(zip(columns, row, strict=True))
    error = read_error(row[-len(ERROR_COLUMNS) :])
    exceptions = _decode_provenance(values["provenance"]) if values["provenance"] else {}
    values["error"] = error
    values["tags"] = read_tags(values.get("tags"))
    if values.get("is_simulated") is not None:
        values["is_simulated"] = bool(values["is_simulated"])
    for name in PAYLOAD_COLUMNS & values.keys():
        values[name] = load(values[name])
    if "status" in exceptions and exceptions["status"] is None:
        values["status"] = "running"
        del exceptions["status"]
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
    if "error" in fields:
        fields["error"] = error_register(*fields["error"])
    return fields
