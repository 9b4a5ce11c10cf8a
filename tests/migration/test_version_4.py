"""Migration from version 4, which has no names of executions and no logs of nodes."""

from __future__ import annotations

from pathlib import Path

import apsw
import pytest

from flightlog.logger import ExecutionLogger
from flightlog.store.sqlite.migrate import APPLICATION_ID, SCHEMA_VERSION
from support.records import record

SCHEMA = Path(__file__).with_name("version_4.sql")
LOGS = [{"time": "2026-11-22T19:04:11Z", "level": "INFO", "logger": "shop", "message": "x" * 9_000}]
NODE = {"nodeId": "charge", "nodeName": "Charge", "nodeType": "t", "status": "success"}
RECORDS = [record(f"run-{number}") for number in range(20)]


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """Make a database of version 4: the data of today's code in the old tables."""
    source, path = tmp_path / "today.db", tmp_path / "executions.db"
    with ExecutionLogger(source) as logger:
        logger.log_executions(RECORDS)
    connection = apsw.Connection(str(path))
    connection.pragma("journal_mode", "wal")
    connection.execute(SCHEMA.read_text(encoding="utf-8"))
    connection.execute("ATTACH ? AS today", (str(source),))
    tables = connection.execute("SELECT name FROM main.sqlite_schema WHERE type = 'table'")
    for (table,) in tables.fetchall():
        rows = connection.execute(f"PRAGMA main.table_info({table})").fetchall()
        columns = ", ".join(str(row[1]) for row in rows)
        connection.execute(
            f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM today.{table}"
        )
    connection.pragma("application_id", APPLICATION_ID)
    connection.pragma("user_version", 4)
    connection.close()
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
