"""Migration from version 1, which has no processes and ranks a crash above running."""

from __future__ import annotations

import shutil
from pathlib import Path

import apsw
import pytest

from flightlog.logger import ExecutionLogger
from flightlog.record.model import WorkflowExecution
from flightlog.store.results import LogResult
from flightlog.store.sqlite.migrate import APPLICATION_ID, SCHEMA_VERSION, load_migrations
from support.records import record

TABLES = (
    "executions",
    "node_executions",
    "payloads",
    "dictionaries",
    "deleted_executions",
    "execution_aggregates",
    "node_aggregates",
)
RECORDS = [
    record(
        f"run-{number}",
        trigger={"type": "http", "data": {"order": [number % 50] * 60}},
        error={"message": "declined", "stack": "Traceback …", "kind": "exception"},
        tags={"customer": "7"},
    )
    for number in range(600)
]


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """Make a database of version 1: the data of today's code in the old tables."""
    source, path = tmp_path / "today.db", tmp_path / "executions.db"
    with ExecutionLogger(source) as logger:
        logger.log_executions(RECORDS)
        logger.log_executions([record("run-1", revision=2, trigger=None, tags={"customer": "8"})])
        logger.delete_execution("run-0")
    connection = apsw.Connection(str(path))
    connection.pragma("journal_mode", "wal")
    connection.execute(
        "CREATE TABLE executions (id TEXT); CREATE TABLE node_executions (execution_id TEXT);"
        + load_migrations()[1]
        + "DROP TABLE seed_node_executions; DROP TABLE seed_executions;"
    )
    connection.execute("ATTACH ? AS today", (str(source),))
    for table in TABLES:
        columns = ", ".join(
            row[1] for row in connection.execute(f"PRAGMA main.table_info({table})")
        )
        connection.execute(
            f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM today.{table}"
        )
    connection.pragma("application_id", APPLICATION_ID)
    connection.pragma("user_version", 1)
    connection.close()
    return path


def everything(path: Path) -> list[WorkflowExecution | None]:
    """List all executions of a database."""
    with ExecutionLogger(path) as logger:
        return [logger.get_execution(sent.id) for sent in RECORDS]


def test_a_database_of_version_1_opens_without_loss(old: Path, tmp_path: Path) -> None:
    """Executions, payloads, counts and tombstones are kept, and a backup exists."""
    assert everything(old) == everything(tmp_path / "today.db")
    with ExecutionLogger(old) as logger:
        assert logger.reader.health().schema_version == SCHEMA_VERSION
        assert logger.get_stats().total == logger.get_stats().success == 599
        assert logger.log_execution(RECORDS[0]).deleted == ("run-0",)
        assert logger.log_execution(RECORDS[5]) == LogResult(unchanged=1)
    (backup,) = tmp_path.glob("*.backup")
    assert backup.name.startswith("executions.db.v1-")
    connection = apsw.Connection(str(backup))
    assert connection.pragma("user_version") == 1
    assert connection.execute("SELECT count(*) FROM executions").fetchall() == [(599,)]
    connection.close()


def test_it_takes_what_is_new(old: Path) -> None:
    """Processes, types of errors and the ledger work as in a new database."""
    error = {"message": "refused", "type": "httpx.ConnectError"}
    sent = record("new", status="running", processId="p", error=error)
    with ExecutionLogger(old) as logger:
        logger.log_execution(sent)
        assert logger.get_execution("new") == sent
        logger.writer.note_sent("p", 3)
        assert logger.reader.read_ledger().missing == 3
        assert logger.reader.list_running_processes() == ("p",)
        assert logger.writer.mark_crashed("p") == 1


def test_a_crash_of_then_is_presumed_as_of_its_revision(old: Path) -> None:
    """
    A crash of version 1 becomes a presumed crash of its revision.

    A heartbeat with a greater revision replaces the crash; an older heartbeat doesn't.
    """
    connection = apsw.Connection(str(old))
    connection.execute(
        "UPDATE executions SET status = 'error', error_kind = 'crashed', revision = 3, "
        """provenance = '{"tags":[2,3],"trigger_data":[1,0],"status":[2,3]}' WHERE id = 'run-7'"""
    )
    connection.close()
    for revision, status in ((2, "error"), (4, "running")):
        with ExecutionLogger(old) as logger:
            logger.log_execution(record("run-7", status="running", revision=revision, error=None))
            found = logger.get_execution("run-7")
        assert found is not None
        assert found.status == status
        assert (found.error is None) == (status == "running")


def test_the_backup_can_be_opened_as_a_database_of_its_own(old: Path, tmp_path: Path) -> None:
    """The backup is complete, and migrates like the original file."""
    expected = everything(old)
    (backup,) = tmp_path.glob("*.backup")
    shutil.copy(backup, tmp_path / "again.db")
    assert everything(tmp_path / "again.db") == expected
