"""Executions and nodes that begin again while something of their run before still runs."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from flightlog.record.decoding import decode_execution
from flightlog.record.merge import merge_runs
from support.programs import run_program
from support.recordings import Recording, lines_in, recording

Nodes = list[tuple[int, str, str, int | None]]


def nodes_of_runs(lines: list[bytes]) -> list[Nodes]:
    """Of each run, the oldest first, its nodes: sequence, id, status and parent."""
    return [
        [
            (node.sequence or 0, node.node_id, node.status, node.parent_sequence)
            for node in execution.node_executions
        ]
        for execution in merge_runs(map(decode_execution, lines))
    ]


def decorated_leaf(place: Recording) -> Any:
    """Make a node that does nothing."""

    @place.recorder.node
    def leaf() -> None:
        pass

    return leaf


def test_a_coroutine_that_outlives_its_run_ends_in_it(tmp_path: Path) -> None:
    """When the same execution runs again, its end and its nodes belong to the first run."""
    with recording(tmp_path) as place:
        leaf = decorated_leaf(place)

        async def work() -> int:
            leaf()
            return 5

        @place.recorder.node
        def make() -> Any:
            return work()

        execution = place.recorder.execution(execution_id="order-7")
        with execution:
            made = make()

        async def second() -> None:
            with execution:
                leaf()
                assert await made == 5

        asyncio.run(second())
        assert nodes_of_runs(place.lines()) == [
            [(0, "make", "success", None), (1, "leaf", "success", 0)],
            [(0, "leaf", "success", None)],
        ]


def test_a_thread_that_outlives_its_run_ends_in_it(tmp_path: Path) -> None:
    """When the same execution runs again, the nodes of the thread belong to the first run."""
    begun, go_on = threading.Event(), threading.Event()
    with recording(tmp_path) as place, ThreadPoolExecutor(1) as pool:
        leaf = decorated_leaf(place)

        @place.recorder.node
        def slow() -> None:
            begun.set()
            go_on.wait(30)
            leaf()

        execution = place.recorder.execution()
        with execution:
            future = pool.submit(slow)
            assert begun.wait(30)
        with execution:
            leaf()
            go_on.set()
            future.result(30)
        assert nodes_of_runs(place.lines()) == [
            [(0, "slow", "success", None), (1, "leaf", "success", 0)],
            [(0, "leaf", "success", None)],
        ]


def test_a_node_within_itself_ends_in_both_places(tmp_path: Path) -> None:
    """None is left running, and the scope afterwards is the execution."""
    with recording(tmp_path) as place:
        leaf = decorated_leaf(place)
        with place.recorder.execution() as execution:
            node = execution.node("again")
            with node:
                with node:
                    leaf()
                assert place.recorder.current is execution
                leaf()
            leaf()
        assert nodes_of_runs(place.lines()) == [
            [
                (0, "again", "success", None),
                (1, "again", "success", None),
                (2, "leaf", "success", 1),
                (3, "leaf", "success", None),
                (4, "leaf", "success", None),
            ]
        ]


def test_a_node_that_begins_again_while_its_stream_is_read_ends_in_both_places(
    tmp_path: Path,
) -> None:
    """The stream passes on, and its end says nothing of the second run."""
    with recording(tmp_path) as place:
        items: Iterator[int]
        with place.recorder.execution() as execution:
            node = execution.node("again")
            with node:
                items = node.stream(iter([1, 2, 3]))
                assert next(items) == 1
            with node:
                assert list(items) == [2, 3]
                assert not node.ended
                node.output = "second"
        assert nodes_of_runs(place.lines()) == [
            [(0, "again", "success", None), (1, "again", "success", None)]
        ]


def test_a_run_whose_end_could_not_be_written_keeps_it(tmp_path: Path) -> None:
    """An end that waits for stack or memory is written into its own run, not the one after it."""
    with recording(tmp_path) as place:
        execution = place.recorder.execution(execution_id="order-7")
        barrier = place.recorder.context.barrier
        with execution:
            node = execution.node("late")
            node.begin()
            # As where no frame is left to write the end in.
            node.end_later(ValueError("declined"))
        with execution, execution.node("other"):
            pass
        barrier.write_unwritten()
        assert nodes_of_runs(place.lines()) == [
            [(0, "late", "error", None)],
            [(0, "other", "success", None)],
        ]


def test_a_fork_within_a_node_of_another_process_s_execution_is_not_busy(tmp_path: Path) -> None:
    """The child vouches only for its own nodes, and is idle when these have ended."""
    assert run_program("capture_forks_in_a_remote_node", tmp_path, measured=False).split() == ["0"]
    [nodes] = nodes_of_runs(lines_in(tmp_path))
    assert {name: status for _, name, status, _ in nodes} == {
        "outer": "success",
        "inner": "success",
    }
