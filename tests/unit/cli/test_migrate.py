"""Commands that read change nothing; commands that write migrate and report it. Also `doctor`."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from flightlog.logger import ExecutionLogger
from flightlog.store.sqlite.migrate import SCHEMA_VERSION
from support.editor import make_editor_database
from support.records import record
from support.waiting import until

Flightlog = Callable[..., Any]
READING = [
    ("list",),
    ("list", "--json"),
    ("show", "run-1"),
    ("stats",),
    ("stats", "--json"),
    ("export",),
    ("doctor",),
]


@pytest.fixture
def editors(tmp_path: Path) -> Path:
    """A history of the editor's own logger, alone in its directory."""
    (tmp_path / "project").mkdir()
    path = tmp_path / "project" / "executions.db"
    make_editor_database(path, later_columns=True)
    return path


@pytest.mark.parametrize("command", READING, ids=" ".join)
def test_a_command_that_reads_leaves_an_editors_history_as_it_is(
    editors: Path, flightlog: Flightlog, command: tuple[str, ...]
) -> None:
    """The file keeps every byte, and no file appears beside it."""
    before = editors.read_bytes()
    ended = flightlog(*command, "--db", editors)
    assert ended.code in {0, 1 if command == ("doctor",) else 0}, ended.err
    assert editors.read_bytes() == before
    assert [file.name for file in editors.parent.iterdir()] == ["executions.db"]


def test_an_editors_history_is_exported_whole(editors: Path, flightlog: Flightlog) -> None:
    """The export is the same before and after the migration."""
    before = flightlog("export", "--db", editors).out
    assert flightlog("migrate", "--db", editors).code == 0
    assert before == flightlog("export", "--db", editors).out
    assert len(before.splitlines()) == 3


def test_migrate_says_from_where_to_where_and_where_the_backup_is(
    editors: Path, flightlog: Flightlog
) -> None:
    """The second migration reports that there is nothing to do."""
    ended = flightlog("migrate", "--db", editors)
    (backup,) = editors.parent.glob("*.backup")
    assert ended.code == 0
    assert f"to {SCHEMA_VERSION}" in ended.out
    assert "the editor's own" in ended.out
    assert str(backup) in ended.out
    again = flightlog("migrate", "--db", editors)
    assert again.code == 0
    assert "Nothing to do" in again.out
    assert len(list(editors.parent.glob("*.backup"))) == 1


def test_the_way_back_from_a_migration_is_the_backup(editors: Path, flightlog: Flightlog) -> None:
    """The backup equals the editor's original history."""
    rows = sqlite3.connect(editors).execute("SELECT * FROM executions").fetchall()
    assert flightlog("migrate", "--db", editors).code == 0
    (backup,) = editors.parent.glob("*.backup")
    shutil.move(backup, editors)
    assert sqlite3.connect(editors).execute("SELECT * FROM executions").fetchall() == rows


def test_migrate_makes_no_history(tmp_path: Path, flightlog: Flightlog) -> None:
    """A mistyped name does not create a file."""
    ended = flightlog("migrate", "--db", tmp_path / "missing.db")
    assert ended.code == 1
    assert not (tmp_path / "missing.db").exists()


def test_a_command_that_writes_migrates_and_says_so(
    editors: Path, tmp_path: Path, flightlog: Flightlog
) -> None:
    """The command makes a backup and prints its name to standard error."""
    (tmp_path / "r.json").write_text(
        '{"id": "new", "workflowId": "w", "workflowName": "W", "status": "success", '
        '"startedAt": "2026-11-22T19:04:11Z"}'
    )
    ended = flightlog("import", tmp_path / "r.json", "--db", editors)
    (backup,) = editors.parent.glob("*.backup")
    assert ended.code == 0
    assert str(backup) in ended.err
    assert flightlog("delete", "run-1", "--db", editors).code == 0
    assert json.loads(flightlog("stats", "--db", editors, "--json").out)["total"] == 3


def test_doctor_reports_that_a_history_was_taken_away(tmp_path: Path, flightlog: Flightlog) -> None:
    """The report has the time, the event and the log's path, until the user deletes the note."""
    path = tmp_path / "history.db"
    with ExecutionLogger(path) as logger:
        logger.log_execution(record("before"))
        path.unlink()
        logger.log_execution(record("after"))
    (stale,) = tmp_path.glob("*.stale-*")
    ended = flightlog("doctor", "--db", path)
    assert ended.code == 1
    assert "the file was removed or renamed" in ended.out
    assert str(stale) in ended.out
    found = json.loads(flightlog("doctor", "--db", path, "--json").out)
    (event,) = found["history"]["changes"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT.*Z", event["at"])
    (tmp_path / "history.db.changes.ndjson").unlink()
    assert "removed" not in flightlog("doctor", "--db", path).out


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


def test_serve_answers_503_while_its_history_is_away(
    tmp_path: Path,
) -> None:
    """Health is not ok during the absence, and reports the event afterwards."""
    path = tmp_path / "data" / "history.db"
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
