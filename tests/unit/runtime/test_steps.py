from __future__ import annotations

from flightlog.errors import InvalidExpressionError
from flightlog.runtime import Run
from support.workflows import History, list_statuses, node


def test_an_edge_condition_decides_by_outputs(history: History) -> None:
    """An edge is taken when its expression is true; a faulty expression fails the run."""
    workflow = history.workflow()
    first = node(workflow, "first", lambda node: {"ok": False})
    never = node(workflow, "never", lambda node: 1)
    broken = node(workflow, "broken", lambda node: 1)

    @workflow.steps
    async def steps(run: Run) -> None:
        done = run.step(first)
        run.step(never, after=[done.when("{{ nodes.first.output.ok }}")])
        run.step(broken, after=[done.when("{{ nodes.first.output.oops }}")])

    outcome = workflow.run()
    assert isinstance(outcome.error, InvalidExpressionError)
    assert "nodes.first.output" in str(outcome.error)
    assert "oops" in str(outcome.error)
    assert outcome.node_id == "broken"
    assert dict(list_statuses(history.execution())) == {
        "first": "success",
        "never": "skipped",
        "broken": "error",
    }
