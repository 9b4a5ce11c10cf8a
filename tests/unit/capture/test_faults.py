"""Recording when the stack or the memory is used up."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from flightlog.capture import Recorder
from flightlog.spool import frames, writer
from support.programs import run_program
from support.recordings import lines_in, merged, recording


def test_every_remaining_depth_records_and_hangs_no_thread(tmp_path: Path) -> None:
    """With 1 to 80 frames left, a run that ends well is a success, and other threads record."""
    ended = set(run_program("capture_at_every_depth", tmp_path, measured=False).split())
    lines = lines_in(tmp_path)
    numbers = {json.loads(line)["message"]["number"] for line in lines}
    assert numbers == set(range(1, max(numbers) + 1))
    found = {execution.id: execution for execution in merged(lines)}
    assert {f"other-{left}" for left in range(1, 81)} < ended
    assert len(ended) > 80 + 60
    assert {name: found[name].status for name in ended} == dict.fromkeys(ended, "success")
    nodes = [node for execution in found.values() for node in execution.node_executions]
    assert nodes
    assert {node.status for node in nodes} <= {"success", "error"}


def test_the_deepest_node_of_a_recursion_error_has_its_error(tmp_path: Path) -> None:
    """The end, for which there is no stack, is written when the stack has been unwound."""
    with recording(tmp_path) as made:

        @made.recorder.node("endless")
        def endless(depth: int) -> int:
            return endless(depth + 1)

        with pytest.raises(RecursionError), made.recorder.execution():
            endless(0)
        execution = made.execution()
    assert execution.status == "error"
    assert len(execution.node_executions) > 100
    assert {node.status for node in execution.node_executions} == {"error"}
    errors = {node.error and node.error.type for node in execution.node_executions}
    assert errors == {"RecursionError"}


def test_nodes_after_a_recursion_error_belong_where_they_run(tmp_path: Path) -> None:
    """A node without the stack to enter or leave its scope isn't the next node's parent."""
    with recording(tmp_path) as made:

        @made.recorder.node("endless")
        def endless(depth: int) -> int:
            return endless(depth + 1)

        with made.recorder.execution() as execution, execution.node("outer") as outer:
            with pytest.raises(RecursionError):
                endless(0)
            assert made.recorder.current is execution
            with execution.node("after"):
                pass
        (found,) = made.executions()
    after = next(node for node in found.node_executions if node.node_id == "after")
    assert after.parent_sequence == outer.sequence
    assert {node.status for node in found.node_executions if node.node_id != "endless"} == {
        "success"
    }


@pytest.mark.parametrize("kind", [MemoryError, RecursionError])
@pytest.mark.parametrize("times", [1, 2, 3, 50])
def test_faults_in_a_row_cost_no_record_and_no_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: type[Exception], times: int
) -> None:
    """However often a frame can't be made, the run's end is written as soon as possible."""
    real, left = frames.encode_frame, [0]

    def encode(*arguments: Any) -> bytes:
        if left[0]:
            left[0] -= 1
            raise kind
        return real(*arguments)

    monkeypatch.setattr(writer, "encode_frame", encode)
    with recording(tmp_path) as made:
        with made.recorder.execution(execution_id="before"):
            pass
        left[0] = times
        with made.recorder.execution(execution_id="struck") as execution, execution.node("n"):
            pass
        left[0] = 0
        _record_elsewhere(made.recorder)
        assert made.recorder.status().lost == 0
        found = {execution.id: execution for execution in made.executions()}
    assert {name: item.status for name, item in found.items()} == dict.fromkeys(
        ("before", "struck", "elsewhere"), "success"
    )
    assert [node.status for node in found["struck"].node_executions] == ["success"]


def _record_elsewhere(recorder: Recorder) -> None:
    def record() -> None:
        with recorder.execution(execution_id="elsewhere"):
            pass

    thread = threading.Thread(target=record, daemon=True)
    thread.start()
    thread.join(30)
    assert not thread.is_alive()


def test_a_decorated_call_takes_one_frame_more_than_the_call_itself(tmp_path: Path) -> None:
    """Where the plain call has a frame to spare, want of stack in recording reaches nobody."""
    lines = run_program("capture_measures_its_frames", tmp_path, measured=False).splitlines()
    assert len(lines) == 14
    assert {line for line in lines if int(line.split()[1]) > 1} == set()


def test_an_observer_gets_what_it_could_not_be_called_with(tmp_path: Path) -> None:
    """The deepest nodes of a RecursionError end for an observer as they do in the history."""
    printed = run_program("capture_observes_a_recursion_error", tmp_path, measured=False)
    assert printed == "True {'error'}\n"
