"""Recorders in processes that fork, exec, spawn, end early or are ending."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from flightlog.record.model import WorkflowExecution
from flightlog.spool import list_spools
from support.programs import run_program
from support.recordings import lines_in, merged, node, value


def executions_in(place: Path) -> dict[str, WorkflowExecution]:
    """Return the executions that dead processes left, by their trigger's type."""
    found = merged(lines_in(place))
    return {execution.trigger.type if execution.trigger else "": execution for execution in found}


def test_a_process_that_ends_leaves_its_records_for_the_next(tmp_path: Path) -> None:
    """Without a receiver, everything is in the spool when the process has ended."""
    run_program("capture_records_a_node", tmp_path)
    (execution,) = executions_in(tmp_path).values()
    assert execution.status == "success"


@pytest.mark.parametrize(
    ("end", "code"), [("exit", 0), ("kill", -signal.SIGKILL), ("abort", -signal.SIGABRT)]
)
def test_what_was_appended_survives_every_end(tmp_path: Path, end: str, code: int) -> None:
    """A process that ends without any warning loses nothing that was recorded."""
    run_program("capture_dies_after_many_nodes", tmp_path, end, expected_code=code)
    (execution,) = executions_in(tmp_path).values()
    assert execution.status == "running"
    done = [node_run for node_run in execution.node_executions if node_run.status == "success"]
    assert [value(node_run.output) for node_run in done] == list(range(100))
    assert node(execution, "last").status == "running"


def test_a_forked_child_has_a_spool_of_its_own(tmp_path: Path) -> None:
    """Parent and child record at the same time, and share neither numbers nor files."""
    run_program("capture_forks", tmp_path)
    assert len(list_spools(tmp_path)) == 2
    found = merged(lines_in(tmp_path))
    kinds = [execution.trigger.type for execution in found if execution.trigger]
    assert (kinds.count("before"), kinds.count("parent"), kinds.count("child")) == (1, 50, 50)
    assert all(execution.status == "success" for execution in found)


def test_the_parents_lock_outlives_its_child(tmp_path: Path) -> None:
    """A child that ends releases no lock of its parent; a parent that ends is detected as dead."""
    printed = run_program("capture_shows_whether_it_lives", tmp_path)
    assert printed.splitlines() == ["[True]", "[False]"]


def test_an_execution_goes_on_in_a_forked_child(tmp_path: Path) -> None:
    """Nodes that a child runs belong to the parent's execution, with places of their own."""
    run_program("capture_continues_in_a_fork", tmp_path)
    (execution,) = executions_in(tmp_path).values()
    assert execution.status == "success"
    assert {node_run.node_id for node_run in execution.node_executions} == {
        "before",
        "in-child",
        "in-parent",
    }
    assert len({node_run.sequence for node_run in execution.node_executions}) == 3
    assert all(node_run.status == "success" for node_run in execution.node_executions)


def test_a_fork_while_threads_record_does_not_hang(tmp_path: Path) -> None:
    """A child that is forked while other threads append can record at once."""
    run_program("capture_forks_while_threads_record", tmp_path)
    found = merged(lines_in(tmp_path))
    kinds = [execution.trigger.type for execution in found if execution.trigger]
    assert kinds.count("child") == 10
    assert all(execution.status == "success" for execution in found)


def test_exec_leaves_the_spool_to_others(tmp_path: Path) -> None:
    """A process that becomes another program holds no lock, and its records stay."""
    printed = run_program("capture_becomes_another_program", tmp_path)
    assert printed.strip() == "[False]"
    assert len(executions_in(tmp_path)) == 1


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_multiprocessing_records_in_its_children(tmp_path: Path, method: str) -> None:
    """Pools of every kind record the nodes that run in them."""
    run_program("capture_in_a_pool", tmp_path, method)
    found = merged(lines_in(tmp_path))
    outputs = sorted(value(node(item, "square").output) for item in found)
    assert outputs == [number * number for number in range(20)]


def test_recording_at_the_very_end_works(tmp_path: Path) -> None:
    """Functions that run while the interpreter ends are recorded, too."""
    run_program("capture_at_exit", tmp_path)
    assert set(executions_in(tmp_path)) == {"atexit", "before"}


def test_a_signal_handler_may_record(tmp_path: Path) -> None:
    """A handler that records in the middle of recording neither hangs nor loses."""
    printed = run_program("capture_in_a_signal_handler", tmp_path)
    count, lost, swallowed = map(int, printed.split())
    assert (lost, swallowed) == (0, 0)
    found = merged(lines_in(tmp_path))
    assert (
        sum(
            execution.trigger is not None and execution.trigger.type == "signal"
            for execution in found
        )
        == count
    )
    assert all(execution.status == "success" for execution in found)


def test_a_workflow_near_its_recursion_limit_is_left_alone(tmp_path: Path) -> None:
    """If the stack is nearly used up, recording may fail, but the workflow doesn't."""
    printed = run_program("capture_near_the_recursion_limit", tmp_path)
    assert printed.strip() == "went on"


def test_what_a_child_leaves_by_does_not_end_what_its_parent_began(tmp_path: Path) -> None:
    """Executions, nodes and streams from before a fork end only in the parent."""
    run_program("capture_exits_from_a_fork", tmp_path)
    (execution,) = executions_in(tmp_path).values()
    assert execution.status == "success"
    assert execution.error is None
    assert [node_run.status for node_run in execution.node_executions] == ["success", "success"]
    assert all(node_run.error is None for node_run in execution.node_executions)


def test_a_stream_that_outlives_the_program_does_not_hang_it(tmp_path: Path) -> None:
    """Finalizers that record at the interpreter's end start no thread; the records are kept."""
    run_program("capture_leaves_a_stream", tmp_path)
    (execution,) = executions_in(tmp_path).values()
    assert execution.error is not None
    assert execution.error.kind == "canceled"


def test_what_is_recorded_when_nothing_can_be_imported_any_more_is_kept(tmp_path: Path) -> None:
    """A finalizer that runs as the very last code records times, values and errors as usual."""
    run_program("capture_in_the_last_finalizer", tmp_path)
    (execution,) = executions_in(tmp_path).values()
    (recorded,) = execution.node_executions
    assert recorded.error is not None
    assert recorded.error.message == "no more"
    assert value(recorded.output) == {
        "at": {"$flightlog": "date", "value": "2026-11-25"},
        "sum": {"$flightlog": "decimal", "value": "1.5"},
    }
    assert execution.status == "error"


def test_streams_may_be_collected_at_any_moment(tmp_path: Path) -> None:
    """A finalizer records wherever the garbage collector runs, in any code and in any thread."""
    run_program("capture_while_garbage_is_collected", tmp_path)
    found = merged(lines_in(tmp_path))
    assert len(found) == 1501
    assert all(item.error is not None and item.error.kind == "canceled" for item in found)


def test_a_workflow_that_has_used_up_its_file_descriptors_is_recorded(tmp_path: Path) -> None:
    """If no further file can be opened, the open file grows."""
    printed = run_program("capture_without_file_descriptors", tmp_path)
    assert printed.split() == ["0", "0", "0"]
    recorded = [
        execution
        for execution in merged(lines_in(tmp_path))
        if execution.trigger and execution.trigger.type == "held"
    ]
    assert len(recorded) == 120
    assert {item.status for item in recorded} == {"success"}


@pytest.mark.parametrize("handler", ["records", "raises"])
@pytest.mark.parametrize(("moment", "step"), [("first", 421), ("later", 127)])
def test_a_signal_at_any_instruction_of_recording_costs_nothing(
    tmp_path: Path, moment: str, step: int, handler: str
) -> None:
    """A handler's records are kept, its exception reaches the workflow, and recording goes on."""
    printed = run_program(
        "recording_interrupted_at_instructions",
        *(tmp_path, moment, handler, 1, step),
        measured=False,
    )
    count, *wrong = reversed(printed.splitlines())
    assert wrong == []
    assert int(count) > 20
