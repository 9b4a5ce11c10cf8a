"""Nodes of an execution: their places, attempts, inputs and ends."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest
from msgspec import UNSET

from support.recordings import node, recording, value


def test_none_is_a_value_and_absence_is_none(tmp_path: Path) -> None:
    """A node with None as its input or output has null; a node without a value has nothing."""
    with recording(tmp_path) as made:
        with made.recorder.execution() as run, run.node("a", input=None) as a:
            a.output = None
        execution = made.execution()
    assert value(node(execution, "a").input) is None
    assert value(node(execution, "a").output) is None


def test_an_input_may_be_told_after_the_beginning(tmp_path: Path) -> None:
    """The input is in the record as soon as it is set, and replaces an earlier input."""
    with recording(tmp_path) as made:
        with made.recorder.execution() as run, run.node("a", input="first") as a:
            a.input = {"url": "http://127.0.0.1"}
            waiting = run.node("b")
            waiting.input = 1
            with waiting:
                waiting.output = 2
        execution = made.execution()
    assert value(node(execution, "a").input) == {"url": "http://127.0.0.1"}
    assert value(node(execution, "b").input) == 1
    assert node(execution, "b").status == "success"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (TimeoutError("late"), "timeout"),
        (asyncio.CancelledError(), "canceled"),
        (SystemExit(3), "exit"),
        (KeyboardInterrupt(), "interrupted"),
        (OSError("disk"), "exception"),
    ],
)
def test_each_end_is_recorded_as_what_it_is(
    tmp_path: Path, error: BaseException, kind: str
) -> None:
    """Timeouts, cancellation, exit and interruption pass on, each with its own kind."""
    with recording(tmp_path) as made:
        with pytest.raises(type(error)), made.recorder.execution() as run, run.node("a"):
            raise error
        execution = made.execution()
    assert execution.status == "error"
    assert execution.error is not None
    assert execution.error.kind == kind
    assert execution.error.message
    assert node(execution, "a").error is not None


def test_nodes_within_nodes_know_their_parent(tmp_path: Path) -> None:
    """A node begun within another node is its child; a node begun after it is not."""
    with recording(tmp_path) as made:
        with made.recorder.execution() as run:
            with run.node("outer"), run.node("inner"):
                pass
            with run.node("after"):
                pass
        execution = made.execution()
    assert node(execution, "inner").parent_sequence == node(execution, "outer").sequence
    assert node(execution, "after").parent_sequence is None


def test_a_loop_is_many_runs_and_a_retry_is_an_attempt(tmp_path: Path) -> None:
    """Runs after a success begin at attempt 1 again; runs after a failure count on."""
    with recording(tmp_path) as made:
        with made.recorder.execution() as run:
            for fails in (True, True, False, False):
                try:
                    with run.node("fetch"):
                        if fails:
                            raise ConnectionError("away")
                except ConnectionError:
                    continue
            with run.node("fetch", attempt=9):
                pass
        execution = made.execution()
    assert [node_run.attempt for node_run in execution.node_executions] == [1, 2, 3, 1, 9]
    assert [node_run.sequence for node_run in execution.node_executions] == [0, 1, 2, 3, 4]
    assert execution.status == "success"


def test_a_node_that_is_entered_again_is_another_run(tmp_path: Path) -> None:
    """Each turn of a loop runs a node that was made before, without data of the turn before."""
    with recording(tmp_path) as made:
        with made.recorder.execution() as run:
            fetch = run.node("fetch", input=1)
            for turn in range(3):
                with suppress(ConnectionError), fetch:
                    if turn == 1:
                        raise ConnectionError("away")
                    if turn == 0:
                        fetch.output = "first"
        first, second, third = made.execution().node_executions
    assert [node_run.status for node_run in (first, second, third)] == [
        "success",
        "error",
        "success",
    ]
    assert [node_run.sequence for node_run in (first, second, third)] == [0, 1, 2]
    assert [node_run.attempt for node_run in (first, second, third)] == [1, 1, 2]
    assert (value(first.input), value(first.output)) == (1, "first")
    assert (second.output, third.output, third.error) == (UNSET, UNSET, None)


def test_what_does_not_run_can_be_marked(tmp_path: Path) -> None:
    """A node of a branch that isn't taken is skipped; a node can fail without an exception."""
    with recording(tmp_path) as made:
        with made.recorder.execution() as run:
            run.skip("else", "Otherwise", "condition")
            with run.node("check") as check:
                check.fail("not enough stock", kind="stock")
        execution = made.execution()
    assert node(execution, "else").status == "skipped"
    checked = node(execution, "check")
    assert checked.status == "error"
    assert checked.error is not None
    assert (checked.error.message, checked.error.kind) == ("not enough stock", "stock")
    assert execution.status == "success"
