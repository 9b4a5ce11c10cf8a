"""Executions and nodes that another process joins."""

from __future__ import annotations

import pickle
from collections import Counter
from pathlib import Path

from flightlog.capture import Execution, NodeRun
from support.programs import run_program
from support.recordings import lines_in, merged, node, recording, value

SECRET = "correct horse battery"


def load_elsewhere(place: Path, pickled: bytes, program: str, *arguments: object) -> str:
    """Run a program that unpickles an object in a new process; return the program's output."""
    file = place / "pickled"
    file.write_bytes(pickled)
    return run_program(program, file, *arguments, options=("-W", "error"))


def test_an_execution_goes_on_in_another_process(tmp_path: Path) -> None:
    """Nodes recorded there belong to the same run, in other places; only the owner ends the run."""
    with recording(tmp_path / "spool") as made:
        with made.recorder.execution(tags={"a": "b"}) as execution:
            with execution.node("outer") as outer:
                for number in range(2):
                    load_elsewhere(
                        tmp_path,
                        pickle.dumps((made.recorder, execution, outer)),
                        "copies_join_an_execution",
                        number,
                    )
                outer.output = "own"
        found = made.executions()
    (run,) = found
    assert run.status == "success"
    assert run.error is None
    assert {node_run.status for node_run in run.node_executions} == {"success"}
    names = Counter(node_run.node_id for node_run in run.node_executions)
    assert names == {"by-hand": 2, "child": 2, "decorated": 2, "outer": 1}
    assert len({node_run.sequence for node_run in run.node_executions}) == 7
    assert value(node(run, "outer").output) == "own"
    parents = {(node_run.node_id, node_run.parent_sequence) for node_run in run.node_executions}
    assert parents == {
        ("outer", None),
        ("by-hand", None),
        ("decorated", None),
        ("child", node(run, "outer").sequence),
    }


def test_what_comes_back_from_another_process_is_the_original(tmp_path: Path) -> None:
    """A result that holds the execution holds the original execution."""
    back = tmp_path / "back"
    with recording(tmp_path / "spool") as made, made.recorder.execution() as execution:
        with execution.node("n") as outer:
            nested = (made.recorder, execution, outer)
            load_elsewhere(tmp_path, pickle.dumps(nested), "copies_come_back", back)
            assert pickle.loads(back.read_bytes()) == nested


def test_an_execution_that_has_not_begun_begins_where_it_is_used(tmp_path: Path) -> None:
    """The execution has its id and its other details, without the trigger's data."""
    with recording(tmp_path / "spool") as made:
        waiting = made.recorder.execution(
            execution_id="job-7", trigger={"type": "queue", "data": SECRET}, retry_of="job-6"
        )
        load_elsewhere(
            tmp_path,
            pickle.dumps(waiting),
            "copies_begin_an_execution",
        )
        (run,) = merged(lines_in(tmp_path / "spool"))
    assert (run.id, run.status, run.retry_of) == ("job-7", "success", "job-6")
    assert run.trigger is not None
    assert run.trigger.type == "queue"


def test_types_of_the_public_names_are_kept(tmp_path: Path) -> None:
    """Unpickled objects in another process are an `Execution` and a `NodeRun`, too."""
    with recording(tmp_path) as made, made.recorder.execution() as execution:
        with execution.node("n") as outer:
            load_elsewhere(tmp_path, pickle.dumps((execution, outer)), "copies_keep_their_types")
            assert isinstance(execution, Execution)
            assert isinstance(outer, NodeRun)
