from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flightlog.cli.exit_codes import ExitCode
from flightlog.logger import ExecutionLogger
from flightlog.store.query import ExecutionQuery
from support.records import record

Flightlog = Callable[..., Any]


@pytest.fixture
def db(tmp_path: Path) -> Path:
    """Make a history with old runs of two workflows."""
    path = tmp_path / "old.db"
    with ExecutionLogger(path) as logger:
        for day in range(1, 10):
            started = f"2026-01-0{day}T12:00:00Z"
            logger.log_execution(record(f"run-{day}", startedAt=started))
        logger.log_execution(
            record("failed-1", startedAt="2026-01-01T12:00:00Z", status="error", workflowId="other")
        )
    return path


def _ids(db: Path) -> set[str]:
    with ExecutionLogger(db, read_only=True) as logger:
        return {each.id for each in logger.query(ExecutionQuery()).executions}


def test_a_dry_run_says_what_would_go(flightlog: Flightlog, db: Path) -> None:
    """A dry run asks nothing, and changes nothing."""
    ended = flightlog("prune", "--before", "2026-01-04", "--dry-run", "--db", db)
    assert ended.code == ExitCode.OK
    assert ended.out.startswith("Would remove 4 executions (about ")
    assert len(_ids(db)) == 10


def test_executions_before_a_time_go(flightlog: Flightlog, db: Path) -> None:
    """Old executions are erased, whether they failed or not."""
    ended = flightlog("prune", "--before", "2026-01-04", "--yes", "--db", db)
    assert ended.code == ExitCode.OK
    assert ended.out.startswith("Removed 4 executions (about ")
    assert _ids(db) == {f"run-{day}" for day in range(4, 10)}
    ended = flightlog("prune", "--before", "2026-01-04", "--yes", "--db", db)
    assert ended.out == "The history is within its limits; nothing has to go.\n"


def test_only_the_newest_of_each_workflow_stay(flightlog: Flightlog, db: Path) -> None:
    """`--keep` counts for each workflow."""
    assert flightlog("prune", "--keep", 2, "--yes", "--db", db).code == ExitCode.OK
    assert _ids(db) == {"run-8", "run-9", "failed-1"}


def test_without_options_the_settings_count(
    flightlog: Flightlog, db: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limits of the settings are those that a receiver keeps."""
    ended = flightlog("prune", "--yes", "--db", db)
    assert ended.out == "The history is within its limits; nothing has to go.\n"
    monkeypatch.setenv("FLIGHTLOG_KEEP_EXECUTIONS", "1")
    assert flightlog("prune", "--yes", "--db", db).out.startswith("Removed 8 executions ")
    assert _ids(db) == {"run-9", "failed-1"}


def test_without_a_terminal_yes_is_needed(
    flightlog: Flightlog, db: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a terminal for the question, nothing is erased."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("y\n"))
    ended = flightlog("prune", "--keep", 1, "--db", db)
    assert ended.code == ExitCode.USAGE
    assert "Add --yes to erase them, or --dry-run to see what would go." in ended.err
    assert len(_ids(db)) == 10


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--max-size", "1MB"), "The smallest size is 256 MB"),
        (("--max-size", "much"), "Write e.g. 2GB"),
        (("--keep", "0"), "is 0, less than 1"),
        (("--before", "soon"), "is 'soon', no time"),
    ],
)
def test_a_wrong_limit_is_refused(
    flightlog: Flightlog, db: Path, arguments: tuple[str, str], message: str
) -> None:
    """The error says what to write."""
    ended = flightlog("prune", *arguments, "--yes", "--db", db)
    assert ended.code == ExitCode.USAGE
    assert message in ended.err
    assert len(_ids(db)) == 10


def test_a_missing_history_is_not_made(flightlog: Flightlog, tmp_path: Path) -> None:
    """Pruning makes no history."""
    ended = flightlog("prune", "--keep", 1, "--yes", "--db", tmp_path / "none.db")
    assert ended.code != ExitCode.OK
    assert not (tmp_path / "none.db").exists()
