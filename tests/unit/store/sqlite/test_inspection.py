"""The report of a history's file."""

from __future__ import annotations

from pathlib import Path
from random import Random

from flightlog.clock import utc_now
from flightlog.logger import ExecutionLogger
from flightlog.store.sqlite.inspection import inspect_file
from flightlog.store.sqlite.repair import quarantine
from support.damage import overwrite_pages
from support.records import record


def test_a_sound_file_is_reported_while_it_is_written(tmp_path: Path) -> None:
    """The sizes are those of the files."""
    path = tmp_path / "history.db"
    with ExecutionLogger(path) as logger:
        logger.log_executions([record(f"run-{number}") for number in range(50)])
        found = inspect_file(path)
        assert found.database_bytes == path.stat().st_size
        assert found.log_bytes == path.with_name("history.db-wal").stat().st_size > 0
    assert found.integrity == "ok"
    assert found.private
    assert found.unsalvaged == ()


def test_damage_open_permissions_and_waiting_files_are_reported(tmp_path: Path) -> None:
    """Each fault has its field."""
    path = tmp_path / "history.db"
    with ExecutionLogger(path) as logger:
        logger.log_executions([record(f"run-{number}") for number in range(50)])
    aside = quarantine(path, "a test", utc_now)
    with ExecutionLogger(path) as logger:
        logger.log_executions([record(f"run-{number}") for number in range(200)])
    path.chmod(0o644)
    overwrite_pages(path, 8, Random(1), first=8)
    found = inspect_file(path)
    assert found.integrity not in {None, "ok"}
    assert not found.private
    assert found.unsalvaged == (str(aside),)
