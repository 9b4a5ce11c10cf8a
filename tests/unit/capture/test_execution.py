"""Executions: their ids, parents, times and threads."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from flightlog.record.times import normalize_time
from support.recordings import node, recording, value


def test_a_sub_workflow_names_its_parent(tmp_path: Path) -> None:
    """An execution begun within another execution is its sub-workflow."""
    with recording(tmp_path) as made:
        with made.recorder.execution() as outer, outer.node("call"), made.recorder.execution():
            pass
        first, second = made.executions()
    assert second.parent_execution_id == first.id
    assert first.parent_execution_id is None


def test_an_id_given_twice_and_a_run_entered_twice_end_as_they_should(tmp_path: Path) -> None:
    """The process counts as busy only as long as one of the two runs."""
    with recording(tmp_path) as made:
        first, second = (made.recorder.execution(execution_id="same") for _ in range(2))
        first.begin()
        second.begin()
        first.end()
        made.recorder.close(0)
        assert made.recorder.status().process_id is not None
        second.end()
        with second:
            pass
        made.recorder.close(0)
        assert made.recorder.status().process_id is None


def test_threads_may_use_one_execution(tmp_path: Path) -> None:
    """An execution can be handed to threads; each of its nodes is recorded once."""
    with recording(tmp_path) as made:
        with made.recorder.execution() as run:

            def work() -> None:
                for _ in range(50):
                    with run.node("n"):
                        pass

            threads = [threading.Thread(target=work) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        execution = made.execution()
    assert sorted(node_run.sequence or 0 for node_run in execution.node_executions) == list(
        range(400)
    )


def test_a_clock_that_steps_back_turns_no_time_around(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within an execution all times follow the monotonic clock."""
    import time  # noqa: PLC0415

    now = time.time_ns()
    with recording(tmp_path) as made:
        with made.recorder.execution() as run, run.node("a"):
            monkeypatch.setattr(time, "time_ns", lambda: now - 3600 * 10**9)
        execution = made.execution()
    node_run = node(execution, "a")
    assert node_run.started_at is not None
    assert node_run.completed_at is not None
    assert execution.started_at <= node_run.started_at <= node_run.completed_at
    assert execution.completed_at is not None
    assert node_run.completed_at <= execution.completed_at
    assert normalize_time(execution.started_at) == execution.started_at


def test_odd_arguments_are_recorded_as_well_as_can_be(tmp_path: Path) -> None:
    """No argument makes recording raise; the closest valid value replaces an invalid one."""
    with recording(tmp_path) as made:
        with made.recorder.execution(trigger=42, tags={"a": object()}):  # type: ignore[arg-type, dict-item]  # on purpose
            pass
        with made.recorder.execution(trigger="scheduled") as run:
            with run.node(object()) as node_run:  # type: ignore[arg-type]  # on purpose
                node_run.output = object()
        executions = made.executions()
    assert [execution.status for execution in executions] == ["success", "success"]
    assert executions[0].trigger is not None
    assert value(executions[0].trigger.data) == 42
