"""Steps: their order, choices and skips, the data between them, and the run's result."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from flightlog.runtime import Node, Run
from support.workflows import History, chain, list_statuses, node, nodes_of, plain, run_alone


def test_a_step_is_given_what_the_one_before_gave(history: History) -> None:
    """Data flows along the edges, and the record contains input and output."""
    workflow = history.workflow()
    chain(
        workflow,
        node(workflow, "double", lambda node: node.data["n"] * 2),
        node(workflow, "text", lambda node: f"{node.data}!"),
    )
    assert workflow.run({"n": 4}).value == "8!"
    execution = history.execution()
    assert execution.status == "success"
    assert execution.execution_mode == "production"
    assert list_statuses(execution) == [("double", "success"), ("text", "success")]
    (double,), (text,) = nodes_of(execution, "double"), nodes_of(execution, "text")
    assert (plain(double.input), plain(double.output)) == ({"n": 4}, 8)
    assert (plain(text.input), plain(text.output)) == (8, "8!")


def test_what_several_steps_gave_comes_together_by_their_ids(history: History) -> None:
    """A step after two steps gets both outputs; two end steps give an object of results."""
    workflow = history.workflow()
    left = node(workflow, "left", lambda node: "l")
    right = node(workflow, "right", lambda node: "r")
    both = node(workflow, "both", lambda node: node.data)
    alone = node(workflow, "alone", lambda node: 1)

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
        async def work(node: Node) -> str:
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


@pytest.mark.parametrize(("by", "ran"), [(0, "after_error"), (2, "after_success")])
def test_edges_for_errors_and_for_success(history: History, by: int, ran: str) -> None:
    """One of both edges is taken, and the error flows along the edge for errors."""
    workflow = history.workflow()
    divide = node(workflow, "divide", lambda node: 6 / node.data["by"], on_error="continue")
    after_error = node(workflow, "after_error", lambda node: node.data["error"]["name"])
    after_success = node(workflow, "after_success", lambda node: node.data)

    @workflow.steps
    async def steps(run: Run) -> None:
        step = run.step(divide)
        run.step(after_error, after=[step.on_error()])
        run.step(after_success, after=[step.on_success()])

    outcome = workflow.run({"by": by})
    assert outcome.value == ("ZeroDivisionError" if by == 0 else 3)
    statuses = dict(list_statuses(history.execution()))
    assert statuses.pop(ran) == "success"
    assert statuses == {
        "divide": "error" if by == 0 else "success",
        "after_success" if by == 0 else "after_error": "skipped",
    }


@pytest.mark.parametrize(("amount", "status"), [(5, "success"), (0, "skipped")])
def test_a_condition_on_the_start(history: History, amount: int, status: str) -> None:
    """A step after the start gets the run's input, if the condition is true."""
    workflow = history.workflow()
    charge = node(workflow, "charge", lambda node: node.data["amount"])

    @workflow.steps
    async def steps(run: Run) -> None:
        run.step(charge, after=[run.start.when("{{ input.amount > 1 }}")])

    assert workflow.run({"amount": amount}).value == (amount or None)
    assert list_statuses(history.execution()) == [("charge", status)]


def test_notes_of_a_node_are_in_its_record(history: History) -> None:
    """A note says what the manifest says about a node in vain."""
    workflow = history.workflow()
    chain(workflow, node(workflow, "work", lambda node: 1, notes=["An edge is ignored."]))
    workflow.run()
    (work,) = nodes_of(history.execution(), "work")
    assert "An edge is ignored." in str(plain(work.logs))


def test_a_failed_step_ends_the_run_and_the_rest_is_skipped(history: History) -> None:
    """The error has the node's id, and steps that never began are recorded once as skipped."""
    workflow = history.workflow()
    good = node(workflow, "good", lambda node: 1)
    bad = node(workflow, "bad", lambda node: 1 / node.data["by"])
    later = node(workflow, "later", lambda node: 2)
    chain(workflow, good, bad, later)
    outcome = workflow.run()
    assert isinstance(outcome.error, TypeError)
    assert outcome.node_id == "bad"
    execution = history.execution()
    assert execution.error is not None
    assert (execution.status, execution.error.node_id) == ("error", "bad")
    assert list_statuses(execution) == [("good", "success"), ("bad", "error"), ("later", "skipped")]


def test_a_failure_cancels_what_runs_beside_it(history: History) -> None:
    """A step that still runs when the run fails is recorded as canceled."""
    workflow = history.workflow()
    begun = asyncio.Event()

    async def wait(node: Node) -> None:
        begun.set()
        await asyncio.Event().wait()

    async def fail(node: Node) -> None:
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
    outcome = run_alone(history.workflow(), lambda node: node.call(bodies[kind]))
    assert outcome.node_id == "only"
    assert str(error) in str(outcome.error) or isinstance(error, StopIteration)
    (only,) = nodes_of(history.execution(), "only")
    assert only.status == "error"


def test_a_cancellation_that_nobody_asked_for_is_a_failure(history: History) -> None:
    """A task that a node awaits may be canceled; `onError` applies as for any failure."""

    async def wait(node: Node) -> None:
        inner = asyncio.ensure_future(asyncio.Event().wait())
        inner.cancel()
        await inner

    outcome = run_alone(history.workflow(), wait, on_error="fallback", fallback_value="instead")
    assert outcome.value == "instead"
