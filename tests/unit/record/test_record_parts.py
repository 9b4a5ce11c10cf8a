from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from flightlog.errors import BodyTooLargeError, InvalidRecordError
from flightlog.record.decoding import decode_execution
from flightlog.record.members import MAX_NODES
from flightlog.record.model import WorkflowExecution
from flightlog.record.record_parts import PART_BYTES, PART_NODES, RecordParts

COUNT = 2 * PART_NODES + 7


def write_node(number: int, **fields: object) -> dict[str, Any]:
    """Make the JSON of a node execution."""
    node = {"nodeId": f"n{number}", "nodeName": "N", "nodeType": "t", "status": "success"}
    return {**node, "output": {"at": number, "text": "], {"}, **fields}


def write_record(nodes: list[Any], **fields: object) -> bytes:
    """Make the JSON of a record, with white space between the nodes."""
    record = {
        "id": "large",
        "workflowId": "w",
        "workflowName": "W",
        "status": "error",
        "error": {"message": "it failed", "kind": "crashed"},
        "startedAt": "2026-11-22T10:00:00Z",
        "trigger": {"type": "http", "data": [1, 2]},
        "tags": {"a": "b"},
        "starred": True,
        "message": {"processId": "p", "number": 3},
        "nodeExecutions": nodes,
        **fields,
    }
    return json.dumps(record, separators=(" ,\n", " : ")).encode()


def read_parts(json_text: bytes, notes: list[str] | None = None) -> list[WorkflowExecution]:
    """Decode all parts of a record."""
    parts = RecordParts(json_text)
    return [parts.read(place, [] if notes is None else notes) for place in range(len(parts))]


def test_parts_have_the_nodes_of_the_record_in_order() -> None:
    """Each node is in one part, with its place; each part has what identifies the record."""
    body = write_record([write_node(number) for number in range(COUNT)])
    whole = decode_execution(body)
    parts = read_parts(body)
    assert [len(part.node_executions) for part in parts] == [PART_NODES, PART_NODES, 7]
    assert tuple(node for part in parts for node in part.node_executions) == whole.node_executions
    assert [node.sequence for part in parts for node in part.node_executions] == [*range(COUNT)]
    first, *others = parts
    assert first.trigger == whole.trigger
    assert (first.tags, first.starred) == ({"a": "b"}, True)
    assert [(part.trigger, part.tags, part.starred) for part in others] == [(None, None, False)] * 2
    for part in parts:
        assert (part.id, part.status, part.error) == (whole.id, whole.status, whole.error)
        assert part.message == whole.message


@pytest.mark.parametrize("nodes", [[], [write_node(0)] * PART_NODES])
def test_a_record_with_few_nodes_is_one_part(nodes: list[Any]) -> None:
    """The only part is the record."""
    body = write_record(nodes)
    assert read_parts(body) == [decode_execution(body)]


def test_a_part_is_limited_in_bytes_and_a_large_node_is_alone() -> None:
    """Many large nodes are in many parts, and a node above the limit comes back."""
    large = "x" * (PART_BYTES + 1)
    nodes = [write_node(number, output="y" * 1_000) for number in range(PART_NODES)]
    body = write_record([*nodes, write_node(1, output=large), *nodes])
    parts = read_parts(body)
    assert max(len(part.node_executions) for part in parts) <= PART_BYTES // 1_000
    assert [len(each.node_executions) for each in parts if len(each.node_executions) == 1] == [1]
    together = tuple(node for part in parts for node in part.node_executions)
    assert together == decode_execution(body).node_executions


def _status(nodes: list[Any]) -> None:
    nodes[COUNT - 2]["status"] = "done"


def _number(nodes: list[Any]) -> None:
    nodes[COUNT - 1] = 7


def _missing(nodes: list[Any]) -> None:
    del nodes[PART_NODES]["nodeId"]


@pytest.mark.parametrize("spoil", [_status, _number, _missing])
def test_a_fault_is_named_at_its_place_in_the_record(spoil: Callable[[list[Any]], None]) -> None:
    """The path and the reason are those of the whole record."""
    nodes = [write_node(number) for number in range(COUNT)]
    spoil(nodes)
    body = write_record(nodes)
    with pytest.raises(InvalidRecordError) as whole:
        decode_execution(body)
    with pytest.raises(InvalidRecordError) as parts:
        read_parts(body)
    assert (parts.value.path, parts.value.reason) == (whole.value.path, whole.value.reason)


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "done"},
        {"startedAt": "yesterday"},
        {"trigger": {"data": 1}},
        {"trigger": {"type": "http", "data": json.loads("[" * 901 + "]" * 901)}},
        {"nodeExecutions": 7},
        {"id": None},
    ],
)
def test_a_fault_outside_the_nodes_is_named_as_in_a_whole_record(fields: dict[str, Any]) -> None:
    """The parts of a record are refused for the same reason."""
    body = write_record([write_node(number) for number in range(COUNT)], **fields)
    with pytest.raises(InvalidRecordError) as whole:
        decode_execution(body)
    with pytest.raises(InvalidRecordError) as parts:
        RecordParts(body)
    assert (parts.value.path, parts.value.reason) == (whole.value.path, whole.value.reason)


def test_a_record_with_lone_surrogates_is_one_part() -> None:
    """Names and payloads read as in a whole record."""
    nodes = [write_node(number) for number in range(COUNT)]
    nodes[COUNT - 1] |= {"nodeName": "\ud800", "output": "\ud801"}
    body = write_record(nodes, workflowName="\udc00")
    assert read_parts(body) == [decode_execution(body)]


def test_numbers_are_mended_and_corrections_noted_in_each_part() -> None:
    """The parts have the values and the notes that the decoder of a whole record gives."""
    nodes = [write_node(number) for number in range(COUNT)]
    nodes[PART_NODES] |= {"attempt": 2.0, "durationMs": -3}
    body = write_record(nodes, durationMs=-1, revision=1.0)
    of_whole: list[str] = []
    of_parts: list[str] = []
    whole, parts = decode_execution(body, of_whole), read_parts(body, of_parts)
    assert len(of_whole) == 2
    assert of_parts == of_whole
    assert tuple(node for part in parts for node in part.node_executions) == whole.node_executions
    assert (whole.node_executions[PART_NODES].attempt, parts[1].revision) == (2, 1)


def test_too_many_nodes_are_refused_before_they_take_memory() -> None:
    """The number of elements is limited, also of elements that are no node executions."""
    body = write_record([]).replace(b"[]", b"[" + b"{}," * MAX_NODES + b"{}]")
    with pytest.raises(BodyTooLargeError):
        RecordParts(body)
