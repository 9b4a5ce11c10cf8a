from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.manifests import code, manifest, node, workflow

MANIFEST = manifest(
    {"greet": workflow({"hello": node("log", "Say hello", message="hello")})},
    executionLogging={"enabled": False},
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Write a manifest."""
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(MANIFEST))
    return path


def test_generate_names_its_files_what_is_stale_and_what_was_ignored(
    file: Path, tmp_path: Path, flightlog: Callable[..., Any]
) -> None:
    """The files are listed on standard output, the notes on standard error."""
    out = tmp_path / "my flows"
    ended = flightlog("generate", file, "--out", out)
    assert ended.code == 0
    assert [line.split()[0] for line in ended.out.splitlines()] == [
        "wrote",
        "wrote",
        "wrote",
        "Run",
    ]
    assert f"python '{out}/app.py'" in ended.out
    assert "`executionLogging` is about the editor's history" in ended.err
    renamed = manifest({"welcome": MANIFEST["workflows"]["greet"] | {"id": "welcome"}})
    file.write_text(json.dumps(renamed))
    ended = flightlog("generate", file, "--out", out)
    assert f"stale      {out}/greet.py" in ended.out
    assert "Delete them if you like" in ended.err
    assert (out / "greet.py").exists()


def test_a_workflow_can_be_generated_alone(
    file: Path, tmp_path: Path, flightlog: Callable[..., Any]
) -> None:
    """The app mounts the workflow beside the existing workflows."""
    both = manifest({**MANIFEST["workflows"], "other": workflow({"c": code("return 1")})})
    file.write_text(json.dumps(both))
    assert flightlog("generate", file, "--out", tmp_path / "out").code == 0
    (tmp_path / "out" / "greet.py").unlink()
    ended = flightlog("generate", file, "--workflow", "greet", "--out", tmp_path / "out")
    assert "wrote" in ended.out
    assert "stale" not in ended.out
    app = (tmp_path / "out" / "app.py").read_text()
    assert "[greet.workflow, other.workflow]" in app


@pytest.mark.parametrize("command", ["generate", "run"])
def test_what_cannot_be_generated_is_told_in_lines(
    command: str, file: Path, flightlog: Callable[..., Any]
) -> None:
    """Each problem has its own line; the exit code is 1."""
    bad = manifest({"w": workflow({"a": {"type": "retry"}, "b": {"type": "mapArray"}})})
    file.write_text(json.dumps(bad))
    ended = flightlog(command, file, *(["w"] if command == "run" else []))
    assert ended.code == 1
    first, *problems = ended.err.splitlines()
    assert first == "flightlog: The manifest has 2 problems; nothing was written."
    assert [problem.split("`")[1] for problem in problems] == [
        "workflows.w.nodes.a.type",
        "workflows.w.nodes.b.type",
    ]


def test_a_run_prints_its_result(file: Path, tmp_path: Path, flightlog: Callable[..., Any]) -> None:
    """The command prints the result and the execution's id, and the history has the execution."""
    data = tmp_path / "data.json"
    data.write_text("[1]")
    db = tmp_path / "history.db"
    ended = flightlog("run", file, "greet", "--input", data, "--db", db, "--json")
    assert ended.code == 0
    told = json.loads(ended.out)
    assert told["result"] == {"level": "info", "message": "hello"}
    shown = flightlog("show", told["executionId"], "--db", db, "--json")
    assert json.loads(shown.out)["trigger"] == {"type": "manual", "data": [1], "isSimulated": True}


def test_a_run_that_cannot_begin_says_why(
    file: Path, tmp_path: Path, flightlog: Callable[..., Any]
) -> None:
    """Invalid JSON, an unknown workflow and an impossible history are reported."""
    data = tmp_path / "data.json"
    data.write_text("{")
    ended = flightlog("run", file, "greet", "--input", data)
    assert (ended.code, "is no JSON" in ended.err) == (2, True)
    ended = flightlog("run", file, "greet", "--input", tmp_path / "gone.json")
    assert (ended.code, "gone.json" in ended.err) == (1, True)
    ended = flightlog("run", file, "nothing")
    assert (ended.code, "There is no workflow 'nothing'" in ended.err) == (1, True)
    ended = flightlog("run", file, "greet", "--project", tmp_path / "gone")
    assert (ended.code, "does not exist" in ended.err) == (1, True)


def test_a_process_that_records_nothing_is_told(
    file: Path, tmp_path: Path, flightlog: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The report has the process's exit code; the process's own message is on standard error."""
    (tmp_path / "sitecustomize.py").write_text("import os\nos._exit(9)\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    ended = flightlog("run", file, "greet", "--db", tmp_path / "history.db")
    assert ended.code == 1
    assert "ended with code 9 and recorded nothing" in ended.err
