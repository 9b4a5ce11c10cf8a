"""`flightlog restore` says where the old history is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from flightlog.cli.exit_codes import ExitCode
from flightlog.logger import ExecutionLogger
from support.records import record

Flightlog = Callable[..., Any]


def test_restore_says_what_it_did_and_where_the_old_history_is(
    flightlog: Flightlog, tmp_path: Path
) -> None:
    """The history has the backup's executions; the old one has its own."""
    db, target = tmp_path / "history.db", tmp_path / "copy.db"
    with ExecutionLogger(db) as logger:
        logger.log_execution(record("run-1"))
    assert flightlog("backup", target, "--db", db).code == ExitCode.OK
    with ExecutionLogger(db) as logger:
        logger.log_execution(record("run-2"))
        refused = flightlog("restore", target, "--db", db)
    ended = flightlog("restore", target, "--db", db)
    (aside,) = tmp_path.glob("history.db.before-restore-*")
    assert ended.code == ExitCode.OK
    assert ended.out == (
        f"Restored 1 execution from {target} to {db}. The history before is in {aside}.\n"
    )
    assert "run-2" in flightlog("list", "--db", aside).out
    assert "run-2" not in flightlog("list", "--db", db).out
    assert refused.code != ExitCode.OK
    assert "is open in another process" in refused.err
