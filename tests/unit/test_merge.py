from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from flightlog.merge import merge
from flightlog.model import ExecutionError, WorkflowExecution, encode_execution
from support.records import record
from support.strategies import careless_records, ended_records, raw, splittings

messages_of_one = st.lists(
    careless_records.map(lambda message: replace(message, id="run-1")), min_size=1, max_size=4
)


@given(messages_of_one)
def test_any_order_and_repetition_gives_the_same_record(messages: list[WorkflowExecution]) -> None:
    """Commutative, associative, idempotent, even over what contradictory clients send."""
    expected = encode_execution(merge(messages))
    for order in itertools.islice(itertools.permutations(messages), 12):
        assert encode_execution(merge([*order, *order])) == expected


@given(messages_of_one, messages_of_one)
def test_merging_what_was_merged_changes_nothing(
    left: list[WorkflowExecution], right: list[WorkflowExecution]
) -> None:
    """A message that was merged already brings nothing new."""
    assert merge([*left, *right, *left]) == merge([*left, *right])


@settings(max_examples=60)
@given(st.data())
def test_a_record_split_into_messages_is_whole_again_in_any_order(data: st.DataObject) -> None:
    """What a recorder sends in parts comes out as one message would have brought it."""
    whole = data.draw(ended_records)
    parts = data.draw(splittings(whole))
    shuffled = data.draw(st.permutations([*parts, parts[0]]))
    assert merge(shuffled) == replace(merge([whole]), revision=parts[-1].revision)


def test_an_absent_field_never_erases_a_present_one() -> None:
    """A later message without a field leaves it as it was."""
    first = record(status="running", tags={"customer": "7"}, revision=1)
    last = record(trigger=None, nodeExecutions=[], revision=2)
    merged = merge([first, last])
    assert merged.tags == {"customer": "7"}
    assert merged.trigger == first.trigger
    assert merged.node_executions == first.node_executions


def test_a_late_older_message_fills_only_what_is_missing() -> None:
    """Each field remembers its version: an old value doesn't beat a newer one that came first."""
    old = record(status="running", revision=1, tags={"from": "old"})
    middle = record(status="running", revision=2, tags={"from": "middle"})
    end = record(revision=3)
    for order in itertools.permutations([old, middle, end]):
        assert merge(order).tags == {"from": "middle"}


def test_a_real_end_overrules_a_presumed_crash_whenever_it_comes() -> None:
    """The verdict `crashed` leaves no trace once the process reports how it ended."""
    crashed = ExecutionError(message="the process died", kind="crashed")
    verdict = replace(record(status="error", revision=9), error=crashed, duration_ms=None)
    end = record(revision=3)
    for order in ([verdict, end], [end, verdict]):
        merged = merge(order)
        assert (merged.status, merged.error, merged.duration_ms) == ("success", None, 1500)


def test_a_presumed_crash_overrules_running() -> None:
    """Nothing reported after a crash but an end changes the verdict."""
    crashed = ExecutionError(message="the process died", kind="crashed")
    verdict = replace(record(status="error", revision=1), error=crashed)
    running = record(status="running", revision=7)
    assert merge([verdict, running]).error == crashed


def test_of_two_ends_with_one_revision_the_failure_is_shown() -> None:
    """A tie is decided by content, and a failure is never hidden by a tie."""
    assert merge([record(status="success"), record(status="error")]).status == "error"


def test_two_nodes_with_one_place_stay_two() -> None:
    """A client without `sequence` that sends its nodes one by one loses none."""
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
    """Merging is within one execution."""
    with pytest.raises(ValueError, match="one id"):
        merge([record("a"), record("b")])
