from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.manifests import code, manifest, workflow

from .conftest import MANIFEST


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
