from __future__ import annotations

from typing import Any

from flightlog.runtime import Node
from support.workflows import History, chain, list_statuses, node, run_alone


def test_a_cached_output_serves_again(history: History) -> None:
    """For one key the node runs once, and every execution records the node."""
    workflow = history.workflow()
    calls: list[Any] = []

    def work(node: Node) -> int:
        calls.append(node.data)
        return len(calls)

    chain(workflow, node(workflow, "only", work, cache={"ttl_s": 60, "key": "{{ input.id }}"}))
    assert [workflow.run({"id": item}).value for item in (1, 1, 2, 1)] == [1, 1, 2, 1]
    assert len(calls) == 2
    statuses = [execution.node_executions[0].status for execution in history.executions()]
    assert statuses == ["success"] * 4


def test_a_cache_without_a_key_goes_by_what_flows_in(history: History) -> None:
    """An expired output is not used again."""
    workflow = history.workflow()
    calls: list[Any] = []
    chain(
        workflow,
        node(workflow, "kept", lambda node: calls.append("kept"), cache={"ttl_s": 60}),
        node(workflow, "old", lambda node: calls.append("old"), cache={"ttl_s": 0}),
    )
    workflow.run({"id": 1})
    workflow.run({"id": 1})
    assert calls == ["kept", "old", "old"]


def test_a_cache_without_a_key_serves_only_what_was_made_of_the_same(history: History) -> None:
    """The same incoming data with other values in expressions is another key."""
    workflow = history.workflow()
    constant = node(workflow, "constant", lambda node: "constant")
    asked = node(
        workflow, "asked", lambda node: node.resolve("{{ input.city }}"), cache={"ttl_s": 60}
    )
    chain(workflow, constant, asked)
    assert [workflow.run({"city": item}).value for item in ("Bonn", "Köln")] == ["Bonn", "Köln"]


def test_a_cache_tells_large_keys_apart_to_their_ends(history: History) -> None:
    """Two keys of several megabytes that differ in the last character are different keys."""
    workflow = history.workflow()
    last = node(
        workflow, "last", lambda node: node.data[-1], cache={"ttl_s": 60, "key": "{{ input }}"}
    )
    chain(workflow, last)
    assert [workflow.run("x" * 3_000_000 + end).value for end in "ab"] == ["a", "b"]


def test_a_cache_key_that_can_t_be_evaluated_is_the_node_s_failure(history: History) -> None:
    """The failure is recorded once."""
    outcome = run_alone(
        history.workflow(), lambda node: 1, cache={"ttl_s": 9, "key": "{{ input.x }}"}
    )
    assert outcome.node_id == "only"
    assert list_statuses(history.execution()) == [("only", "error")]
