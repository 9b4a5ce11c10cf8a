"""Recording logs once each value that it ignores, and fails no workflow."""

from __future__ import annotations

import logging
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
from fastapi import BackgroundTasks, FastAPI
from fastapi.testclient import TestClient

from flightlog.capture import Recorder, RecorderMiddleware
from flightlog.logger import ExecutionLogger
from flightlog.store.query import ExecutionQuery
from support.recordings import node, recording, value


def warnings_in(caplog: pytest.LogCaptureFixture) -> list[str]:
    """List the warnings about mistakes; a receiver that doesn't listen is another warning."""
    texts = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    return [text for text in texts if "records nothing" in text or "ignored" in text]


def test_misspelt_output_is_logged_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Each run goes on; the log names the attribute, and what a node has instead."""
    with recording(tmp_path) as made:
        for _ in range(3):
            with made.recorder.execution() as run, run.node("a", input=1) as a:
                a.outptu = 7  # type: ignore[attr-defined]
        executions = made.executions()
        assert made.recorder.status().swallowed == 0
    assert [execution.status for execution in executions] == ["success"] * 3
    (warning,) = warnings_in(caplog)
    assert "`node.outptu = …` records nothing: a node has `input` and `output`" in warning
    assert "The workflow goes on." in warning


def test_misspelt_input_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A node with an output and without an input is checked, too."""
    with recording(tmp_path) as made, made.recorder.execution() as run, run.node("a") as a:
        a.inptu = 7  # type: ignore[attr-defined]
        a.output = 8
    (warning,) = warnings_in(caplog)
    assert "`node.inptu = …`" in warning


def test_unknown_attribute_of_an_execution_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Tags and results can't be set on an execution; the log says where they belong."""
    with recording(tmp_path) as made, made.recorder.execution() as run:
        run.tags = {"customer": "7"}  # type: ignore[attr-defined]
    (warning,) = warnings_in(caplog)
    assert "`execution.tags = …` records nothing" in warning
    assert "recorder.execution(…)" in warning


@pytest.mark.parametrize(
    ("misuse", "expected"),
    [
        (lambda run, node: setattr(node, "output", 1), "`node.output = …` after the end"),
        (lambda run, node: setattr(run, "name", "Order 7"), "`execution.name = …` after the end"),
        (lambda run, node: node.fail("late"), "`fail` after the end"),
        (lambda run, node: run.fail("late"), "`fail` after the end"),
    ],
)
def test_what_comes_after_the_end_is_logged(
    misuse: Any, expected: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The record stays as it was at the end."""
    with recording(tmp_path) as made:
        with made.recorder.execution(name="before") as run, run.node("a") as a:
            a.output = 0
        misuse(run, a)
        execution = made.execution()
    assert (execution.status, execution.name) == ("success", "before")
    assert value(node(execution, "a").output) == 0
    (warning,) = warnings_in(caplog)
    assert expected in warning


@pytest.mark.parametrize(
    ("details", "expected"),
    [
        ({"tags": ["customer"]}, "tags of the type list are ignored"),
        ({"mode": "prod"}, "the mode 'prod' is ignored: use `test` or `production`"),
        ({"mode": ["test"]}, "the mode of the type list is ignored"),
    ],
)
def test_unusable_argument_is_logged(
    details: dict[str, Any], expected: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The run is recorded without the argument."""
    with recording(tmp_path) as made:
        with made.recorder.execution(**details):
            pass
        execution = made.execution()
        assert made.recorder.status().swallowed == 0
    assert execution.status == "success"
    assert (execution.tags, execution.execution_mode) == (None, None)
    (warning,) = warnings_in(caplog)
    assert expected in warning


@pytest.mark.parametrize("secret", ["abc", 7, None])
def test_short_secret_is_logged(
    secret: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A secret that would not be removed isn't ignored in silence."""
    with recording(tmp_path) as made:
        made.recorder.register_secret(secret)
        assert made.recorder.status().swallowed == 0
    (warning,) = warnings_in(caplog)
    assert "a registered secret is ignored: use a text of at least 4 characters" in warning


def test_mode_of_an_enumeration_is_recorded(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A member of a text enumeration is a mode."""

    class Mode(StrEnum):
        TEST = "test"

    with recording(tmp_path) as made:
        with made.recorder.execution(mode=Mode.TEST):  # type: ignore[arg-type]
            pass
        assert made.execution().execution_mode == "test"
    assert warnings_in(caplog) == []


def test_many_mistakes_are_not_all_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Attributes with names from data don't fill the log."""
    with recording(tmp_path) as made, made.recorder.execution() as run:
        for number in range(100):
            setattr(run, f"customer_{number}", number)
    assert len(warnings_in(caplog)) == 20


def test_later_runs_are_not_checked(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A process checks its first runs alone, so the checks cost a long one nothing."""
    with recording(tmp_path) as made, made.recorder.execution() as run:
        made.recorder.barrier.checks_left = 1
        for name in ("frist", "secnod"):
            with run.node("a") as a:
                setattr(a, name, 1)
    (warning,) = warnings_in(caplog)
    assert "`node.frist = …`" in warning


def test_right_use_logs_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Nodes without values, streams, requests and background work have known attributes alone."""
    recorder = Recorder("shop", url=f"sqlite:{tmp_path / 'history.db'}", spool_dir=tmp_path)
    app = FastAPI(lifespan=recorder.lifespan)
    app.add_middleware(RecorderMiddleware, recorder=recorder)

    @recorder.node
    def notify() -> None:
        pass

    @app.post("/orders")
    def take(order: dict[str, int], tasks: BackgroundTasks) -> dict[str, int]:
        tasks.add_task(notify)
        with recorder.execution(mode="test", tags={}, name="within") as run, run.node("a") as a:
            a._mine = 1  # type: ignore[attr-defined]
            with run.node("b") as b:
                b.input = 1
            with run.node("c") as c:
                assert list(c.stream(iter([1, 2]))) == [1, 2]
            run.skip("d")
            run.name = "named"
        return order

    with TestClient(app) as client:
        assert client.post("/orders", json={"id": 7}).status_code == 200
        assert recorder.flush()
    with ExecutionLogger(tmp_path / "history.db", read_only=True) as logger:
        assert len(logger.query(ExecutionQuery()).executions) == 2
    assert warnings_in(caplog) == []
