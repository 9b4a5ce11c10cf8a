"""Steps: their order, choices and skips, the data between them, and the run's result."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from flightlog.runtime import Node, Run
from support.workflows import History, chain, node, nodes_of, plain, run_alone, told


def test_a_step_is_given_what_the_one_before_gave(history: History) -> None:
    """Data flows along the edges, and the record contains input and output."""
    workflow = history.workflow()
    chain(
        workflow,
        node(workflow, "double", lambda one: one.data["n"] * 2),
        node(workflow, "text", lambda one: f"{one.data}!"),
    )
    assert workflow.run({"n": 4}).value == "8!"
    execution = history.execution()
    assert execution.status == "success"
    assert execution.execution_mode == "production"
    assert told(execution) == [("double", "success"), ("text", "success")]
    (double,), (text,) = nodes_of(execution, "double"), nodes_of(execution, "text")
    assert (plain(double.input), plain(double.output)) == ({"n": 4}, 8)
    assert (plain(text.input), plain(text.output)) == (8, "8!")


def test_what_several_steps_gave_comes_together_by_their_ids(history: History) -> None:
    """A step after two steps gets both outputs; two end steps give an object of results."""
    workflow = history.workflow()
    left = node(workflow, "left", lambda one: "l")
    right = node(workflow, "right", lambda one: "r")
    both = node(workflow, "both", lambda one: one.data)
    alone = node(workflow, "alone", lambda one: 1)

    @workflow.steps
    async def steps(run: Run) -> None:
        run.step(both, after=[run.step(left), run.step(right)])
        run.step(alone)

    assert workflow.run().value == {"both": {"left": "l", "right": "r"}, "alone": 1}


def test_independent_steps_run_at_the_same_time(history: History) -> None:
    """Each of two steps waits for the other, and both end."""
    workflow = history.workflow()
    met = {"a": asyncio.Event(), "b": asyncio.Event()}

    def meet(own: str, other: str) -> Any:
        async def work(one: Node) -> str:
            met[own].set()
            await met[other].wait()
            return own

        return work

    first = node(workflow, "a", meet("a", "b"), timeout_ms=30_000)
    second = node(workflow, "b", meet("b", "a"), timeout_ms=30_000)

    @workflow.steps
    async def steps(run: Run) -> None:
        run.step(first)
        run.step(second)

    assert workflow.run().value == {"a": "a", "b": "b"}


def test_a_failed_step_ends_the_run_and_the_rest_is_skipped(history: History) -> None:
    """The error has the node's id, and steps that never began are recorded once as skipped."""
    workflow = history.workflow()
    good = node(workflow, "good", lambda one: 1)
    bad = node(workflow, "bad", lambda one: 1 / one.data["by"])
    later = node(workflow, "later", lambda one: 2)
    chain(workflow, good, bad, later)
    outcome = workflow.run()
    assert isinstance(outcome.error, TypeError)
    assert outcome.node_id == "bad"
    execution = history.execution()
    assert execution.error is not None
    assert (execution.status, execution.error.node_id) == ("error", "bad")
    assert told(execution) == [("good", "success"), ("bad", "error"), ("later", "skipped")]


def test_a_failure_cancels_what_runs_beside_it(history: History) -> None:
    """A step that still runs when the run fails is recorded as canceled."""
    workflow = history.workflow()
    begun = asyncio.Event()

    async def wait(one: Node) -> None:
        begun.set()
        await asyncio.Event().wait()

    async def fail(one: Node) -> None:
        await begun.wait()
        raise ValueError("no")

    waiting, failing = node(workflow, "waiting", wait), node(workflow, "failing", fail)

    @workflow.steps
    async def steps(run: Run) -> None:
        run.step(waiting)
        run.step(failing)

    assert workflow.run().node_id == "failing"
    execution = history.execution()
    (canceled,) = nodes_of(execution, "waiting")
    assert canceled.error is not None
    assert canceled.error.kind == "canceled"


@pytest.mark.parametrize("kind", ["plain", "coroutine", "generator"])
@pytest.mark.parametrize("error", [SystemExit(3), StopIteration("end"), ValueError("no")])
def test_whatever_a_body_raises_is_the_node_s_failure(
    history: History, kind: str, error: BaseException
) -> None:
    """Code that exits the process only ends its run."""

    def plain_body(given: Any) -> Any:
        raise error

    async def coroutine_body(given: Any) -> Any:
        raise error

    def generator_body(given: Any) -> Any:
        yield 1
        raise error

    bodies = {"plain": plain_body, "coroutine": coroutine_body, "generator": generator_body}
    outcome = run_alone(history.workflow(), lambda one: one.call(bodies[kind]))
    assert outcome.node_id == "only"
    assert str(error) in str(outcome.error) or isinstance(error, StopIteration)
    (only,) = nodes_of(history.execution(), "only")
    assert only.status == "error"


def test_a_cancellation_that_nobody_asked_for_is_a_failure(history: History) -> None:
    """A task that a node awaits may be canceled; `onError` applies as for any failure."""

    async def wait(one: Node) -> None:
        inner = asyncio.ensure_future(asyncio.Event().wait())
        inner.cancel()
        await inner

    outcome = run_alone(history.workflow(), wait, on_error="fallback", fallback_value="instead")
    assert outcome.value == "instead"
