"""Migration from version 6, which has no saved queries."""

from __future__ import annotations

from pathlib import Path

import pytest

from flightlog.logger import ExecutionLogger
from flightlog.store.saved_queries import SavedQuery
from flightlog.store.sqlite.migrate import SCHEMA_VERSION
from support.old_histories import make_old_history
from support.records import record

RECORDS = [record(f"run-{number}") for number in range(5)]


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """Make a database of version 6: the data of today's code in the old tables."""
    source, path = tmp_path / "today.db", tmp_path / "executions.db"
    with ExecutionLogger(source) as logger:
        logger.log_executions(RECORDS)
    make_old_history(source, path, 6)
    return path


def test_a_database_of_version_6_takes_saved_queries_after_the_migration(old: Path) -> None:
    """It is read as it is, without saved queries; the first call that writes migrates it."""
    with ExecutionLogger(old, read_only=True) as logger:
        assert logger.reader.health().schema_version == 6
        assert logger.reader.list_saved_queries() == ()
        assert logger.get_execution("run-1") == RECORDS[1]
    with ExecutionLogger(old) as logger:
        health = logger.reader.health()
        assert (health.schema_version, health.not_indexed) == (SCHEMA_VERSION, 5)
        logger.writer.save_query("declined", "error:declined")
        assert logger.get_execution("run-1") == RECORDS[1]
    with ExecutionLogger(old, read_only=True) as logger:
        saved = SavedQuery(name="declined", query="error:declined")
        assert logger.reader.list_saved_queries() == (saved,)
