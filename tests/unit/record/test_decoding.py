"""Records are read from JSON, and written as JSON."""

from __future__ import annotations

import json
import logging
from typing import Any

import msgspec
import pytest
from hypothesis import given
from msgspec import UNSET

from flightlog.errors import InvalidRecordError
from flightlog.record.decoding import (
    MAX_NOTES,
    convert_execution,
    decode_execution,
    decode_lines,
    encode_execution,
    make_payload,
)
from flightlog.record.model import Message
from support.records import record
from support.strategies import json_values

from .conftest import MINIMAL, body

NODE: dict[str, Any] = {"nodeId": "n", "nodeName": "N", "nodeType": "t", "status": "success"}


@given(json_values)
def test_every_json_value_comes_back_as_it_went_in(value: Any) -> None:
    """Payloads keep their received bytes."""
    text = json.dumps(value)
    node = f'{{"nodeId":"n","nodeName":"N","nodeType":"t","status":"success","input":{text}}}'
    sent = body()[:-1] + f',"nodeExecutions":[{node}]}}'.encode()
    assert f'"input":{text}'.encode() in encode_execution(decode_execution(sent))


@pytest.mark.parametrize(
    "text",
    [
        "123456789012345678901234567890",
        "-0.0",
        "1E400",
        '{"":1,"__proto__":{"a":2},"":3}',
        r'"\u0000"',
        r'"\ud800"',
        "[" * 900 + "]" * 900,
    ],
    ids=["30 digits", "minus zero", "huge", "odd keys", "NUL", "lone surrogate", "900 deep"],
)
def test_json_that_parsers_stumble_over_is_kept(text: str) -> None:
    """Payloads are not parsed, so they lose nothing."""
    sent = body()[:-1] + f',"trigger":{{"type":"http","data":{text}}}}}'.encode()
    assert f'"data":{text}}}'.encode() in encode_execution(decode_execution(sent))


def test_absent_and_null_payloads_differ() -> None:
    """`null` is a value; an absent payload stays absent."""
    read = decode_execution(body(nodeExecutions=[{**NODE, "output": None}]))
    assert read.node_executions[0].input is UNSET
    assert bytes(read.node_executions[0].output) == b"null"  # type: ignore[arg-type]  # a Raw
    assert b'"output":null' in encode_execution(read)
    assert b'"input"' not in encode_execution(read)


def test_null_is_absence_for_fields_that_are_no_payload() -> None:
    """The editor's clients send `null` for absent values."""
    read = decode_execution(body(error=None, durationMs=None, completedAt=None, projectId=None))
    assert (read.error, read.duration_ms, read.completed_at) == (None, None, None)


def test_unknown_fields_are_ignored() -> None:
    """Unknown fields of a newer client are no error."""
    read = decode_execution(body(output={"a": 1}, error={"message": "m", "errno": 7}))
    assert read.error is not None
    assert read.error.message == "m"


def test_nodes_without_sequence_take_their_position() -> None:
    """Records of the editor's own logger have no `sequence`."""
    read = decode_execution(body(nodeExecutions=[NODE, {**NODE, "sequence": 7}, NODE]))
    assert [node.sequence for node in read.node_executions] == [0, 7, 2]


@pytest.mark.parametrize(
    ("sent", "path", "reason"),
    [
        (b"", "$", "truncated"),
        (b"not json", "$", "malformed"),
        (b'{"id":"run-1"', "$", "truncated"),
        (b"[1]", "$", "expected `object`"),
        (b'{"id":"run-1"}', "$.workflowId", "missing required field"),
        (body(id=None), "$.id", "expected `str`"),
        (body(id=""), "$.id", "1 to 128 printable"),
        (body(id="x" * 129), "$.id", "1 to 128 printable"),
        (body(id="a\nb"), "$.id", "1 to 128 printable"),
        (body(runId="2"), "$.runId", "must be a UUID"),
        (body(nodeExecutions=[{**NODE, "processId": ""}]), "$.nodeExecutions[0].processId", "1 to"),
        (body(status="done"), "$.status", "invalid enum value"),
        (body(startedAt="yesterday"), "$.startedAt", "not an ISO 8601 time"),
        (body(completedAt="0001-01-01T00:00:00+14:00"), "$.completedAt", "not an ISO 8601 time"),
        (body(nodeExecutions=[NODE, {**NODE, "status": 3}]), "$.nodeExecutions[1].status", "str"),
        (
            body(nodeExecutions=[{**NODE, "startedAt": "25:00"}]),
            "$.nodeExecutions[0].startedAt",
            "ISO 8601",
        ),
        (body(nodeExecutions=[{"nodeId": "n"}]), "$.nodeExecutions[0].nodeName", "missing"),
        (body(revision=-1), "$.revision", ">= 0"),
        (body()[:-1] + b',"trigger":{"type":"t","data":"\xff"}}', "$", "not UTF-8"),
        (body()[:-1] + b',"x":' + b"[" * 5000 + b"]" * 5000 + b"}", "$", "nested too deeply"),
    ],
)
def test_a_bad_record_is_refused_with_its_place_and_reason(
    sent: bytes, path: str, reason: str
) -> None:
    """The error has the place and the reason."""
    with pytest.raises(InvalidRecordError) as caught:
        decode_execution(sent)
    assert caught.value.path == path
    assert reason in caught.value.reason


def test_many_records_come_as_lines() -> None:
    """NDJSON may lack the last newline, and may have empty lines and CRLF."""
    lines = [body(id=name) for name in ("a", "b", "c")]
    sent = lines[0] + b"\r\n\n  \n" + lines[1] + b"\n" + lines[2]
    assert [read.id for read in decode_lines(sent)] == ["a", "b", "c"]
    assert decode_lines(bytearray(b"\n")) == []


def test_a_bad_line_is_named() -> None:
    """The error counts lines from 1."""
    with pytest.raises(InvalidRecordError) as caught:
        decode_lines(body() + b"\n\n" + b"{}")
    assert (caught.value.line, caught.value.path) == (3, "$.id")
    assert "line 3" in str(caught.value)


def test_a_mapping_is_read_like_its_json() -> None:
    """A Python client need not write JSON."""
    assert convert_execution(MINIMAL) == decode_execution(body())


@pytest.mark.parametrize("value", [{"x": object()}, {"x": 1 << 70, 5: object()}])
def test_a_mapping_that_json_cannot_hold_is_refused(value: Any) -> None:
    """The error is an InvalidRecordError, not the encoder's error."""
    with pytest.raises(InvalidRecordError, match="JSON can't hold"):
        convert_execution({**MINIMAL, "trigger": {"type": "t", "data": value}})


def test_a_record_survives_its_own_json() -> None:
    """A written record reads as the same record."""
    whole = record(tags={"b": "1", "a": "2"}, error={"message": "m", "kind": "timeout"}, revision=4)
    assert decode_execution(encode_execution(whole)) == whole


def test_payload_makes_json_of_a_value() -> None:
    """Code that builds records can make a payload from a value."""
    assert bytes(make_payload({"a": [1, None]})) == b'{"a":[1,null]}'


def test_records_are_encoded_compactly_in_camel_case() -> None:
    """Defaults are omitted, and names are in the form of the wire format."""
    assert msgspec.json.decode(encode_execution(decode_execution(body()))) == {
        **MINIMAL,
        "startedAt": "2026-11-22T19:04:11.000000Z",
    }


def test_a_process_and_a_message_are_read_and_written() -> None:
    """The process, the message's number and the error's type survive reading and writing."""
    fields = {
        "processId": "p",
        "message": {"processId": "child", "number": 7},
        "error": {"message": "refused", "type": "httpx.ConnectError"},
    }
    read = decode_execution(body(**fields))
    assert read.process_id == "p"
    assert read.message == Message(process_id="child", number=7)
    assert read.error is not None
    assert read.error.type == "httpx.ConnectError"
    assert decode_execution(encode_execution(read)) == read


def test_a_negative_duration_becomes_0_with_a_note(caplog: pytest.LogCaptureFixture) -> None:
    """The note covers the execution and its nodes; notes are limited, or go to the log."""
    nodes = [{**NODE, "durationMs": -1} for _ in range(20)]
    notes: list[str] = []
    record = decode_execution(body(durationMs=-5, nodeExecutions=nodes), notes)
    assert record.duration_ms == 0
    assert {node.duration_ms for node in record.node_executions} == {0}
    assert len(notes) == MAX_NOTES
    assert "$.durationMs is -5" in notes[0]
    assert "$.nodeExecutions[0].durationMs is -1" in notes[1]
    with caplog.at_level(logging.WARNING):
        decode_execution(body(durationMs=-5))
    assert "stored as 0" in caplog.text


def test_fifty_million_empty_lines_are_skipped_in_one_step() -> None:
    """The empty lines count for an error's line number, and are skipped in one step."""
    blank = b"\n" * 50_000_000
    records = decode_lines(blank + body() + b"\r\n \t\r\n" + body() + b"\n\n")
    assert len(records) == 2
    with pytest.raises(InvalidRecordError) as caught:
        decode_lines(blank + b"{}")
    assert caught.value.line == 50_000_001
