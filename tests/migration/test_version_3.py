"""Migration from version 3, which has one run for each id and no process for nodes."""

from __future__ import annotations

from pathlib import Path

import pytest

from flightlog.logger import ExecutionLogger
from flightlog.record.model import make_run_key
from flightlog.store.results import LogResult
from flightlog.store.sqlite.migrate import SCHEMA_VERSION
from support.old_histories import make_old_history
from support.records import record

NODE = {"nodeId": "charge", "nodeName": "Charge", "nodeType": "t", "status": "running"}
RUN_ID = "0193a7f2-8c1e-7c3a-9d51-6a0f6a1c2b3d"
RECORDS = [
    record(f"run-{number}", trigger={"type": "http", "data": {"order": [number % 7] * 900}})
    for number in range(60)
]


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """Make a database of version 3: the data of today's code in the old tables."""
    source, path = tmp_path / "today.db", tmp_path / "executions.db"
    with ExecutionLogger(source) as logger:
        logger.log_executions(RECORDS)
        logger.log_execution(record("stuck", processId="p", nodeExecutions=[NODE]))
        logger.delete_execution("run-0")
    make_old_history(source, path, 3)
    return path


def test_a_database_of_version_3_opens_without_loss(old: Path, tmp_path: Path) -> None:
    """Everything is unchanged, and records without a run id merge with old executions."""
    with ExecutionLogger(old) as logger, ExecutionLogger(tmp_path / "today.db") as today:
        assert logger.reader.health().schema_version == SCHEMA_VERSION
        for sent in RECORDS:
            assert logger.get_execution(sent.id) == today.get_execution(sent.id)
        assert logger.get_stats() == today.get_stats()
        assert logger.log_execution(RECORDS[5]) == LogResult(unchanged=1)
        assert logger.log_execution(RECORDS[0]).deleted == ("run-0",)


def test_an_old_execution_and_a_new_run_under_its_id_stay_apart(old: Path) -> None:
    """A new run stays separate from an old execution under its id, deleted or not."""
    with ExecutionLogger(old) as logger:
        for name in ("run-0", "run-1"):
            assert logger.log_execution(record(name, runId=RUN_ID, status="error")).created == 1
        newer = logger.get_execution("run-1")
        assert newer is not None
        assert newer.retry_of == make_run_key(RECORDS[1]).address
        older = logger.get_execution(newer.retry_of)
        assert older is not None
        assert older.trigger == RECORDS[1].trigger
        assert logger.get_payload(newer.retry_of, "trigger") is not None


def test_a_node_that_an_old_database_left_running_crashes_with_its_process(old: Path) -> None:
    """An old running node is listed for the receiver, and crashes like a new node."""
    with ExecutionLogger(old) as logger:
        (left,) = logger.reader.list_unfinished()
        assert (left.process_id, left.executions, left.node_executions) == ("p", 0, 1)
        logger.writer.mark_crashed("p")
        found = logger.get_execution("stuck")
        assert found is not None
        assert [node.status for node in found.node_executions] == ["error"]
        assert logger.reader.list_unfinished() == ()
