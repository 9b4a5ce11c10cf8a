from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest
from msgspec import UNSET

from flightlog.errors import InvalidQueryError, InvalidRecordError, StoreUnavailableError
from flightlog.logger import ExecutionLogger, default_database, project_database
from flightlog.record.decoding import encode_execution
from flightlog.store.query import ExecutionQuery
from flightlog.store.results import LogResult
from support.records import record


def mode(path: Path) -> int:
    """A file's permission bits."""
    return stat.S_IMODE(path.stat().st_mode)


def test_an_execution_is_logged_read_listed_and_deleted(tmp_path: Path) -> None:
    """Each method of the class does its work on one execution."""
    with ExecutionLogger(tmp_path / "history.db") as logger:
        whole = record("run-1")
        assert logger.log_execution(whole) == LogResult(created=1)
        assert logger.get_execution("run-1") == whole
        assert logger.get_executions("order-intake") == [whole]
        (bare,) = logger.get_executions("order-intake", payloads=False)
        assert bare.node_executions[0].output is UNSET
        assert logger.get_executions("order-intake", 50, 1) == []
        assert logger.query(ExecutionQuery(statuses=("error",))).executions == ()
        assert logger.get_payload("run-1", "input", 0) == whole.node_executions[0].input
        assert logger.get_stats("order-intake").success == 1
        assert logger.reader.health().executions == 1
        assert logger.reader.list_running_processes() == ()
        assert logger.writer.mark_crashed("p") == 0
        logger.writer.note_sent("p", 1)
        assert logger.reader.read_ledger().missing == 1
        assert logger.delete_execution("run-1")
        assert logger.get_execution("run-1") is None
        logger.log_executions([record("run-2"), record("run-3")])
        assert logger.clear_workflow_executions("order-intake") == 2


def test_a_mapping_shaped_like_the_json_is_logged(tmp_path: Path) -> None:
    """A caller need not use our types; a bad mapping is refused and nothing is stored."""
    with ExecutionLogger(tmp_path / "history.db") as logger:
        mapping = {
            "id": "run-1",
            "workflowId": "w",
            "workflowName": "W",
            "status": "success",
            "startedAt": "2026-11-22T19:04:11",
            "trigger": {"type": "manual", "data": {"n": 1}},
            "nodeExecutions": [],
        }
        logger.log_execution(mapping)
        found = logger.get_execution("run-1")
        assert found is not None
        assert b'"data":{"n":1}' in encode_execution(found)
        with pytest.raises(InvalidRecordError):
            logger.log_executions([{**mapping, "id": "run-2"}, {"id": "run-3"}])
        assert logger.get_execution("run-2") is None


def test_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    """New files have mode 0600 and new directories 0700; existing directories keep their mode."""
    tmp_path.chmod(0o755)
    path = tmp_path / "new" / "deep" / "history.db"
    with ExecutionLogger(path) as logger:
        logger.log_execution(record())
        logger.get_execution("run-1")
        files = sorted(path.parent.iterdir())
        assert len(files) == 3
        assert {mode(file) for file in files} == {0o600}
    assert mode(path.parent) == mode(path.parent.parent) == 0o700
    assert mode(tmp_path) == 0o755


def test_a_project_keeps_its_history_in_its_own_directory(tmp_path: Path) -> None:
    """The histories of projects never mix."""
    for name in ("shop", "lab"):
        (tmp_path / name).mkdir()
        with ExecutionLogger.for_project(tmp_path / name) as logger:
            assert logger.path == project_database(tmp_path / name)
            logger.log_execution(record(name))
    assert (tmp_path / "shop" / ".lowcode" / "executions.db").is_file()
    with ExecutionLogger.for_project(tmp_path / "shop") as logger:
        assert logger.get_execution("lab") is None


def test_a_project_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    """A mistyped directory is not created."""
    with pytest.raises(StoreUnavailableError, match="directory does not exist"):
        ExecutionLogger.for_project(tmp_path / "typo")
    assert not (tmp_path / "typo").exists()


def test_there_is_one_instance_on_the_users_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`get_instance` opens the default file once, and again after `close`."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    first = ExecutionLogger.get_instance()
    assert first is ExecutionLogger.get_instance()
    assert first.path == default_database() == tmp_path / "flightlog" / "executions.db"
    first.close()
    second = ExecutionLogger.get_instance()
    assert second is not first
    second.close()


def test_importing_the_package_brings_no_server_and_no_database() -> None:
    """The import in a workflow's process loads few modules."""
    code = "import sys; before = {*sys.modules}; import flightlog; print(*{*sys.modules} - before)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"apsw", "litestar", "uvicorn", "httpx", "rich", "cyclopts", "sqlite3"}
    assert heavy.isdisjoint(done.stdout.split())


def test_what_is_old_is_cleared_by_any_time(tmp_path: Path) -> None:
    """A time with any offset is accepted; a text that is no time is refused."""
    with ExecutionLogger(tmp_path / "history.db") as logger:
        logger.log_execution(record("run-1", startedAt="2026-11-22T19:04:11Z"))
        assert logger.clear_executions_before("2026-11-22T20:04:11+01:00") == 0
        with pytest.raises(InvalidQueryError, match="yesterday"):
            logger.clear_executions_before("yesterday")
        assert logger.clear_executions_before("2026-11-22T20:04:12+01:00") == 1
