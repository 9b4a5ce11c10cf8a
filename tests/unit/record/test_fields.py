from __future__ import annotations

from typing import Literal

import pytest
from msgspec import UNSET, Struct

from flightlog.record.decoding import make_payload
from flightlog.record.fields import EXECUTION_FIELDS, NODE_FIELDS, MergedFields
from flightlog.record.model import ExecutionError, Payload, WorkflowExecution
from support.records import record


class LogLine(Struct):
    """A type that no record has yet."""

    text: str


class Extended(Struct, kw_only=True):
    """A record with a field of each kind."""

    status: str
    duration_ms: float | None = None
    background: bool | None = None
    logs: tuple[LogLine, ...] | None = None
    level: Literal["low", "high"] | None = None
    body: Payload = UNSET
    error: ExecutionError | None = None


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("status", "plain"),
        ("duration_ms", "plain"),
        ("background", "flag"),
        ("logs", "json"),
        ("level", "plain"),
        ("body", "payload"),
        ("error", "error"),
    ],
)
def test_type_of_a_field_decides_how_it_is_kept(name: str, kind: str) -> None:
    """A field needs no declaration but its type."""
    fields = MergedFields(Extended, ())
    assert {field.name: field.kind for field in fields.fields}[name] == kind


def test_default_other_than_none_is_refused() -> None:
    """A merged field with a default value would overwrite earlier messages."""

    class Wrong(Struct):
        status: str
        error: ExecutionError | None = None
        background: bool = False

    with pytest.raises(TypeError, match=r"Wrong\.background merges"):
        MergedFields(Wrong, ())


def test_every_field_of_the_records_merges_or_is_named_as_an_exception() -> None:
    """Values that are read from a record make the same record again."""
    whole = record(
        tags={"a": "b"},
        trigger={"type": "http", "data": [1], "isSimulated": False},
        error={"message": "no"},
    )
    values = EXECUTION_FIELDS.read(whole)
    again = WorkflowExecution(
        id=whole.id,
        revision=whole.revision,
        node_executions=whole.node_executions,
        **EXECUTION_FIELDS.make_arguments(values),
    )
    assert again == whole
    assert EXECUTION_FIELDS.index["trigger_type"] < EXECUTION_FIELDS.index["error"]
    assert {"input", "output"} <= set(NODE_FIELDS.list_kind("payload"))


def test_absent_trigger_is_absent_again() -> None:
    """A record without a trigger has none after its values were read."""
    values = EXECUTION_FIELDS.read(record(trigger=None))
    assert "trigger" not in EXECUTION_FIELDS.make_arguments(values)


def test_fill_leaves_other_values_absent() -> None:
    """An absent payload is UNSET; every other absent value is None."""
    fields = MergedFields(Extended, ())
    values = fields.fill(status="running")
    assert dict(zip(fields.names, values, strict=True)) == {
        "status": "running",
        "duration_ms": None,
        "background": None,
        "logs": None,
        "level": None,
        "body": UNSET,
        "error": None,
    }
    assert fields.fill(status="running", body=make_payload(1))[
        fields.index["body"]
    ] == make_payload(1)
