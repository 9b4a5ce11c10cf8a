"""Steps: their order, choices and skips, the data between them, and the run's result."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from flightlog.errors import InvalidExpressionError, InvalidInputError, InvalidWorkflowError
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


@pytest.mark.parametrize(
    ("amount", "taken", "other"), [(200, "large", "small"), (2, "small", "large")]
)
def test_a_condition_chooses_and_passes_on_what_flowed_in(
    history: History, amount: int, taken: str, other: str
) -> None:
    """The other branch and the steps after it are recorded once as skipped."""
    workflow = history.workflow()
    ask = node(
        workflow, "ask", lambda one: one.condition("{{ input.amount > 100 }}"), type="condition"
    )
    large = node(workflow, "large", lambda one: ("large", one.data))
    small = node(workflow, "small", lambda one: ("small", one.data))
    after = node(workflow, f"after-{other}", lambda one: "never")
    end = node(workflow, "end", lambda one: one.data)
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
    assert dict(told(execution)) == {
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
        lambda one: one.switch("{{ input.tier }}", cases, default="default"),
        type="switch",
    )
    ways = {
        name: node(workflow, name, lambda one: one.definition.id)
        for name in ("gold", "three", "yes", "default")
    }

    @workflow.steps
    async def steps(run: Run) -> None:
        asked = run.step(ask)
        for name, way in ways.items():
            run.step(way, after=[asked.on(name)])

    assert workflow.run({"tier": tier}).value == chosen
    statuses = dict(told(history.execution()))
    assert [name for name in ways if statuses[name] == "success"] == [chosen]


def test_an_edge_condition_decides_by_outputs(history: History) -> None:
    """An edge is taken when its expression is true; a faulty expression fails the run."""
    workflow = history.workflow()
    first = node(workflow, "first", lambda one: {"ok": False})
    never = node(workflow, "never", lambda one: 1)
    broken = node(workflow, "broken", lambda one: 1)

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
    assert dict(told(history.execution())) == {
        "first": "success",
        "never": "skipped",
        "broken": "error",
    }


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


def test_an_early_return_ends_the_run_with_its_value(history: History) -> None:
    """The following steps are skipped, and the run is a success."""
    workflow = history.workflow()
    leave = node(workflow, "leave", lambda one: one.early_return({"id": "{{ input.id }}"}))
    later = node(workflow, "later", lambda one: 2)
    chain(workflow, leave, later)
    outcome = workflow.run({"id": 7})
    assert (outcome.error, outcome.value) == (None, {"id": 7})
    execution = history.execution()
    assert execution.status == "success"
    assert told(execution) == [("leave", "success"), ("later", "skipped")]
    (left,) = nodes_of(execution, "leave")
    assert plain(left.output) == {"id": 7}


def test_inputs_are_checked_and_get_their_defaults(history: History) -> None:
    """An invalid input fails the run before its first node, and the failure is recorded."""
    inputs = {
        "id": {"type": "number", "required": True},
        "note": {"type": "string", "default": "none"},
        "size": {"type": "number", "validation": {"minimum": 1}},
    }
    workflow = history.workflow(inputs=inputs)
    chain(workflow, node(workflow, "echo", lambda one: one.data))
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


def test_a_body_runs_in_a_thread_unless_it_is_a_coroutine(history: History) -> None:
    """Both kinds of functions get the incoming data, and a generator's items become a list."""
    workflow = history.workflow()

    def plain_body(given: Any) -> Any:
        return given + 1

    async def coroutine_body(given: Any) -> Any:
        await asyncio.sleep(0)
        return given * 2

    def generator_body(given: Any) -> Any:
        yield given
        yield "end"

    chain(
        workflow,
        node(workflow, "a", lambda one: one.call(plain_body)),
        node(workflow, "b", lambda one: one.call(coroutine_body)),
        node(workflow, "c", lambda one: one.call(generator_body)),
    )
    assert workflow.run(3).value == [8, "end"]


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


def test_a_delay_passes_on_what_flowed_in_and_refuses_what_is_no_time(history: History) -> None:
    """The wait may be an expression."""
    workflow = history.workflow()
    assert run_alone(workflow, lambda one: one.delay("{{ input.ms }}"), {"ms": 1}).value == {
        "ms": 1
    }
    error = workflow.run({"ms": "soon"}).error
    assert isinstance(error, InvalidInputError)


def test_a_function_that_is_no_node_or_a_step_twice_is_refused(history: History) -> None:
    """A fault in the definition fails the run with advice."""
    workflow = history.workflow()
    twice = node(workflow, "twice", lambda one: 1)

    @workflow.steps
    async def steps(run: Run) -> None:
        run.step(twice)
        run.step(twice)

    assert isinstance(workflow.run().error, InvalidWorkflowError)

    async def stranger(one: Node) -> None:
        pass

    chain(workflow, stranger)
    assert isinstance(workflow.run().error, InvalidWorkflowError)
    with pytest.raises(InvalidWorkflowError, match="two nodes"):
        node(workflow, "twice", lambda one: 1)


def test_a_workflow_without_steps_fails_its_run(history: History) -> None:
    """The failed run is recorded too."""
    assert isinstance(history.workflow().run().error, InvalidWorkflowError)
    assert history.execution().status == "error"


def test_an_input_that_may_be_missing_is_null_to_expressions(history: History) -> None:
    """A node that gets the whole input sees it without the null values."""
    inputs = {"customer": {"type": "string"}, "count": {"type": "number", "default": 2}}
    workflow = history.workflow(inputs=inputs)
    seen: list[Any] = []

    def look(one: Node) -> Any:
        seen.append(one.resolve(["{{ input.customer }}", "{{ input.count }}", "{{ input.extra }}"]))
        return one.data

    outcome = run_alone(workflow, look, {"extra": True})
    assert outcome.error is None
    assert seen == [[None, 2, True]]
    assert outcome.value == {"extra": True, "count": 2}


def test_a_recorded_stack_holds_the_authors_frames_alone(history: History) -> None:
    """The stack lacks the runtime's frames, but has the frame where the author's code raised."""
    workflow = history.workflow()

    def declined(one: Node) -> Any:
        raise ValueError("card declined")

    assert run_alone(workflow, declined).error is not None
    error = history.execution().error
    assert error is not None
    assert error.stack is not None
    assert "flightlog/runtime" not in error.stack
    assert "flightlog/capture" not in error.stack
    assert "in declined" in error.stack
