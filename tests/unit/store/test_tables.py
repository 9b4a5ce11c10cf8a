from __future__ import annotations

from typing import Any

import apsw
import pytest
from msgspec import UNSET, Struct

from flightlog.record.decoding import make_payload
from flightlog.record.fields import MergedFields
from flightlog.record.model import ExecutionError, Payload
from flightlog.record.registers import Version, join, make_registers
from flightlog.store.rows import read_registers, write_row
from flightlog.store.sqlite.payloads import make_loader
from flightlog.store.sqlite.queries import read_sql
from flightlog.store.tables import EXECUTIONS, NODES, Table

_NO_RECORD = {
    "executions": {"ordinal", "created_at", "starred", "reused_id", "previous_run"},
    "node_executions": {"id"},
}
"""The columns that hold nothing of a record."""


class LogLine(Struct):
    """A type that no record has yet."""

    text: str


class Extended(Struct, kw_only=True):
    """A record with a field of each kind."""

    status: str
    started_at: str | None = None
    completed_at: str | None = None
    duration_ms: float | None = None
    background: bool | None = None
    logs: tuple[LogLine, ...] | None = None
    body: Payload = UNSET
    error: ExecutionError | None = None


EXTENDED = Table("extended", ("id",), MergedFields(Extended, ()))


@pytest.mark.parametrize("table", [EXECUTIONS, NODES], ids=lambda table: table.name)
def test_schema_has_a_column_for_every_field(table: Table) -> None:
    """`schema.sql` and the fields of the records name the same columns."""
    connection = apsw.Connection(":memory:")
    connection.execute(read_sql("schema.sql"))
    found = connection.execute("SELECT name FROM pragma_table_info(?)", (table.name,))
    assert {name for (name,) in found} == {*table.columns, *_NO_RECORD[table.name]}


def _store(value: Any) -> str:
    return bytes(value).decode()


@pytest.mark.parametrize(
    "values",
    [
        {"status": "running"},
        {"status": "success", "background": False, "logs": (), "duration_ms": 0.0},
        {
            "status": "error",
            "background": True,
            "logs": (LogLine("a"), LogLine("b")),
            "body": make_payload({"n": 1}),
            "error": ExecutionError(message="no", kind="exception"),
        },
    ],
)
def test_a_field_of_any_kind_survives_its_column(values: dict[str, Any]) -> None:
    """A new field of a record is stored and read without further code."""
    fields = EXTENDED.fields
    rank = {"running": 1}.get(values["status"], 3)
    registers = make_registers(fields, Version(rank, 2), fields.fill(**values))
    row = write_row(EXTENDED, ("x",), registers, _store)
    assert all(value is None or isinstance(value, str | int | float) for value in row)
    assert read_registers(EXTENDED, row, make_loader({})) == registers


def test_joined_values_keep_their_versions_in_a_row() -> None:
    """A value that came with an earlier message keeps that message's version."""
    fields = EXTENDED.fields
    first = make_registers(
        fields, Version(1, 1), fields.fill(status="running", logs=(LogLine("a"),))
    )
    last = make_registers(fields, Version(3, 2), fields.fill(status="success"))
    joined = join(first, last)
    assert joined.versions == {"logs": Version(1, 1)}
    row = write_row(EXTENDED, ("x",), joined, _store)
    assert read_registers(EXTENDED, row, make_loader({})) == joined
