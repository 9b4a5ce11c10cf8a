from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.manifests import code, edge, manifest, node, workflow


def test_a_run_prints_its_result(file: Path, tmp_path: Path, flightlog: Callable[..., Any]) -> None:
    """The command prints the result and the execution's id, and the history has the execution."""
    data = tmp_path / "data.json"
    data.write_text("[1]")
    db = tmp_path / "history.db"
    ended = flightlog("run", file, "greet", "--input", data, "--db", db, "--json")
    assert ended.code == 0
    reported = json.loads(ended.out)
    assert reported["result"] == {"level": "info", "message": "hello"}
    shown = flightlog("show", reported["executionId"], "--db", db, "--json")
    assert json.loads(shown.out)["trigger"] == {"type": "manual", "data": [1], "isSimulated": True}


def test_a_run_of_a_project_has_the_keys_of_its_nodes(
    tmp_path: Path, flightlog: Callable[..., Any]
) -> None:
    """The only workflow needs no name, and the key goes before the environment's."""
    key = "gsk_LIVE0123456789"
    nodes = {
        "never": node("condition", expression="{{ false }}"),
        "ask": node("groqCompletion", prompt="hi", apiKey=key),
        "look": code("import os\nreturn os.environ['GROQ_API_KEY'][::-1]"),
    }
    (tmp_path / ".catalyst").mkdir()
    (tmp_path / ".catalyst" / "manifest.json").write_text(
        json.dumps(manifest({"w": workflow(nodes, [edge("never", "ask", "true")])}))
    )
    ended = flightlog("run", tmp_path, "--db", tmp_path / "history.db", "--json")
    assert ended.code == 0
    assert json.loads(ended.out)["result"] == key[::-1]
    assert "set GROQ_API_KEY" in ended.err
    assert key not in ended.err


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
    (tmp_path / "two.json").write_text(json.dumps(manifest({"a": workflow({}), "b": workflow({})})))
    ended = flightlog("run", tmp_path / "two.json")
    assert (ended.code, "Name the workflow to run. There are: 'a', 'b'" in ended.err) == (1, True)
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
