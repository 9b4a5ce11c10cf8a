"""Starts under an id that was used before, and nodes of forked workers."""

from __future__ import annotations

from pathlib import Path

import pytest

from flightlog.capture import Recorder
from flightlog.delivery.drain import drain
from flightlog.logger import ExecutionLogger
from flightlog.record.decoding import decode_execution
from flightlog.record.merge import merge_runs
from flightlog.record.model import NodeExecution, WorkflowExecution
from flightlog.spool import claim_orphan, list_spools
from flightlog.sqlite_destination import DatabaseDestination
from support.programs import run_program
from support.recordings import Recording, lines_in, recording
from support.waiting import until


def runs(lines: list[bytes]) -> list[WorkflowExecution]:
    """Return the runs in the messages, the oldest first."""
    return list(merge_runs(map(decode_execution, lines)))


def summary(executions: list[WorkflowExecution]) -> list[tuple[str, list[str], str | None]]:
    """Return each run's status, nodes, and error message."""
    return [
        (
            each.status,
            [node.node_id for node in each.node_executions],
            each.error.message if each.error else None,
        )
        for each in executions
    ]


FAILED_AND_RETRIED = [("error", ["reserve", "charge"], "declined"), ("success", ["mail"], None)]


def fail(recorder: Recorder) -> None:
    """Run an execution that fails at its second node."""
    execution = recorder.execution(execution_id="order-7")
    execution.begin()
    with execution.node("reserve"):
        pass
    with pytest.raises(ValueError, match="declined") as raised, execution.node("charge"):
        raise ValueError("declined")
    execution.end(raised.value)


def test_a_retry_under_the_same_id_is_a_second_run(tmp_path: Path) -> None:
    """The retry shows neither the error nor the nodes of the first run, and is linked to it."""
    with recording(tmp_path) as place:
        fail(place.recorder)
        with place.recorder.execution(execution_id="order-7") as execution, execution.node("mail"):
            pass
        first, second = runs(place.lines())
    assert summary([first, second]) == FAILED_AND_RETRIED
    assert (second.id, second.retry_of) == ("order-7", first.id)
    assert first.run_id is not None
    assert first.id == f"order-7@run-{first.run_id}"


def test_two_recordings_at_once_under_one_id_are_two_runs(tmp_path: Path) -> None:
    """The run that began later has the id, whichever ends first."""
    with recording(tmp_path) as place:
        first = place.recorder.execution(execution_id="order-7")
        second = place.recorder.execution(execution_id="order-7", trigger="second")
        with first, first.node("one"):
            with second, second.node("two"):
                pass
            with first.node("three"):
                pass
        older, newer = runs(place.lines())
    assert summary([older, newer]) == [
        ("success", ["one", "three"], None),
        ("success", ["two"], None),
    ]


def test_an_execution_that_is_begun_again_is_a_second_run(tmp_path: Path) -> None:
    """One object is used in two `with` blocks, and the first block fails."""
    with recording(tmp_path) as place:
        execution = place.recorder.execution(execution_id="order-7")
        with pytest.raises(ValueError, match="declined"), execution, execution.node("charge"):
            raise ValueError("declined")
        with execution, execution.node("charge"):
            pass
        found = runs(place.lines())
    assert summary(found) == [("error", ["charge"], "declined"), ("success", ["charge"], None)]
    assert [node.attempt for each in found for node in each.node_executions] == [1, 1]


def test_a_retry_in_another_process_is_a_second_run(tmp_path: Path) -> None:
    """A worker takes the same job again; the spools may be read in any order."""
    run_program("capture_runs_a_job", tmp_path, "die", expected_code=3)
    run_program("capture_runs_a_job", tmp_path)
    lines = lines_in(tmp_path)
    for order in (lines, lines[::-1]):
        older, newer = runs(order)
        assert (older.status, newer.status) == ("running", "success")


def test_a_start_in_a_forked_child_is_a_run_of_its_own(tmp_path: Path) -> None:
    """The start is a run of its own even if the object was made, or begun, before the fork."""
    run_program("capture_starts_in_forks", tmp_path)
    found = runs(lines_in(tmp_path))
    assert [each.id.split("@")[0] for each in found] == ["order-7"] * 2 + ["order-8"] * 3
    assert {each.status for each in found} == {"success"}
    assert sorted(len(each.node_executions) for each in found) == [0, 1, 1, 1, 1]


@pytest.mark.parametrize("parent_end", ["return", "kill", "exit"])
@pytest.mark.parametrize("worker_end", ["exit", "kill", "terminate"])
def test_a_worker_that_dies_in_a_node_leaves_it_crashed(
    tmp_path: Path, worker_end: str, parent_end: str
) -> None:
    """The node is crashed, however its worker dies and whatever became of the execution."""
    run_program(
        "capture_loses_a_worker",
        tmp_path,
        worker_end,
        parent_end,
        expected_code=-9 if parent_end == "kill" else 0,
    )
    with ExecutionLogger(tmp_path / "history.db") as logger:
        deliver_all(tmp_path, logger)
        (found,) = logger.get_executions("w")
        assert logger.reader.list_unfinished() == ()
    nodes = {node.node_id: node for node in found.node_executions}
    assert nodes["work"].status == "error"
    assert nodes["work"].error is not None
    assert nodes["work"].error.kind == "crashed"
    assert nodes["work"].process_id not in {None, found.process_id}
    assert (nodes["own"].status, nodes["own"].process_id) == ("success", None)
    assert found.status == ("success" if parent_end == "return" else "error")


def deliver_all(place: Path, logger: ExecutionLogger) -> None:
    """Deliver the spools of dead processes, and report the end of the processes."""
    for status in list_spools(place):
        spool = claim_orphan(status.path)
        if spool is not None:
            with spool:
                drain(spool, DatabaseDestination(logger))


def test_nodes_that_other_threads_run_keep_an_ended_execution_unfinished(tmp_path: Path) -> None:
    """`close` doesn't end the process for readers; the node's end is recorded later."""
    place = f"sqlite:{tmp_path / 'history.db'}"
    recorder = Recorder("w", url=place, spool_dir=tmp_path / "spool")
    with recorder.execution(execution_id="e") as execution:
        node = execution.node("slow")
        node.begin()
    recorder.close()
    with ExecutionLogger(tmp_path / "history.db") as logger:
        assert [each.status for each in _nodes(logger)] == ["running"]
        node.end()
        recorder.close()
        until(lambda: [each.status for each in _nodes(logger)] == ["success"], "the node ends")
        assert logger.reader.list_unfinished() == ()


def _nodes(logger: ExecutionLogger) -> list[NodeExecution]:
    found = logger.get_execution("e")
    assert found is not None
    return list(found.node_executions)


def test_many_forked_children_number_their_nodes_apart(tmp_path: Path) -> None:
    """Each node execution stays separate, with a number that every JSON parser reads exactly."""
    run_program("capture_numbers_nodes_in_forks", tmp_path)
    (found,) = runs(lines_in(tmp_path))
    places = [node.sequence or 0 for node in found.node_executions]
    assert len(places) == 120
    assert max(places) < 2**53


def test_a_recording_without_a_given_id_has_a_run_id_too(tmp_path: Path) -> None:
    """Every message of a run has the same run id."""
    with recording(tmp_path) as place:
        _one_node(place)
        lines = place.lines()
    assert len({decode_execution(line).run_id for line in lines} - {None}) == 1
    assert all(decode_execution(line).run_id for line in lines)


def _one_node(place: Recording) -> None:
    with place.recorder.execution() as execution, execution.node("a"):
        pass


def test_a_sub_workflow_names_the_run_that_ran_it(tmp_path: Path) -> None:
    """The sub-workflows of a first run and of its retry stay separate."""
    with recording(tmp_path) as place:
        for _ in range(2):
            with place.recorder.execution(execution_id="order-7"):
                with place.recorder.execution(trigger="inner"):
                    pass
        found = runs(place.lines())
    outer = {each.run_id for each in found if each.parent_execution_id is None}
    inner = [each for each in found if each.parent_execution_id == "order-7"]
    assert len(inner) == 2
    assert {each.parent_run_id for each in inner} == outer
