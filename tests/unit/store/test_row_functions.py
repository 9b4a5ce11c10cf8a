"""The functions compiled from declared fields, on a record that has a field of each kind."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import UNSET, Raw, Struct

from flightlog.record.decoding import make_payload
from flightlog.record.fields import MergedFields
from flightlog.record.model import ExecutionError, Payload
from flightlog.store.row_functions import (
    compile_copier,
    compile_maker,
    compile_reader,
    compile_writer,
)
from flightlog.store.sqlite.payloads import make_loader
from flightlog.store.sqlite.queries import Row


class Cause(Struct, frozen=True, kw_only=True):
    """A nested struct with a required value."""

    kind: str
    body: Payload = UNSET
    simulated: bool | None = None


class Sample(Struct, frozen=True, kw_only=True):
    """A record with a field of each kind."""

    key: str
    status: str
    duration_ms: float | None = None
    tags: dict[str, str] | None = None
    cause: Cause | None = None
    error: ExecutionError | None = None
    steps: tuple[int, ...] = ()


class Shown(Struct, frozen=True, kw_only=True):
    """A struct that shares fields with the record."""

    status: str
    error: str | None = None
    duration_ms: float | None = None
    seen_at: str | None = None


FIELDS = MergedFields(
    Sample,
    ("key", "steps"),
    nested="cause",
    nested_struct=Cause,
    nested_names={"kind": "cause_kind", "body": "cause_body"},
)
_write = compile_writer(FIELDS)
_read = compile_reader(FIELDS, 1)
_make = compile_maker(FIELDS, 1, Sample, key="row[0]", steps="nodes")
_load = make_loader({})


def _store(value: Any) -> str:
    return bytes(value).decode()


def _row(record: Sample) -> Row:
    return _write((record.key,), FIELDS.read(record), _store, 0, None, ())


@pytest.mark.parametrize(
    "record",
    [
        Sample(key="k", status="running"),
        Sample(key="k", status="", duration_ms=0.0, tags={}, cause=Cause(kind="")),
        Sample(
            key="k",
            status="error",
            tags={"b": "2", "a": "1"},
            cause=Cause(kind="http", body=make_payload({"n": 1}), simulated=False),
            error=ExecutionError(message="no"),
            steps=(1, 2),
        ),
    ],
    ids=["absent values", "empty values", "all values"],
)
def test_record_survives_its_columns(record: Sample) -> None:
    """Values written to columns read back as the same values and as the same record."""
    values = FIELDS.read(record)
    row = _row(record)
    assert all(column is None or isinstance(column, str | int | float) for column in row)
    assert _read(row, _load, record.error) == values
    assert _make(row, _load, record.error, record.steps) == record


def test_columns_hold_json_with_sorted_keys_and_payloads_as_stored() -> None:
    """Equal values give equal columns; a payload's column holds what `store` returns."""
    cause = Cause(kind="x", body=Raw(b"1"))
    record = Sample(key="k", status="ok", tags={"b": "2", "a": "1"}, cause=cause)
    row = _write((record.key,), FIELDS.read(record), lambda _: 7, 0, None, ())
    columns = dict(zip(("key", *FIELDS.names), row, strict=False))
    assert columns["tags"] == '{"a":"1","b":"2"}'
    assert columns["cause_body"] == 7


def test_row_without_a_required_nested_value_makes_no_nested_struct() -> None:
    """Where the nested struct's required column is NULL, the record has no nested struct."""
    columns = dict.fromkeys(FIELDS.names[:-1]) | {"status": "ok", "cause_body": "{}"}
    assert _make(("k", *columns.values()), _load, None).cause is None


def test_payloads_are_absent_without_a_loader() -> None:
    """Readers that show no payload pass no loader."""
    record = Sample(key="k", status="ok", cause=Cause(kind="x", body=Raw(b"1")))
    row = _row(record)
    made = _make(row, None, None)
    assert made.cause == Cause(kind="x")
    assert UNSET in _read(row, None, None)


def test_fields_of_one_name_are_copied_except_for_computed_ones() -> None:
    """A field of the target that the record has is copied, any other is given or absent."""
    copy = compile_copier(Sample, Shown, "error")
    record = Sample(
        key="k", status="error", duration_ms=0.0, error=ExecutionError(message="no\nstack")
    )
    assert copy(record, error="no") == Shown(status="error", duration_ms=0.0, error="no")
    assert copy(record, seen_at="now").error is None
