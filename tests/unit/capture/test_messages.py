"""Messages: their numbers, and the names and texts in them."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

from flightlog.capture import Recorder
from support.recordings import NOBODY, lines_in, merged, node, recording, value


def test_the_messages_of_a_process_are_numbered_without_gaps(tmp_path: Path) -> None:
    """Every message has its process, its number from 1 on, and its execution's revision."""
    with recording(tmp_path) as made:
        with made.recorder.execution() as run, run.node("a"):
            pass
        lines = [value(line) for line in made.lines()]
    assert [line["message"]["number"] for line in lines] == [1, 2, 3, 4]
    assert [line["revision"] for line in lines] == [1, 2, 3, 4]
    assert {line["processId"] for line in lines} == {lines[0]["message"]["processId"]}


def test_odd_names_cost_no_record(tmp_path: Path) -> None:
    """Every message is acceptable to a receiver: names become text, modes and ids become valid."""

    class Mute:
        def __str__(self) -> str:
            raise RuntimeError

    recorder: Any = Recorder(7, Mute(), url=NOBODY, spool_dir=tmp_path, project_id=8)  # type: ignore[arg-type]  # on purpose
    for wrong in ("x" * 200, "two\nlines", "\ud800", 9):
        details = {"execution_id": wrong, "retry_of": wrong, "parent_execution_id": wrong}
        trigger = {"type": Mute(), "data": 1}
        tags = {Mute(): Mute()}
        with recorder.execution(**details, trigger=trigger, mode="odd", tags=tags) as run:
            with run.node(5, ["\ud800"], {"a": 1}, attempt="first"):
                run.fail(Mute(), kind=6)
    assert recorder.status().swallowed == 0
    recorder.close(0)
    executions = merged(lines_in(tmp_path))
    assert len(executions) == 4
    for execution in executions:
        assert (execution.workflow_id, execution.workflow_name, execution.project_id) == (
            "7",
            "Mute",
            "8",
        )
        assert execution.id == execution.retry_of == execution.parent_execution_id
        assert execution.trigger is not None
        assert (execution.status, execution.trigger.type, execution.tags) == (
            "error",
            "Mute",
            {"Mute": "Mute"},
        )
        assert [(run.node_id, run.status, run.attempt) for run in execution.node_executions] == [
            ("5", "success", 1)
        ]


def test_a_message_may_hold_lone_surrogates(tmp_path: Path) -> None:
    """An error whose message is not valid Unicode is recorded, too."""
    with recording(tmp_path) as made:
        with suppress(ValueError), made.recorder.execution() as run, run.node("a"):
            raise ValueError("from \udcff bytes")
        execution = made.execution()
        assert made.recorder.status().swallowed == 0
    assert execution.error is not None
    assert execution.error.message == "from \ufffd bytes"
    assert node(execution, "a").status == "error"


def test_secrets_in_names_are_removed_before_anything_is_written(tmp_path: Path) -> None:
    """Names of workflows and nodes, types, tags and kinds of errors are redacted, too."""
    secret = "correct horse battery"
    named = f"call {secret}"
    with recording(tmp_path) as made:
        made.recorder.register_secret("another one")
        with made.recorder.execution() as run, run.node("a", named):
            pass
        made.recorder.register_secret(secret)
        mark = len(b"".join(path.read_bytes() for path in tmp_path.rglob("*.segment")))
        tags = {"password": "hunter2", "note": named}
        with made.recorder.execution(trigger={"type": named}, tags=tags) as run:
            with run.node("a", named, named) as node_run:
                node_run.fail("no", kind=named)
        other = Recorder("w", named, url=NOBODY, spool_dir=tmp_path)
        other.register_secret(secret)
        with other.execution():
            pass
        written = b"".join(path.read_bytes() for path in tmp_path.rglob("*.segment"))[mark:]
        other.close(0)
    assert b"call [REDACTED:" in written
    assert secret.encode() not in written
    assert b"hunter2" not in written
