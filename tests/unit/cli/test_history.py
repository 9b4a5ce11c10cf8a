from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flightlog.cli.exit_codes import ExitCode

READING = [
    ("list",),
    ("list", "--json"),
    ("show", "run-1"),
    ("stats",),
    ("stats", "--json"),
    ("export",),
    ("doctor",),
]


Flightlog = Callable[..., Any]


@pytest.mark.parametrize(
    "command",
    [
        ["list"],
        ["list", "--json"],
        ["show", "a"],
        ["stats"],
        ["export"],
        ["delete", "a"],
        ["clear", "w"],
    ],
)
def test_a_command_that_reads_makes_no_history(
    command: list[str], tmp_path: Path, flightlog: Flightlog
) -> None:
    """A missing history is an error that says how to get one; no file appears."""
    ended = flightlog(*command, "--db", tmp_path / "none" / "history.db")
    assert (ended.code, ended.out) == (ExitCode.FAILED, "")
    assert "doesn't exist yet" in ended.err
    assert "flightlog serve" in ended.err
    assert not (tmp_path / "none").exists()


def test_a_project_keeps_its_own_history(tmp_path: Path, flightlog: Flightlog) -> None:
    """`--project` writes to and reads from the project's directory, which must exist."""
    record = {"id": "a", "workflowId": "w", "workflowName": "W", "status": "success"}
    (tmp_path / "a.json").write_text(json.dumps(record | {"startedAt": "2026-11-22"}))
    assert flightlog("import", tmp_path / "a.json", "--project", tmp_path).code == 0
    assert (tmp_path / ".lowcode" / "executions.db").is_file()
    assert "a\n" in flightlog("list", "--project", tmp_path).out
    ended = flightlog("import", tmp_path / "a.json", "--project", tmp_path / "none")
    assert (ended.code, "does not exist" in ended.err) == (ExitCode.FAILED, True)


def test_a_file_that_is_no_history_is_refused(tmp_path: Path, flightlog: Flightlog) -> None:
    """The command reports the file and does not change the file."""
    (tmp_path / "notes.txt").write_text("dear diary " * 100)
    ended = flightlog("list", "--db", tmp_path / "notes.txt")
    assert ended.code == ExitCode.FAILED
    assert "--db" in ended.err
    assert (tmp_path / "notes.txt").read_text() == "dear diary " * 100


@pytest.mark.parametrize("command", READING, ids=" ".join)
def test_a_command_that_reads_leaves_an_editors_history_as_it_is(
    editors: Path, flightlog: Flightlog, command: tuple[str, ...]
) -> None:
    """The file keeps every byte, and no file appears beside it."""
    before = editors.read_bytes()
    ended = flightlog(*command, "--db", editors)
    assert ended.code in {0, 1 if command == ("doctor",) else 0}, ended.err
    assert editors.read_bytes() == before
    assert [file.name for file in editors.parent.iterdir()] == ["executions.db"]


def test_a_command_that_writes_migrates_and_says_so(
    editors: Path, tmp_path: Path, flightlog: Flightlog
) -> None:
    """The command makes a backup and prints its name to standard error."""
    (tmp_path / "r.json").write_text(
        '{"id": "new", "workflowId": "w", "workflowName": "W", "status": "success", '
        '"startedAt": "2026-11-22T19:04:11Z"}'
    )
    ended = flightlog("import", tmp_path / "r.json", "--db", editors)
    (backup,) = editors.parent.glob("*.backup")
    assert ended.code == 0
    assert str(backup) in ended.err
    assert flightlog("delete", "run-1", "--db", editors).code == 0
    assert json.loads(flightlog("stats", "--db", editors, "--json").out)["total"] == 3
