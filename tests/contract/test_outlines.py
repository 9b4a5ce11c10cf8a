"""Executions without their payloads, and payloads alone."""

from __future__ import annotations

import pytest

from flightlog.store.writer import ExecutionStore
from support.records import record


def test_an_outline_is_the_execution_without_payloads(store: ExecutionStore) -> None:
    """An outline holds sizes and marks of payloads, neighbours, sub-workflows and usual times."""
    large = {"rows": ["x" * 1_000] * 100}
    secret = {"token": "[REDACTED:3f9a1c0b7d24]", "pad": "y" * 200}
    cut = {"$flightlog": "truncated", "value": "abc", "size": 9}
    node = {"nodeId": "n", "nodeName": "N", "nodeType": "t", "status": "success", "durationMs": 5}
    store.merge(
        [
            record("before", startedAt="2026-11-22T19:00:00Z"),
            record(
                "it",
                nodeExecutions=[
                    {**node, "input": secret, "output": large},
                    {**node, "input": cut},
                ],
                error={"message": "bad", "stack": "Traceback …"},
            ),
            record("after", startedAt="2026-11-22T20:00:00Z"),
            record("child", workflowId="sub", workflowName="Sub", parentExecutionId="it"),
        ]
    )
    outline = store.read_outline("it")
    assert outline is not None
    assert outline.execution.error is not None
    assert outline.execution.error.stack == "Traceback …"
    assert outline.execution.trigger is not None
    assert outline.execution.trigger.bytes == len('{"orderId":7}')
    first, second = outline.nodes
    assert first.input is not None
    assert (first.input.redacted, first.input.truncated) == (True, False)
    assert first.output is not None
    assert (first.output.redacted, first.output.truncated) == (None, None)
    assert first.output.bytes > 100_000
    assert second.input is not None
    assert (second.input.redacted, second.input.truncated) == (False, True)
    assert second.output is None
    assert (outline.previous_id, outline.next_id) == ("before", "after")
    assert [child.id for child in outline.children] == ["child"]
    assert outline.usual.nodes["n"].p50_ms == pytest.approx(5, rel=0.03)
    assert outline.usual.p95_ms == pytest.approx(1500, rel=0.03)
    assert store.read_outline("none") is None


def test_a_payloads_digest_changes_with_its_content(store: ExecutionStore) -> None:
    """Equal payloads have equal digests, at any place and in any form of storage."""
    large = {"rows": ["x" * 1_000] * 10}
    node = {"nodeId": "n", "nodeName": "N", "nodeType": "t", "status": "success"}
    nodes = [{**node, "input": large, "output": {"a": 1}}, {**node, "input": {"a": 1}}]
    store.merge([record("it", nodeExecutions=nodes, trigger={"type": "http", "data": large})])
    trigger, first = store.get_payload("it", "trigger"), store.get_payload("it", "input", 0)
    output, second = store.get_payload("it", "output", 0), store.get_payload("it", "input", 1)
    assert trigger == first
    assert output == second
    assert first is not None
    assert second is not None
    assert first.digest != second.digest
    assert first.data is not None
    assert first.bytes == len(bytes(first.data))
    for limit, is_read in ((first.bytes, True), (first.bytes - 1, False), (7, False)):
        limited = store.get_payload("it", "trigger", max_bytes=limit)
        assert limited is not None
        assert (limited.bytes, limited.digest) == (first.bytes, first.digest)
        assert (limited.data is not None) is is_read
    small = store.get_payload("it", "input", 1, max_bytes=second.bytes - 1)
    assert small is not None
    assert small.data is None
    for place in (
        ("it", "output", 1),
        ("it", "input", -1),
        ("it", "input", 9),
        ("none", "trigger"),
    ):
        assert store.get_payload(*place) is None
