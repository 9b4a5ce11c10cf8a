from __future__ import annotations

from typing import Any

from flightlog.errors import InvalidInputError
from flightlog.runtime import Node
from support.workflows import History, chain, node, run_alone


def test_inputs_are_checked_and_get_their_defaults(history: History) -> None:
    """An invalid input fails the run before its first node, and the failure is recorded."""
    inputs = {
        "id": {"type": "number", "required": True},
        "note": {"type": "string", "default": "none"},
        "size": {"type": "number", "validation": {"minimum": 1}},
    }
    workflow = history.workflow(inputs=inputs)
    chain(workflow, node(workflow, "echo", lambda node: node.data))
    assert workflow.run({"id": 1}).value == {"id": 1, "note": "none"}
    for given, path in [
        ({}, "input.id"),
        ({"id": "x"}, "input.id"),
        ({"id": 1, "size": 0}, "input.size"),
        ([], "input"),
    ]:
        error = workflow.run(given).error
        assert isinstance(error, InvalidInputError)
        assert error.path == path
    executions = history.executions()
    assert [execution.status for execution in executions] == ["success", *["error"] * 4]


def test_an_input_that_may_be_missing_is_null_to_expressions(history: History) -> None:
    """A node that gets the whole input sees it without the null values."""
    inputs = {"customer": {"type": "string"}, "count": {"type": "number", "default": 2}}
    workflow = history.workflow(inputs=inputs)
    seen: list[Any] = []

    def look(node: Node) -> Any:
        seen.append(
            node.resolve(["{{ input.customer }}", "{{ input.count }}", "{{ input.extra }}"])
        )
        return node.data

    outcome = run_alone(workflow, look, {"extra": True})
    assert outcome.error is None
    assert seen == [[None, 2, True]]
    assert outcome.value == {"extra": True, "count": 2}
