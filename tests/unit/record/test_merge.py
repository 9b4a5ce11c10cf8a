from __future__ import annotations

import itertools
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET, Raw
from msgspec.structs import replace

from flightlog.record.decoding import encode_execution
from flightlog.record.merge import merge, merge_runs
from flightlog.record.model import ExecutionError, Payload, WorkflowExecution, make_run_key
from flightlog.record.registers import NODE_CRASH
from support.examples import examples
from support.records import record
from support.strategies import (
    careless_records,
    ended_records,
    raw,
    records_of_runs,
    splittings,
    verdict,
)

messages_of_one = st.lists(
    careless_records.map(lambda message: replace(message, id="run-1")), min_size=1, max_size=4
)


@given(messages_of_one)
def test_any_order_and_repetition_gives_the_same_record(messages: list[WorkflowExecution]) -> None:
    """The merge is commutative, associative and idempotent, even for contradictory messages."""
    expected = encode_execution(merge(messages))
    for order in itertools.islice(itertools.permutations(messages), 12):
        assert encode_execution(merge([*order, *order])) == expected


@given(messages_of_one, messages_of_one)
def test_merging_what_was_merged_changes_nothing(
    left: list[WorkflowExecution], right: list[WorkflowExecution]
) -> None:
    """A repeated message changes nothing."""
    assert merge([*left, *right, *left]) == merge([*left, *right])


@settings(max_examples=examples(60))
@given(st.data())
def test_a_record_split_into_messages_is_whole_again_in_any_order(data: st.DataObject) -> None:
    """A recorder's partial messages merge to the record that one message would have brought."""
    whole = data.draw(ended_records)
    parts = data.draw(splittings(whole))
    shuffled = data.draw(st.permutations([*parts, parts[0]]))
    assert merge(shuffled) == replace(merge([whole]), revision=parts[-1].revision)


def test_later_logs_replace_earlier_logs_and_an_end_keeps_them() -> None:
    """A running node sends longer lists; the end has none, and names the run."""
    node: dict[str, Any] = {"nodeId": "n", "nodeName": "N", "nodeType": "t", "sequence": 0}
    lines = [{"time": "2026-11-22T19:04:11Z", "level": "INFO", "logger": "a", "message": "hi"}]
    steps: tuple[dict[str, Any], ...] = (
        {"status": "running", "background": True, "logs": lines},
        {"status": "running", "logs": lines * 2},
        {"status": "success"},
    )
    messages = [
        record(status="running", revision=number, nodeExecutions=[node | step])
        for number, step in enumerate(steps, start=1)
    ]
    messages.append(record(revision=4, nodeExecutions=[], name="POST /orders/7"))
    for order in itertools.permutations(messages):
        (found,) = (merged := merge(order)).node_executions
        assert msgspec.json.decode(bytes(raw_of(found.logs))) == lines * 2
        assert (found.status, found.background) == ("success", True)
        assert merged.name == "POST /orders/7"


def raw_of(payload: Payload) -> Raw:
    """Return a payload that is present."""
    assert payload is not UNSET
    return payload


def test_an_absent_field_never_erases_a_present_one() -> None:
    """A later message without a field keeps the field's value."""
    first = record(status="running", tags={"customer": "7"}, revision=1)
    last = record(trigger=None, nodeExecutions=[], revision=2)
    merged = merge([first, last])
    assert merged.tags == {"customer": "7"}
    assert merged.trigger == first.trigger
    assert merged.node_executions == first.node_executions


def test_a_late_older_message_fills_only_what_is_missing() -> None:
    """Each field keeps its version, so a late older value doesn't replace a newer value."""
    old = record(status="running", revision=1, tags={"from": "old"})
    middle = record(status="running", revision=2, tags={"from": "middle"})
    end = record(revision=3)
    for order in itertools.permutations([old, middle, end]):
        assert merge(order).tags == {"from": "middle"}


@settings(max_examples=examples(60))
@given(st.data())
def test_presumed_crashes_leave_no_trace_once_the_end_is_reported(data: st.DataObject) -> None:
    """Presumed crashes of any revision, at any place, don't change an execution that ended."""
    parts = data.draw(splittings(data.draw(ended_records)))
    revisions = data.draw(st.lists(st.integers(0, len(parts) + 2), min_size=1, max_size=3))
    verdicts = [verdict(parts[0], revision) for revision in revisions]
    shuffled = data.draw(st.permutations([*parts, *verdicts]))
    assert merge(shuffled) == merge(parts)


@settings(max_examples=examples(60))
@given(st.data())
def test_a_sign_of_life_overrules_older_presumptions_whenever_they_come(
    data: st.DataObject,
) -> None:
    """A later running message removes the presumed crash of an execution and of its nodes."""
    *parts, _ = data.draw(splittings(data.draw(ended_records)))
    alive = replace(parts[-1], node_executions=(), revision=len(parts))
    revisions = data.draw(st.lists(st.integers(0, len(parts) - 1), min_size=1, max_size=3))
    verdicts = [verdict(merge(parts), revision) for revision in revisions]
    shuffled = data.draw(st.permutations([*parts, alive, *verdicts]))
    assert merge(shuffled) == merge([*parts, alive])


@given(messages_of_one)
def test_a_record_that_was_read_and_sent_again_shows_the_same(
    messages: list[WorkflowExecution],
) -> None:
    """An exported record, also with a crash, shows the same after its import."""
    shown = merge(messages)
    again = merge([shown])
    if shown.status == "error":
        assert (again.status, again.error) == (shown.status, shown.error)
    assert [node.status for node in again.node_executions] == [
        node.status for node in shown.node_executions
    ]


def test_an_end_overrules_the_crash_that_is_told_beside_it() -> None:
    """A reported end wins over a crash, also in contradictory messages."""
    node = {"nodeId": "n", "nodeName": "n", "nodeType": "t", "sequence": 0}
    crash = {"message": "gone", "kind": "crashed"}
    succeeded = record(status="success", error=crash, nodeExecutions=[])
    failed = record(status="error", nodeExecutions=[{**node, "status": "running"}])
    for order in itertools.permutations([succeeded, failed]):
        merged = merge(order)
        assert (merged.status, merged.error) == ("error", None)
        assert [node_run.status for node_run in merged.node_executions] == ["running"]
        assert merge([merged]) == merged
    crashed = record(nodeExecutions=[{**node, "status": "success", "error": crash}])
    assert [node_run.error for node_run in merge([crashed]).node_executions] == [None]


RUNNING = record(
    status="running",
    completedAt=None,
    durationMs=None,
    revision=3,
    nodeExecutions=[
        {"nodeId": name, "nodeName": name, "nodeType": "t", "status": status, "sequence": place}
        for place, (name, status) in enumerate(
            [("fetch", "success"), ("loop", "running"), ("charge", "running"), ("mail", "pending")]
        )
    ],
)


def test_a_presumed_crash_is_shown_with_the_nodes_that_ran() -> None:
    """Running nodes crash with the execution; ended and pending nodes stay unchanged."""
    crashed = verdict(RUNNING)
    for order in ([RUNNING, crashed], [crashed, RUNNING]):
        merged = merge(order)
        assert (merged.status, merged.error) == ("error", crashed.error)
        assert (merged.completed_at, merged.duration_ms) == (None, None)
        statuses = [node.status for node in merged.node_executions]
        assert statuses == ["success", "error", "error", "pending"]
        errors = [node.error for node in merged.node_executions]
        assert errors == [None, NODE_CRASH, NODE_CRASH, None]
    assert crashed.error is not None
    assert crashed.error.node_id == "charge"


def test_a_late_message_of_a_crashed_execution_finds_it_crashed() -> None:
    """A running node that is reported after the crash is shown as crashed too."""
    late = replace(RUNNING, revision=2)
    bare = replace(RUNNING, node_executions=())
    statuses = [node.status for node in merge([bare, verdict(bare), late]).node_executions]
    assert statuses == ["success", "error", "error", "pending"]


def test_a_crash_that_was_read_and_sent_again_is_overruled_too() -> None:
    """An export contains crashed nodes; a later running message overrules every crash in it."""
    exported = merge([RUNNING, verdict(RUNNING)])
    alive = replace(RUNNING, node_executions=(), revision=4)
    for order in ([exported, alive], [alive, exported]):
        merged = merge(order)
        assert (merged.status, merged.error) == ("running", None)
        assert merged.node_executions == RUNNING.node_executions


def test_a_node_that_a_living_process_reports_as_crashed_is_shown_so() -> None:
    """A worker's crash is the node's own error until a later message about the node."""
    error = ExecutionError(message="the worker died", kind="crashed")
    node = replace(RUNNING.node_executions[1], status="error", error=error)
    started = replace(RUNNING, node_executions=(node,))
    later = replace(RUNNING, node_executions=(), revision=4)
    assert merge([started, later]).node_executions == (node,)
    again = replace(later, node_executions=(RUNNING.node_executions[1],))
    assert merge([started, again]).node_executions == again.node_executions


def test_of_a_crash_and_another_error_at_one_revision_the_crash_is_shown() -> None:
    """A tie shows the crash, so that a presumed crash never resembles a reported end."""
    other = replace(RUNNING, error=ExecutionError(message="~ declined"))
    for order in ([other, verdict(RUNNING)], [verdict(RUNNING), other]):
        assert merge(order).error == verdict(RUNNING).error


def test_what_brought_a_record_is_no_part_of_it() -> None:
    """The message's number belongs to the ledger, so the merge ignores it."""
    sent = record(message={"processId": "p", "number": 7}, processId="p")
    assert merge([sent]) == replace(sent, message=None)


def test_of_two_ends_with_one_revision_the_failure_is_shown() -> None:
    """Content decides a tie, and a tie never hides a failure."""
    assert merge([record(status="success"), record(status="error")]).status == "error"


def test_two_nodes_with_one_place_stay_two() -> None:
    """Nodes that a client without `sequence` sends one by one all stay."""
    node = {"nodeName": "N", "nodeType": "t", "status": "success"}
    first = record(nodeExecutions=[{**node, "nodeId": "a"}])
    second = record(nodeExecutions=[{**node, "nodeId": "b"}])
    assert [n.node_id for n in merge([second, first]).node_executions] == ["a", "b"]


def test_values_that_look_empty_are_values() -> None:
    """`null`, `false`, `0`, `""` and `[]` are not absence."""
    values: list[object] = [None, False, 0, "", [], {}]
    for value in values:
        merged = merge([record(trigger={"type": "http", "data": value}), record(trigger=None)])
        assert merged.trigger is not None
        assert merged.trigger.data == raw(value)


def test_records_of_different_executions_do_not_merge() -> None:
    """A merge of records of several executions raises ValueError."""
    with pytest.raises(ValueError, match="one id"):
        merge([record("a"), record("b")])


several_runs = st.lists(records_of_runs, min_size=1, max_size=5)


@given(several_runs, st.data())
def test_runs_are_the_same_in_any_order_and_repetition(
    messages: list[WorkflowExecution], data: st.DataObject
) -> None:
    """`merge_runs` is commutative and idempotent for several runs of several ids."""
    shuffled = data.draw(st.permutations([*messages, *messages]))
    assert merge_runs(shuffled) == merge_runs(messages)


@given(several_runs)
def test_each_run_is_the_merge_of_its_own_records(messages: list[WorkflowExecution]) -> None:
    """No record of another run affects a run."""
    shown = {make_run_key(each): each for each in merge_runs(messages)}
    assert set(shown) == {make_run_key(each) for each in messages}
    for key, found in shown.items():
        alone = merge([each for each in messages if make_run_key(each) == key])
        assert replace(found, id=alone.id, retry_of=alone.retry_of) == alone
        runs = sorted(other for other in shown if other.execution_id == key.execution_id)
        assert found.id == (key.execution_id if key == runs[-1] else key.address)


@given(several_runs)
def test_shown_runs_that_are_merged_again_are_the_same_runs(
    messages: list[WorkflowExecution],
) -> None:
    """The address of an older run identifies the run."""
    shown = merge_runs(messages)
    again = merge_runs(shown)
    assert [(each.id, each.run_id, each.retry_of) for each in again] == [
        (each.id, each.run_id, each.retry_of) for each in shown
    ]


def test_records_of_two_runs_do_not_merge() -> None:
    """A record with a run id and a record without one don't merge either."""
    ids = [None, "0193a7f2-8c1e-7c3a-9d51-6a0f6a1c2b3d", "0193a7f2-8c1e-7c3a-9d51-6a0f6a1c2b3e"]
    for left, right in itertools.combinations(ids, 2):
        with pytest.raises(ValueError, match="one runId"):
            merge([record(runId=left), record(runId=right)])


def test_a_node_of_another_process_does_not_crash_with_the_execution() -> None:
    """The node keeps running, because its own process may be alive."""
    other = replace(RUNNING.node_executions[1], process_id="worker")
    started = replace(RUNNING, node_executions=(other,))
    assert merge([started, verdict(started)]).node_executions == (other,)


def test_a_workers_message_is_no_sign_of_life_of_the_execution() -> None:
    """A forked worker outlives its parent and records its node; the execution stays crashed."""
    other = replace(RUNNING.node_executions[1], sequence=9, process_id="worker")
    late = replace(RUNNING, node_executions=(replace(other, status="success"),), revision=7)
    for order in itertools.permutations([RUNNING, verdict(RUNNING), late]):
        merged = merge(order)
        assert (merged.status, merged.revision) == ("error", RUNNING.revision)
        assert merged.node_executions[-1].status == "success"
