from __future__ import annotations

from typing import Any

import pytest

from flightlog.errors import InvalidInputError
from flightlog.runtime import Run
from support.workflows import History, chain, list_statuses, node, nodes_of, plain, run_alone


@pytest.mark.parametrize(
    ("amount", "taken", "other"), [(200, "large", "small"), (2, "small", "large")]
)
def test_a_condition_chooses_and_passes_on_what_flowed_in(
    history: History, amount: int, taken: str, other: str
) -> None:
    """The other branch and the steps after it are recorded once as skipped."""
    workflow = history.workflow()
    ask = node(
        workflow, "ask", lambda node: node.condition("{{ input.amount > 100 }}"), type="condition"
    )
    large = node(workflow, "large", lambda node: ("large", node.data))
    small = node(workflow, "small", lambda node: ("small", node.data))
    after = node(workflow, f"after-{other}", lambda node: "never")
    end = node(workflow, "end", lambda node: node.data)
    skipped = {"large": large, "small": small}[other]

    @workflow.steps
    async def steps(run: Run) -> None:
        asked = run.step(ask)
        steps = {
            large: run.step(large, after=[asked.on("true")]),
            small: run.step(small, after=[asked.on("false")]),
        }
        run.step(after, after=[steps[skipped]])
        run.step(end, after=list(steps.values()))

    assert workflow.run({"amount": amount}).value == (taken, {"amount": amount})
    execution = history.execution()
    assert dict(list_statuses(execution)) == {
        "ask": "success",
        taken: "success",
        other: "skipped",
        f"after-{other}": "skipped",
        "end": "success",
    }
    assert len(execution.node_executions) == 5
    (asked,) = nodes_of(execution, "ask")
    assert plain(asked.output)["result"] is (taken == "large")


@pytest.mark.parametrize(
    ("tier", "chosen"), [("gold", "gold"), (3, "three"), (True, "yes"), ("none", "default")]
)
def test_a_switch_chooses_by_its_cases(history: History, tier: Any, chosen: str) -> None:
    """A case may be text although the value is a number or a boolean."""
    workflow = history.workflow()
    cases = [("gold", "gold"), ("3", "three"), ("true", "yes")]
    ask = node(
        workflow,
        "ask",
        lambda node: node.switch("{{ input.tier }}", cases, default="default"),
        type="switch",
    )
    ways = {
        name: node(workflow, name, lambda node: node.definition.id)
        for name in ("gold", "three", "yes", "default")
    }

    @workflow.steps
    async def steps(run: Run) -> None:
        asked = run.step(ask)
        for name, way in ways.items():
            run.step(way, after=[asked.on(name)])

    assert workflow.run({"tier": tier}).value == chosen
    statuses = dict(list_statuses(history.execution()))
    assert [name for name in ways if statuses[name] == "success"] == [chosen]


def test_an_early_return_ends_the_run_with_its_value(history: History) -> None:
    """The following steps are skipped, and the run is a success."""
    workflow = history.workflow()
    leave = node(workflow, "leave", lambda node: node.early_return({"id": "{{ input.id }}"}))
    later = node(workflow, "later", lambda node: 2)
    chain(workflow, leave, later)
    outcome = workflow.run({"id": 7})
    assert (outcome.error, outcome.value) == (None, {"id": 7})
    execution = history.execution()
    assert execution.status == "success"
    assert list_statuses(execution) == [("leave", "success"), ("later", "skipped")]
    (left,) = nodes_of(execution, "leave")
    assert plain(left.output) == {"id": 7}


def test_a_delay_passes_on_what_flowed_in_and_refuses_what_is_no_time(history: History) -> None:
    """The wait may be an expression."""
    workflow = history.workflow()
    assert run_alone(workflow, lambda node: node.delay("{{ input.ms }}"), {"ms": 1}).value == {
        "ms": 1
    }
    error = workflow.run({"ms": "soon"}).error
    assert isinstance(error, InvalidInputError)
