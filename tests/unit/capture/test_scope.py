"""The execution and node that the running code belongs to."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from flightlog.capture import Recorder, carry
from support.recordings import node, recording, value


def test_nodes_before_their_execution_begins_block_nothing(tmp_path: Path) -> None:
    """An execution isn't its own parent, and later nodes don't belong to it."""
    with recording(tmp_path) as made:
        execution = made.recorder.execution()
        with execution.node("early"):
            pass
        with execution, execution.node("charge"):
            pass
        with made.recorder.execution():
            pass
        first, second = made.executions()
    assert {run.node_id for run in first.node_executions} == {"early", "charge"}
    assert first.parent_execution_id is None
    assert (second.parent_execution_id, second.node_executions) == (None, ())


def test_node_begun_again_within_itself_blocks_nothing(tmp_path: Path) -> None:
    """A node that is entered twice, or within its own node, doesn't stop the workflow."""
    with recording(tmp_path) as made:
        with made.recorder.execution() as execution:
            twice, inner = execution.node("twice"), execution.node("inner")
            with twice, twice, inner, twice, inner:
                pass
            with execution.node("after"):
                pass
        with made.recorder.execution():
            pass
        first, second = made.executions()
    assert node(first, "after").status == "success"
    assert second.parent_execution_id is None


def test_branches_of_asyncio_have_the_right_parents(tmp_path: Path) -> None:
    """Nodes in tasks of gather and TaskGroup belong to the node that started them."""

    async def branch(made: Recorder, name: str) -> None:
        execution = made.current
        assert execution is not None
        async with execution.node(name):
            await asyncio.sleep(0)
            async with execution.node(f"{name}-child"):
                await asyncio.sleep(0)

    async def main(made: Recorder) -> None:
        async with made.execution() as run, run.node("parallel"):
            await asyncio.gather(branch(made, "a"), branch(made, "b"))
            async with asyncio.TaskGroup() as group:
                group.create_task(branch(made, "c"))

    with recording(tmp_path) as made:
        asyncio.run(main(made.recorder))
        execution = made.execution()
    place = {node_run.node_id: node_run.sequence for node_run in execution.node_executions}
    parents = {node_run.node_id: node_run.parent_sequence for node_run in execution.node_executions}
    for name in "abc":
        assert parents[name] == place["parallel"]
        assert parents[f"{name}-child"] == place[name]


def test_threads_carry_the_scope(tmp_path: Path) -> None:
    """`carry` and `asyncio.to_thread` hand the scope to threads; decorated nodes find the scope."""
    with recording(tmp_path) as made:
        recorder = made.recorder

        @recorder.node
        def work(number: int) -> int:
            return number * 2

        with recorder.execution() as run, run.node("map"), ThreadPoolExecutor(4) as pool:
            assert list(pool.map(carry(work), range(20))) == [2 * number for number in range(20)]
        execution = made.execution()
    runs = [node_run for node_run in execution.node_executions if node_run.node_id == "work"]
    assert sorted(value(execution.output) for execution in runs) == [
        2 * number for number in range(20)
    ]
    assert {execution.parent_sequence for execution in runs} == {0}
    assert len({execution.sequence for execution in runs}) == 20
