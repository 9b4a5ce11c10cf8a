"""Loops and parallels: each child has node executions of its own."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from flightlog.errors import InvalidInputError
from flightlog.runtime import Node, Run, Workflow
from flightlog.runtime.definition import GroupFunction
from support.workflows import Body, History, chain, list_statuses, node, nodes_of, plain


def _loop(workflow: Workflow, *bodies: Body | GroupFunction, **options: Any) -> Any:
    async def children(run: Run) -> None:
        last: list[Any] = []
        for body in bodies:
            last = [run.step(body, after=last)]

    return workflow.loop("each", "Each", items="{{ input.items }}", **options)(children)


@pytest.mark.parametrize("most", [1, 2, 10])
def test_a_loop_runs_its_children_for_each_item(history: History, most: int) -> None:
    """Outputs have the order of the items, not of completion; the record names each parent."""
    workflow = history.workflow()
    double = node(workflow, "double", lambda node: node.data * 2)
    label = node(
        workflow,
        "label",
        lambda node: node.resolve("{{ index }}: {{ item }} -> {{ nodes.double.output }}"),
    )
    chain(workflow, _loop(workflow, double, label, max_concurrency=most))
    assert workflow.run({"items": [5, 6, 7]}).value == ["0: 5 -> 10", "1: 6 -> 12", "2: 7 -> 14"]
    execution = history.execution()
    (each,) = nodes_of(execution, "each")
    assert plain(each.input) == {"items": [5, 6, 7]}
    children = [*nodes_of(execution, "double"), *nodes_of(execution, "label")]
    assert len(children) == 6
    assert {child.parent_sequence for child in children} == {each.sequence}
    assert {child.attempt for child in children} == {1}
    assert sorted(plain(node_run.input) for node_run in nodes_of(execution, "double")) == [5, 6, 7]


def test_a_loop_runs_no_more_at_a_time_than_it_may(history: History) -> None:
    """With a concurrency of 2, two iterations run at the same time, and never three."""
    workflow = history.workflow()
    together: list[int] = []
    running = 0

    async def work(node: Node) -> None:
        nonlocal running
        running += 1
        together.append(running)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        running -= 1

    chain(workflow, _loop(workflow, node(workflow, "work", work), max_concurrency=2))
    workflow.run({"items": list(range(8))})
    assert max(together) == 2


def test_a_loop_over_nothing_skips_its_children(history: History) -> None:
    """Each child is recorded once as skipped."""
    workflow = history.workflow()
    chain(workflow, _loop(workflow, node(workflow, "work", lambda node: 1)))
    assert workflow.run({"items": []}).value == []
    assert dict(list_statuses(history.execution())) == {"each": "success", "work": "skipped"}


def test_a_loop_over_no_list_is_refused(history: History) -> None:
    """The error names the value's type."""
    workflow = history.workflow()
    chain(workflow, _loop(workflow, node(workflow, "work", lambda node: 1)))
    for items in ("text", {"a": 1}, 7):
        outcome = workflow.run({"items": items})
        assert isinstance(outcome.error, InvalidInputError)
        assert outcome.node_id == "each"


def test_a_child_s_failure_is_the_loop_s_and_the_run_s(history: History) -> None:
    """The error has the child's id; with `onError` `continue`, the run continues."""
    workflow = history.workflow()
    work = node(workflow, "work", lambda node: 1 / node.data)
    loop = _loop(workflow, work, on_error="continue")
    after = node(workflow, "after", lambda node: "went on")
    chain(workflow, loop, after)
    assert workflow.run({"items": [1, 0, 1]}).value == "went on"
    execution = history.execution()
    (each,) = nodes_of(execution, "each")
    assert each.error is not None
    assert (each.status, each.error.node_id) == ("error", "work")
    assert [node_run.status for node_run in nodes_of(execution, "work")] == ["success", "error"]


def test_an_early_return_within_a_loop_ends_the_run(history: History) -> None:
    """The returned value is the run's result."""
    workflow = history.workflow()

    def work(node: Node) -> Any:
        return node.early_return("{{ item }}") if node.data == 2 else node.data

    chain(workflow, _loop(workflow, node(workflow, "work", work)))
    outcome = workflow.run({"items": [1, 2, 3]})
    assert (outcome.error, outcome.value) == (None, 2)
    assert dict(list_statuses(history.execution())) == {"each": "success", "work": "success"}


def test_loops_nest(history: History) -> None:
    """An inner loop's item hides the outer loop's item."""
    workflow = history.workflow()
    work = node(workflow, "work", lambda node: node.resolve("{{ item }}@{{ index }}"))

    @workflow.loop("inner", "Inner", items="{{ item }}")
    async def inner(run: Run) -> None:
        run.step(work)

    chain(workflow, _loop(workflow, inner))
    assert workflow.run({"items": [["a"], ["b", "c"]]}).value == [["a@0"], ["b@0", "c@1"]]


def _parallel(workflow: Workflow, mode: Any, *bodies: Body, **options: Any) -> None:
    @workflow.parallel("both", "Both", mode=mode, **options)
    async def both(run: Run) -> None:
        for body in bodies:
            run.step(body)

    chain(workflow, both)


async def _forever(node: Node) -> None:
    await asyncio.Event().wait()


def test_all_makes_an_object_of_what_the_children_gave(history: History) -> None:
    """Each child gets the parallel's incoming data."""
    workflow = history.workflow()
    bodies = [node(workflow, name, lambda node: [node.definition.id, node.data]) for name in "ab"]
    _parallel(workflow, "all", *bodies)
    assert workflow.run(1).value == {"a": ["a", 1], "b": ["b", 1]}
    execution = history.execution()
    (both,) = nodes_of(execution, "both")
    assert {node_run.parent_sequence for node_run in execution.node_executions} == {
        None,
        both.sequence,
    }


def test_all_fails_with_the_first_that_fails(history: History) -> None:
    """The other children are canceled."""
    workflow = history.workflow()
    bad = node(workflow, "bad", lambda node: 1 / 0)
    _parallel(workflow, "all", node(workflow, "slow", _forever), bad)
    assert workflow.run().node_id == "bad"
    assert dict(list_statuses(history.execution())) == {
        "both": "error",
        "slow": "error",
        "bad": "error",
    }


def test_race_takes_the_first_that_succeeds(history: History) -> None:
    """A child that failed before doesn't win, and a child that still runs is canceled."""
    workflow = history.workflow()
    bad = node(workflow, "bad", lambda node: 1 / 0)

    async def good_after_a_while(node: Node) -> str:
        await asyncio.sleep(0.01)
        return "good"

    good = node(workflow, "good", good_after_a_while)
    _parallel(workflow, "race", node(workflow, "slow", _forever), bad, good)
    assert workflow.run().value == "good"
    execution = history.execution()
    assert execution.status == "success"
    (slow,) = nodes_of(execution, "slow")
    assert slow.error is not None
    assert slow.error.kind == "canceled"


def test_race_fails_when_all_have_failed(history: History) -> None:
    """The error is the first child's error."""
    workflow = history.workflow()
    bodies = [node(workflow, item, lambda given: 1 / 0) for item in ("a", "b")]
    _parallel(workflow, "race", *bodies)
    assert isinstance(workflow.run().error, ZeroDivisionError)


def test_all_settled_tells_how_each_ended(history: History) -> None:
    """A child's failure doesn't fail the parallel."""
    workflow = history.workflow()
    good, bad = node(workflow, "good", lambda node: 1), node(workflow, "bad", lambda node: 1 / 0)
    _parallel(workflow, "allSettled", good, bad)
    value = workflow.run().value
    assert value["good"] == {"status": "fulfilled", "value": 1}
    assert value["bad"]["status"] == "rejected"
    assert value["bad"]["reason"]["message"] == "division by zero"
    assert history.execution().status == "success"


def test_a_parallel_has_a_time_limit(history: History) -> None:
    """The parallel fails with a timeout, and its children are canceled."""
    workflow = history.workflow()
    _parallel(workflow, "allSettled", node(workflow, "slow", _forever), timeout_ms=20)
    assert workflow.run().node_id == "both"
    (slow,) = nodes_of(history.execution(), "slow")
    assert slow.error is not None
    assert slow.error.kind == "canceled"


def test_a_condition_that_fails_in_all_settled_rejects_its_child_alone(history: History) -> None:
    """A condition's failure counts as the child's failure."""
    workflow = history.workflow()
    first, second = (node(workflow, name, lambda node: 1) for name in ("first", "second"))

    @workflow.parallel("both", "Both", mode="allSettled")
    async def both(run: Run) -> None:
        run.step(second, after=[run.step(first).when("{{ nodes.first.output.missing }}")])

    chain(workflow, both)
    value = workflow.run().value
    assert value["first"] == {"status": "fulfilled", "value": 1}
    assert value["second"]["status"] == "rejected"
    assert "missing" in value["second"]["reason"]["message"]
    assert dict(list_statuses(history.execution())) == {
        "both": "success",
        "first": "success",
        "second": "error",
    }


def test_children_that_never_began_are_recorded_as_skipped(history: History) -> None:
    """Children are skipped without items, for a cached output, and after a failed condition."""
    workflow = history.workflow()
    loop = _loop(workflow, node(workflow, "work", lambda node: 1), on_error="continue")

    @workflow.parallel("cached", "Cached", cache={"ttl_s": 60, "key": "one"})
    async def cached(run: Run) -> None:
        run.step(inner)

    @workflow.parallel("last", "Last")
    async def last(run: Run) -> None:
        run.step(never)

    inner, never = (node(workflow, name, lambda node: 1) for name in ("inner", "never"))

    @workflow.steps
    async def steps(run: Run) -> None:
        before = run.step(cached, after=[run.step(loop)])
        run.step(last, after=[before.when("{{ nodes.cached.output.missing }}")])

    for _ in range(2):
        workflow.run({"no": "items"})
    for execution, status in zip(history.executions(), ("success", "skipped"), strict=True):
        assert sorted(list_statuses(execution)) == [
            ("cached", "success"),
            ("each", "error"),
            ("inner", status),
            ("last", "error"),
            ("never", "skipped"),
            ("work", "skipped"),
        ]


def test_a_group_that_is_skipped_or_pinned_skips_its_children(history: History) -> None:
    """Each child is recorded once as skipped."""
    workflow = history.workflow()
    loop = _loop(workflow, node(workflow, "work", lambda node: 1), pinned=["pinned"])
    ask = node(workflow, "ask", lambda node: node.condition("{{ input.go }}"), type="condition")

    @workflow.steps
    async def steps(run: Run) -> None:
        run.step(loop, after=[run.step(ask).on("true")])

    workflow.run({"go": False})
    assert workflow.run({"go": True}, test=True).value == ["pinned"]
    skipped, pinned = history.executions()
    assert dict(list_statuses(skipped)) == {"ask": "success", "each": "skipped", "work": "skipped"}
    assert dict(list_statuses(pinned)) == {"ask": "success", "each": "success", "work": "skipped"}
