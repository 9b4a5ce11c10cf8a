from __future__ import annotations

from typing import Any

from support.workflows import History, chain, node, nodes_of, plain


def test_code_that_changes_what_it_is_given_changes_nothing_else(history: History) -> None:
    """The change reaches no cached output, no default of the next run, and no other node."""
    workflow = history.workflow(inputs={"tags": {"type": "array", "default": []}})

    def added(given: dict[str, Any]) -> dict[str, Any]:
        given["tags"].append("added")
        return given

    function = node(workflow, "code", lambda node: node.call(added))
    kept = node(workflow, "kept", lambda node: {"tags": []}, cache={"ttl_s": 60, "key": "one"})
    again = node(workflow, "again", lambda node: node.call(added))
    seen = node(workflow, "seen", lambda node: node.resolve("{{ nodes.kept.output }}"))
    chain(workflow, function, kept, again, seen)
    for _ in range(2):
        assert workflow.run({}).value == {"tags": []}
    executions = history.executions()
    assert len(executions) == 2
    for execution in executions:
        (code,) = nodes_of(execution, "code")
        assert (plain(code.input), plain(code.output)) == ({"tags": []}, {"tags": ["added"]})
