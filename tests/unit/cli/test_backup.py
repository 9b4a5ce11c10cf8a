"""`flightlog backup` says what it made, and replaces a file only when asked to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from flightlog.cli.exit_codes import ExitCode
from flightlog.logger import ExecutionLogger
from support.records import record

Flightlog = Callable[..., Any]


def test_backup_writes_a_file_once_and_replaces_it_with_force(
    flightlog: Flightlog, tmp_path: Path
) -> None:
    """The message has the number of executions and the size."""
    db, target = tmp_path / "history.db", tmp_path / "copy.db"
    with ExecutionLogger(db) as logger:
        logger.log_execution(record("run-1"))
    ended = flightlog("backup", target, "--db", db)
    assert ended.code == ExitCode.OK
    assert ended.out.startswith(f"Backed up 1 execution to {target} (")
    again = flightlog("backup", target, "--db", db)
    assert again.code != ExitCode.OK
    assert "--force" in again.err
    assert flightlog("backup", target, "--db", db, "--force").code == ExitCode.OK


def test_backup_of_a_missing_history_makes_nothing(flightlog: Flightlog, tmp_path: Path) -> None:
    """Neither the history nor the backup is made."""
    ended = flightlog("backup", tmp_path / "copy.db", "--db", tmp_path / "history.db")
    assert ended.code != ExitCode.OK
    assert "doesn't exist yet" in ended.err
    assert list(tmp_path.iterdir()) == []
