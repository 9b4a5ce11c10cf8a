"""The execution and node that the running code belongs to."""

from __future__ import annotations

from pathlib import Path

from support.recordings import node, recording


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
