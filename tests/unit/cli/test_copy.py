from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flightlog.cli.exit_codes import ExitCode
from flightlog.copying.progress import Place, ProgressFile
from flightlog.logger import ExecutionLogger

Flightlog = Callable[..., Any]
SECRET = "hunter2"
SERVER = "postgresql://db.example/runs"


def test_a_history_is_copied_and_compared(
    history: Path, tmp_path: Path, flightlog: Flightlog
) -> None:
    """The target is made, the numbers are printed, and a repeated copy finds nothing new."""
    target = tmp_path / "copies" / "b.db"
    ended = flightlog("copy", history, f"sqlite:{target}")
    assert ended.code == ExitCode.OK
    assert ended.out.splitlines() == [
        f"Copied to {target}: 4 new, 0 changed, 0 known before.",
        "Compared: 4 executions equal in both by their hashes.",
    ]
    assert flightlog("list", "--db", target).out == flightlog("list", "--db", history).out
    with ExecutionLogger(history) as logger:
        logger.delete_execution("good-1")
        logger.writer.save_query("mine", "status:error")
        logger.writer.save_query("ours", "status:error")
    with ExecutionLogger(target) as logger:
        logger.delete_execution("sync-1")
        logger.writer.save_query("ours", "status:success")
        logger.log_execution(
            {**read_running(logger), "status": "success", "revision": 9, "durationMs": 1}
        )
    lines = flightlog("copy", history, target).out.splitlines()
    assert lines[1:] == [
        "Compared: 1 execution equal in both by their hashes, 1 of which TO knows more.",
        "1 deleted in TO before and left out.",
        "1 deleted in FROM and kept in TO; --delete erases them.",
        "1 saved queries added.",
        "Saved queries that are others in TO and stay as they are: ours.",
    ]
    assert "1 erased in TO" in flightlog("copy", history, target, "--delete").out


def read_running(logger: ExecutionLogger) -> dict[str, Any]:
    """Return the fields that identify the running execution."""
    found = logger.get_execution("running-1")
    assert found is not None
    return {
        "id": found.id,
        "workflowId": found.workflow_id,
        "workflowName": found.workflow_name,
        "startedAt": found.started_at,
    }


def test_an_interrupted_copy_goes_on(history: Path, tmp_path: Path, flightlog: Flightlog) -> None:
    """The command says where it goes on, and forgets the place at the end."""
    target = tmp_path / "b.db"
    progress = ProgressFile.for_copy(str(history), str(target))
    with ExecutionLogger(history) as logger:
        (first, *_) = logger.reader.read_states().states
    progress.write(Place(cursor=f"{first.run.execution_id.encode().hex()}.0.0.", executions=1))
    ended = flightlog("copy", history, target)
    assert (ended.code, "Going on after 1 execution." in ended.err) == (ExitCode.OK, True)
    assert progress.read() is None
    assert flightlog("list", "--db", target).out == flightlog("list", "--db", history).out


def test_copies_that_make_no_sense_are_refused(
    history: Path, tmp_path: Path, flightlog: Flightlog
) -> None:
    """A missing source, the same history twice and an unknown store are errors that say so."""
    ended = flightlog("copy", tmp_path / "none.db", tmp_path / "b.db")
    assert (ended.code, "doesn't exist yet" in ended.err) == (ExitCode.FAILED, True)
    assert not (tmp_path / "b.db").exists()
    ended = flightlog("copy", history, f"sqlite:{tmp_path}/x/../{history.name}")
    assert (ended.code, "which is FROM, too" in ended.err) == (ExitCode.USAGE, True)
    ended = flightlog("copy", history, "mysql://db/runs")
    assert (ended.code, "sqlite:FILE" in ended.err) == (ExitCode.USAGE, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ("list", "--db", f"postgresql://alice:{SECRET}@db/runs"),
        ("copy", f"postgresql://alice:{SECRET}@db/runs", "b.db"),
        ("copy", "a.db", f"postgresql://db/runs?password={SECRET}"),
    ],
)
def test_a_password_on_the_command_line_is_refused_and_not_repeated(
    arguments: tuple[str, ...], flightlog: Flightlog
) -> None:
    """Other users see the arguments of processes, so the error names other places for it."""
    ended = flightlog(*arguments)
    assert (ended.code, ended.out) == (ExitCode.USAGE, "")
    assert "PGPASSWORD" in ended.err
    assert SECRET not in ended.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("backup", "b.db"),
        ("restore", "b.db"),
        ("sql", "SELECT 1"),
        ("migrate",),
        ("purge", "--query", "status:error", "--yes"),
        ("doctor", "--repair"),
    ],
)
def test_commands_for_files_say_so_for_another_store(
    arguments: tuple[str, ...], flightlog: Flightlog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error names the command and the server, without the password."""
    monkeypatch.setenv("FLIGHTLOG_DB", SERVER.replace("db.example", f"alice:{SECRET}@db.example"))
    ended = flightlog(*arguments)
    assert ended.code == ExitCode.FAILED
    assert f"`flightlog {arguments[0]}" in ended.err
    assert "works on SQLite files only" in ended.err
    assert "postgresql://alice@db.example/runs" in ended.err
    assert SECRET not in ended.out + ended.err
