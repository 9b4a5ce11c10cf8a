from __future__ import annotations

from typing import Any

import pytest
from msgspec import Raw
from msgspec.structs import replace

from flightlog.record.model import WorkflowExecution, make_run_key
from flightlog.record.registers import (
    NodeKey,
    make_execution_registers,
    make_node_registers,
)
from flightlog.record.state import ExecutionState, StateHasher, hash_state, join_states
from support.records import record

NODE: dict[str, Any] = {"nodeId": "n", "nodeName": "N", "nodeType": "t", "status": "success"}


def make_state(message: WorkflowExecution) -> ExecutionState:
    """Make the state that consists of one message."""
    return ExecutionState(
        run=make_run_key(message),
        execution=make_execution_registers(message),
        nodes=make_node_registers(message),
    )


def test_a_hash_is_the_same_in_every_version_of_flightlog() -> None:
    """The hash of a known state is known, because two versions may compare their hashes."""
    nodes = [{**NODE, "input": {"b": 1, "a": 2}, "durationMs": 5, "background": True}]
    state = make_state(record("run-1", nodeExecutions=nodes, tags={"b": "1", "a": "é"}))
    assert hash_state(state) == ("6c7be204dad0f13229226a8eb3ae00bc15cd6c3b94d2f9d24fe28ad472dd19ee")


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "run-2"},
        {"runId": "0193a7f2-8c1e-7c3a-9d51-000000000001"},
        {"revision": 4},
        {"status": "error"},
        {"name": "a"},
        {"tags": {"a": "1"}},
        {"trigger": {"type": "http", "data": {"a": 1}}},
        {"trigger": {"type": "http", "data": None}},
        {"nodeExecutions": [NODE]},
        {"nodeExecutions": [{**NODE, "input": 1}]},
        {"nodeExecutions": [{**NODE, "output": 1}]},
        {"nodeExecutions": [{**NODE, "sequence": 1}]},
        {"nodeExecutions": [{**NODE, "background": False}]},
    ],
)
def test_any_other_value_gives_another_hash(changes: dict[str, Any]) -> None:
    """A state that differs in one value, key or version has another hash."""
    plain: dict[str, Any] = {"id": "run-1", "nodeExecutions": [], "trigger": {"type": "http"}}
    assert hash_state(make_state(record(**plain))) != hash_state(
        make_state(record(**{**plain, **changes}))
    )


def test_payloads_count_by_their_bytes() -> None:
    """The same JSON in another notation is another payload."""
    (node,) = (message := record(nodeExecutions=[NODE])).node_executions
    hashes = {
        hash_state(make_state(replace(message, node_executions=(replace(node, input=Raw(text)),))))
        for text in (b'{"a":1}', b'{"a": 1}', b'{"a":1.0}')
    }
    assert len(hashes) == 3


def test_the_sign_of_zero_and_the_order_of_tags_do_not_count() -> None:
    """Values that the merge holds to be equal have equal hashes."""
    first, second = (
        make_state(replace(record(), duration_ms=duration_ms, tags=tags))
        for duration_ms, tags in ((0.0, {"a": "1", "b": "2"}), (-0.0, {"b": "2", "a": "1"}))
    )
    assert hash_state(first) == hash_state(second)


def test_nodes_in_portions_give_the_hash_of_the_whole() -> None:
    """Portions in ascending order give the same hash; another order is refused."""
    state = make_state(record(nodeExecutions=[{**NODE, "nodeId": f"n{n}"} for n in range(5)]))
    hasher = StateHasher(state.run, state.execution)
    for key, registers in state.nodes.items():
        hasher.add_nodes({key: registers})
    assert hasher.read() == hash_state(state)
    first = NodeKey(0, "n0")
    with pytest.raises(ValueError, match="comes after"):
        hasher.add_nodes({first: state.nodes[first]})


def test_parts_are_joined_in_any_order() -> None:
    """Parts with some of the node executions, and stars, give the whole state."""
    nodes = [{**NODE, "nodeId": f"n{n}"} for n in range(4)]
    whole = make_state(record(nodeExecutions=nodes, starred=True))
    parts = [
        replace(whole, nodes=dict([item]), starred=number == 2)
        for number, item in enumerate(whole.nodes.items())
    ]
    assert hash_state(join_states(parts[::-1])) == hash_state(whole)
    assert join_states(parts).starred
