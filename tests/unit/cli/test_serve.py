from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import httpx

from flightlog.logger import ExecutionLogger
from support.old_histories import make_old_history
from support.records import record
from support.waiting import until


class Serving:
    """A `flightlog serve` process."""

    def __init__(self, *arguments: object, **environment: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "flightlog.cli", "serve", "--port", "0", *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | environment,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        found = re.search(r"http://[\w.:]+", line)
        assert found, line
        self.client = httpx.Client(base_url=found[0], timeout=30)

    def end(self) -> tuple[int, str]:
        """End the process in order; return its exit code and its standard error."""
        self.client.close()
        self._process.send_signal(signal.SIGTERM)
        _, said = self._process.communicate(timeout=30)
        return self._process.returncode, said


def post(client: httpx.Client, name: str) -> httpx.Response:
    """Send a record."""
    body = {
        "id": name,
        "workflowId": "w",
        "workflowName": "W",
        "status": "success",
        "startedAt": "2026-11-22T19:04:11Z",
    }
    return client.post("/api/executions", json=body)


def test_serve_read_only_serves_an_editors_history_and_refuses_records(
    editors: Path, tmp_path: Path
) -> None:
    """Records get a named error, health reports the mode, and files and spools stay unchanged."""
    before = editors.read_bytes()
    spool = {"FLIGHTLOG_SPOOL_DIR": str(tmp_path / "spool")}
    serving = Serving("--read-only", "--db", editors, **spool)
    try:
        client = serving.client
        assert len(client.get("/api/executions").json()["executions"]) == 3
        assert client.get("/api/executions/run-1").json()["workflowName"] == "Order intäke"
        assert client.get("/api/counts").json()["total"] == 3
        health = client.get("/health").json()
        assert (health["status"], health["history"]["readOnly"]) == ("ok", True)
        assert health["history"]["schemaVersion"] == 0
        for refused in (
            post(client, "new"),
            client.delete("/api/executions/run-1"),
            client.delete("/api/workflows/order-intake/executions"),
            client.put("/api/executions/run-1/star"),
        ):
            assert refused.status_code == 403, refused.text
            assert refused.json()["code"] == "store_read_only"
    finally:
        code, said = serving.end()
    assert code == 0
    assert "Traceback" not in said
    assert editors.read_bytes() == before
    assert [file.name for file in editors.parent.iterdir()] == ["executions.db"]


def test_serve_without_traffic_sets_a_stale_log_aside(tmp_path: Path) -> None:
    """A stale log is moved within moments, so that no program reads it together with the backup."""
    path, backup = tmp_path / "history.db", tmp_path / "backup.db"
    with ExecutionLogger(backup) as logger:
        logger.log_execution(record("restored"))
    serving = Serving("--db", path, FLIGHTLOG_SPOOL_DIR=str(tmp_path / "spool"))
    try:
        assert post(serving.client, "before").status_code == 200
        backup.replace(path)
        until(lambda: list(tmp_path.glob("*.stale-*")), "the log is set aside")
        with ExecutionLogger(path, read_only=True) as logger:
            assert logger.get_execution("restored") is not None
            assert logger.get_execution("before") is None
    finally:
        code, _ = serving.end()
    assert code == 0


def test_serve_migrates_an_older_history_after_it_listens(tmp_path: Path) -> None:
    """The ready line comes first; health then waits with a named error, and all runs are there."""
    source, path = tmp_path / "today.db", tmp_path / "history.db"
    with ExecutionLogger(source) as logger:
        logger.log_executions([record(f"run-{number}") for number in range(3)])
    make_old_history(source, path, 5)
    path.chmod(0o600)
    serving = Serving("--db", path, FLIGHTLOG_SPOOL_DIR=str(tmp_path / "spool"))
    try:

        def is_open() -> bool:
            answer = serving.client.get("/health")
            assert answer.status_code == 200 or answer.json()["code"] == "store_migrating"
            return answer.status_code == 200

        until(is_open, "the history is migrated")
        assert len(serving.client.get("/api/executions").json()["executions"]) == 3
        assert post(serving.client, "new").status_code == 200
    finally:
        code, said = serving.end()
    assert code == 0
    assert "Migrated " in said


def test_serve_ends_when_the_migration_fails(editors: Path, tmp_path: Path) -> None:
    """The error and the exit code are those of a history that can't be opened."""
    connection = sqlite3.connect(editors)
    connection.execute("CREATE TABLE payloads (mine INTEGER)")
    connection.commit()
    connection.close()
    command = [sys.executable, "-m", "flightlog.cli", "serve", "--port", "0", "--db", str(editors)]
    environment = os.environ | {"FLIGHTLOG_SPOOL_DIR": str(tmp_path / "spool")}
    ended = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 1
    assert "other tables" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "Stopped." not in ended.stdout
    assert [file.name for file in editors.parent.glob("*.backup")] == []


def test_serve_answers_503_while_its_history_is_away(
    tmp_path: Path,
) -> None:
    """Health is not ok during the absence, and reports the event afterwards."""
    # The installation's key is in another directory, which stays.
    path = tmp_path / "place" / "history.db"
    serving = Serving("--db", path, FLIGHTLOG_SPOOL_DIR=str(tmp_path / "spool"))
    try:
        client = serving.client
        assert post(client, "before").status_code == 200
        shutil.rmtree(path.parent)
        refused = post(client, "after")
        assert refused.status_code == 503
        assert (refused.json()["code"], refused.json()["retryable"]) == ("store_gone", True)
        assert int(refused.headers["retry-after"]) > 0
        assert str(tmp_path) not in refused.text
        assert client.get("/health").status_code == 503
        path.parent.mkdir()
        assert post(client, "after").status_code == 200
        health = client.get("/health").json()
        assert health["history"]["executions"] == 1
        assert [event["what"] for event in health["history"]["changes"]]
        assert str(tmp_path) not in json.dumps(health["history"])
    finally:
        code, _ = serving.end()
    assert code == 0
    assert sqlite3.connect(path).execute("SELECT id FROM executions").fetchall() == [("after",)]
