"""Migration from version 4, which has no names of executions and no logs of nodes."""

from __future__ import annotations

from pathlib import Path

import apsw
import pytest

from flightlog.logger import ExecutionLogger
from flightlog.store.sqlite.migrate import SCHEMA_VERSION
from support.old_histories import make_old_history
from support.records import record

LOGS = [{"time": "2026-11-22T19:04:11Z", "level": "INFO", "logger": "shop", "message": "x" * 9_000}]
NODE = {"nodeId": "charge", "nodeName": "Charge", "nodeType": "t", "status": "success"}
RECORDS = [record(f"run-{number}") for number in range(20)]


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """Make a database of version 4: the data of today's code in the old tables."""
    source, path = tmp_path / "today.db", tmp_path / "executions.db"
    with ExecutionLogger(source) as logger:
        logger.log_executions(RECORDS)
    make_old_history(source, path, 4)
    return path


def test_a_database_of_version_4_opens_without_loss(old: Path, tmp_path: Path) -> None:
    """It is read as it is; after the migration, names and logs are stored, and erased with it."""
    with ExecutionLogger(old, read_only=True) as logger:
        assert logger.get_execution("run-1") == RECORDS[1]
        assert logger.reader.health().schema_version == 4
    with ExecutionLogger(old) as logger, ExecutionLogger(tmp_path / "today.db") as today:
        assert logger.reader.health().schema_version == SCHEMA_VERSION
        for sent in RECORDS:
            assert logger.get_execution(sent.id) == today.get_execution(sent.id)
        assert logger.get_stats() == today.get_stats()
        named = record("new", name="Order 7", nodeExecutions=[NODE | {"logs": LOGS}])
        logger.log_execution(named)
        assert logger.get_execution("new") == named
        assert logger.get_payload("new", "logs", 0) == named.node_executions[0].logs
        assert logger.delete_execution("new")
    connection = apsw.Connection(str(old))
    assert connection.execute("SELECT count(*) FROM payloads WHERE size > 9000").get == 0
