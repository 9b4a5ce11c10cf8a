"""Attempts: retries, time limits, failures, cached outputs, pinned outputs."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from flightlog.errors import TimeLimitError
from flightlog.runtime import Node, Run
from support.workflows import History, chain, list_statuses, node, nodes_of, plain, run_alone


class _Flaky:
    def __init__(self, failures: int) -> None:
        self.left = failures

    def __call__(self, given: Node) -> str:
        if self.left:
            self.left -= 1
            raise ConnectionError(f"{self.left} more")
        return "done"


def test_each_attempt_is_recorded(history: History) -> None:
    """A node that fails twice has three numbered node executions."""
    workflow = history.workflow()
    outcome = run_alone(workflow, _Flaky(2), retries=3, retry_delay_ms=1)
    assert outcome.value == "done"
    runs = nodes_of(history.execution(), "only")
    assert [(execution.attempt, execution.status) for execution in runs] == [
        (1, "error"),
        (2, "error"),
        (3, "success"),
    ]


def test_the_last_attempt_s_error_ends_the_run(history: History) -> None:
    """The workflow's default sets the number of attempts."""
    workflow = history.workflow(retries=1, retry_delay_ms=1, retry_backoff="linear")
    outcome = run_alone(workflow, _Flaky(5))
    assert str(outcome.error) == "3 more"
    assert [node_run.attempt for node_run in nodes_of(history.execution(), "only")] == [1, 2]


def test_a_node_that_takes_too_long_fails_as_a_timeout(history: History) -> None:
    """Each attempt has its own limit, and the error's kind is `timeout`."""
    workflow = history.workflow()
    outcome = run_alone(
        workflow, lambda node: asyncio.Event().wait(), timeout_ms=20, retries=1, retry_delay_ms=1
    )
    assert isinstance(outcome.error, TimeLimitError)
    runs = nodes_of(history.execution(), "only")
    assert [execution.error and execution.error.kind for execution in runs] == [
        "timeout",
        "timeout",
    ]


def test_a_timeout_of_the_node_s_own_stays_its_own(history: History) -> None:
    """Only the configured limit raises a `TimeLimitError`."""

    async def raise_it(node: Node) -> None:
        raise TimeoutError("the node's own")

    outcome = run_alone(history.workflow(), raise_it, timeout_ms=60_000)
    assert str(outcome.error) == "the node's own"


def test_a_run_that_takes_too_long_fails_and_its_node_is_canceled(history: History) -> None:
    """The whole run has a limit too."""
    workflow = history.workflow(timeout_ms=30)
    outcome = run_alone(workflow, lambda node: asyncio.Event().wait())
    assert isinstance(outcome.error, TimeLimitError)
    execution = history.execution()
    assert execution.error is not None
    assert execution.error.kind == "timeout"
    (node_run,) = nodes_of(execution, "only")
    assert node_run.error is not None
    assert node_run.error.kind == "canceled"


def test_continue_goes_on_without_an_output(history: History) -> None:
    """The following nodes run, and can read the error."""
    workflow = history.workflow()
    bad = node(workflow, "bad", _Flaky(9), on_error="continue")
    after = node(
        workflow,
        "after",
        lambda node: node.resolve(
            "{{ nodes.bad.error.message }}, {{ nodes.bad.output is defined }}"
        ),
    )
    chain(workflow, bad, after)
    assert workflow.run().value == "8 more, false"
    execution = history.execution()
    assert execution.status == "success"
    assert list_statuses(execution) == [("bad", "error"), ("after", "success")]


def test_fallback_goes_on_with_its_value(history: History) -> None:
    """The failed node execution has the fallback value, which may contain expressions."""
    workflow = history.workflow()
    bad = node(
        workflow, "bad", _Flaky(9), on_error="fallback", fallback_value={"id": "{{ input.id }}"}
    )
    after = node(workflow, "after", lambda node: node.data)
    chain(workflow, bad, after)
    assert workflow.run({"id": 3}).value == {"id": 3}
    (failed,) = nodes_of(history.execution(), "bad")
    assert (failed.status, plain(failed.output)) == ("error", {"id": 3})


def test_a_fallback_that_can_t_be_evaluated_ends_the_run(history: History) -> None:
    """The run's error is the fallback's own error."""
    outcome = run_alone(
        history.workflow(), _Flaky(9), on_error="fallback", fallback_value="{{ input.none }}"
    )
    assert "input.none" in str(outcome.error)
    assert history.execution().status == "error"


def test_pinned_data_takes_the_place_of_a_node_in_test_mode_alone(history: History) -> None:
    """The pinned output is recorded; in production the node runs."""
    workflow = history.workflow()
    chain(workflow, node(workflow, "only", lambda node: "real", pinned={"pinned": None}))
    assert workflow.run(1, test=True).value == {"pinned": None}
    assert workflow.run(1).value == "real"
    test, production = history.executions()
    assert (test.execution_mode, production.execution_mode) == ("test", "production")
    assert test.trigger is not None
    assert test.trigger.is_simulated
    (pinned,) = nodes_of(test, "only")
    assert (plain(pinned.input), plain(pinned.output)) == (1, {"pinned": None})


@pytest.mark.parametrize(
    ("pinned", "handle"),
    [
        (True, "true"),
        ({"result": False}, "false"),
        ({"result": "false", "handle": "true"}, "true"),
        ("gold", "gold"),
        (None, "false"),
    ],
)
def test_pinned_data_of_a_choice_chooses(history: History, pinned: Any, handle: str) -> None:
    """The choice follows the pinned handle, result or value, and the incoming data flows on."""
    workflow = history.workflow()
    ask = node(
        workflow, "ask", lambda node: node.condition("{{ 1 / 0 }}"), type="condition", pinned=pinned
    )
    ways = {
        name: node(workflow, name, lambda node: node.data) for name in ("true", "false", "gold")
    }

    @workflow.steps
    async def steps(run: Run) -> None:
        asked = run.step(ask)
        for name, way in ways.items():
            run.step(way, after=[asked.on(name)])

    assert workflow.run(7, test=True).value == 7
    statuses = dict(list_statuses(history.execution()))
    assert [name for name in ways if statuses[name] == "success"] == [handle]
