"""Executions without their payloads, and payloads alone."""

from __future__ import annotations

from typing import Any

import pytest

from flightlog.store.query import ExecutionQuery
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


def test_an_outline_names_the_newest_success_and_failure_before_it(store: ExecutionStore) -> None:
    """Later executions, running ones and other workflows don't count."""
    failed: dict[str, Any] = {"status": "error", "error": {"message": "bad"}}
    store.merge(
        [
            record("old-success", startedAt="2026-11-22T18:00:00Z"),
            record("success", startedAt="2026-11-22T18:10:00Z"),
            record("old-failure", startedAt="2026-11-22T18:20:00Z", **failed),
            record("failure", startedAt="2026-11-22T18:30:00Z", **failed),
            record("running", startedAt="2026-11-22T18:40:00Z", status="running"),
            record("other", startedAt="2026-11-22T18:50:00Z", workflowId="other", **failed),
            record("it", startedAt="2026-11-22T19:00:00Z"),
            record("later", startedAt="2026-11-22T20:00:00Z", **failed),
        ]
    )
    outline = store.read_outline("it")
    assert outline is not None
    assert (outline.previous_success_id, outline.previous_failed_id) == ("success", "failure")
    assert outline.previous_id == "running"
    first = store.read_outline("old-success")
    assert first is not None
    assert (first.previous_success_id, first.previous_failed_id) == (None, None)


def test_a_crashed_execution_has_the_last_sign_of_its_process(store: ExecutionStore) -> None:
    """Lists and outlines show the time; executions that did not crash have none."""
    running = {"status": "running", "processId": "p1", "durationMs": None}
    store.merge([record("crashed", **running), record("fine", processId="p1")])
    store.note_sent("p1", 7, is_alive=True)
    store.mark_crashed("p1")
    outline = store.read_outline("crashed")
    assert outline is not None
    seen = outline.execution.last_seen_at
    assert seen is not None
    summaries = store.list_summaries(ExecutionQuery()).summaries
    assert {each.id: each.last_seen_at for each in summaries} == {"crashed": seen, "fine": None}


@pytest.mark.parametrize("is_known", [True, False])
def test_a_late_delivery_is_no_sign_of_life(store: ExecutionStore, is_known: bool) -> None:
    """The sign of life is the latest time in the messages, whenever they and the end arrive."""
    run = {
        "status": "running",
        "processId": "p",
        "startedAt": "2026-11-22T09:00:00Z",
        **dict.fromkeys(("durationMs", "completedAt")),
    }
    node = {"nodeId": "n", "nodeName": "N", "nodeType": "function", "sequence": 0}
    node |= {"status": "success", "startedAt": "2026-11-22T09:10:00Z"}
    node["completedAt"] = "2026-11-22T09:11:00Z"
    if is_known:
        store.merge([record("late", **run, message={"processId": "p", "number": 1})])
    late = record(
        "late", **run, revision=2, nodeExecutions=[node], message={"processId": "p", "number": 2}
    )
    store.merge([late])
    store.note_sent("p", 3)
    store.mark_crashed("p")
    outline = store.read_outline("late")
    assert outline is not None
    assert outline.execution.error is not None
    assert outline.execution.last_seen_at == "2026-11-22T09:11:00.000000Z"


def test_a_heartbeat_without_a_new_number_is_a_sign_of_life(store: ExecutionStore) -> None:
    """A silent process is alive until its last heartbeat; frequent ones count once."""
    times = {"startedAt": "2026-11-22T11:59:20Z", "completedAt": None, "durationMs": None}
    message = {"processId": "p", "number": 1}
    store.merge([record("silent", status="running", processId="p", **times, message=message)])
    store.note_sent("p", 1, is_alive=True)
    store.mark_crashed("p")
    (found,) = store.list_summaries(ExecutionQuery()).summaries
    assert found.last_seen_at is not None
    assert found.last_seen_at.startswith("2026-11-22T12:00:")
    store.note_sent("p", 1, is_alive=True)
    assert store.list_summaries(ExecutionQuery()).summaries == (found,)


def test_a_usual_duration_says_how_many_executions_it_has(store: ExecutionStore) -> None:
    """The count leaves out executions without a duration."""
    store.merge([record("a"), record("b"), record("c", durationMs=None, completedAt=None)])
    outline = store.read_outline("a")
    assert outline is not None
    assert outline.usual.count == 2


def test_triggers_distinguish_executions(store: ExecutionStore) -> None:
    """Small trigger data is read wherever it is stored; large data and absent data are left out."""
    stored = {"orderId": "x" * 50, "more": ["y" * 500] * 3}
    large = {"rows": ["x" * 1_000] * 100}
    store.merge(
        [
            record("inline"),
            record("stored", trigger={"type": "http", "data": stored}),
            record("large", trigger={"type": "http", "data": large}),
            record("none", trigger={"type": "manual"}),
        ]
    )
    found = store.read_trigger_facts(["stored", "inline", "large", "none", "unknown", "inline"])
    by_id = {each.id: each.values[0] for each in found}
    assert len(found) == 2
    assert (by_id["inline"].path, by_id["inline"].value) == ("orderId", "7")
    assert by_id["stored"].value == "x" * 50


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
