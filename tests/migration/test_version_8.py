"""Migration from version 8, which doesn't count what retention has removed."""

from __future__ import annotations

from pathlib import Path

from flightlog.logger import ExecutionLogger
from flightlog.store.sqlite.migrate import SCHEMA_VERSION
from support.old_histories import make_old_history
from support.records import record

RECORDS = [record(f"run-{number}") for number in range(3)]


def test_version_8_counts_removed_executions_after_the_migration(tmp_path: Path) -> None:
    """It is read as it is, and nothing else changes."""
    source, path = tmp_path / "today.db", tmp_path / "executions.db"
    with ExecutionLogger(source) as logger:
        logger.log_executions(RECORDS)
    make_old_history(source, path, 8)
    with ExecutionLogger(path, read_only=True) as logger:
        assert logger.reader.health().schema_version == 8
        assert logger.get_stats().removed is None
    with ExecutionLogger(path) as logger:
        assert logger.reader.health().schema_version == SCHEMA_VERSION
        assert logger.get_execution("run-1") == RECORDS[1]
        assert logger.get_stats().removed is None
