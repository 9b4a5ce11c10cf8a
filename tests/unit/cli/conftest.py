from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from flightlog.cli import run
from flightlog.logger import ExecutionLogger
from support.editor import make_editor_database
from support.import_files import read_file
from support.manifests import manifest, node, workflow
from support.programs import run_program

NOWHERE = "http://127.0.0.1:1"
MANIFEST = manifest(
    {"greet": workflow({"hello": node("log", "Say hello", message="hello")})},
    executionLogging={"enabled": False},
)

STACK = "Traceback (most recent call last):\n" + "".join(
    f'  File "app/charge.py", line {line}, in charge\n' for line in range(9)
)


class Ended(NamedTuple):
    """The outcome of a command."""

    code: int
    out: str
    err: str


Flightlog = Callable[..., Ended]


@pytest.fixture(autouse=True)
def _own_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("FLIGHTLOG_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "120")


@pytest.fixture
def flightlog(capsys: pytest.CaptureFixture[str]) -> Flightlog:
    """Run the program in this process."""

    def call(*arguments: object) -> Ended:
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        return Ended(code, *capsys.readouterr())

    return call


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """A history of three order intakes (one failed, one running) and a nightly sync."""
    path = tmp_path / "history.db"
    with ExecutionLogger(path) as logger:
        logger.log_executions(
            [
                execution("good-1", minutes_ago=60 * 30),
                execution("failed-1", minutes_ago=90, **FAILURE),
                execution("running-1", minutes_ago=2, status="running", durationMs=None),
                execution("sync-1", workflowId="sync", workflowName="Sync", executionMode="test"),
            ]
        )
    return path


FAILURE: dict[str, Any] = {
    "status": "error",
    "durationMs": 185_000,
    "error": {"message": "card_declined", "stack": STACK, "nodeId": "charge"},
    "nodeExecutions": [
        {
            "nodeId": "charge",
            "nodeName": "Charge",
            "nodeType": "httpRequest",
            "status": "error",
            "durationMs": 840,
            "input": {"amount": 4200},
            "error": {"message": "card_declined"},
        }
    ],
}


def execution(name: str, *, minutes_ago: int = 0, **fields: Any) -> dict[str, Any]:
    """Build a record of an execution that started the given time ago."""
    started = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    whole = {
        "id": name,
        "workflowId": "orders",
        "workflowName": "Order intake",
        "status": "success",
        "startedAt": started.isoformat(),
        "durationMs": 1240,
        "trigger": {"type": "http", "data": {"orderId": 12345678901234567890123}},
        "nodeExecutions": [
            {
                "nodeId": "charge",
                "nodeName": "Charge",
                "nodeType": "httpRequest",
                "status": "success",
                "durationMs": 12.5,
                "input": {},
                "output": {"charged": True, "rate": -0.0},
            }
        ],
        **fields,
    }
    return {field: value for field, value in whole.items() if value is not None}


@pytest.fixture
def editors(tmp_path: Path) -> Path:
    """A history of the editor's own logger, alone in its directory."""
    (tmp_path / "project").mkdir()
    path = tmp_path / "project" / "executions.db"
    make_editor_database(path, later_columns=True)
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Write a manifest."""
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(MANIFEST))
    return path


def line(name: str, **fields: Any) -> str:
    """Write a record as `json.dumps` prints it."""
    return json.dumps(
        {
            "id": name,
            "workflowId": "w",
            "workflowName": "W",
            "status": "success",
            "startedAt": "2026-11-22T19:00:00",
            **fields,
        }
    )


@pytest.fixture
def spool_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The test's own spool directory; the fallback directory is the test's own too."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("FLIGHTLOG_SPOOL_DIR", str(tmp_path / "spool"))
    return tmp_path / "spool"


def leave(spool_dir: Path, url: str, *records: dict[str, Any]) -> str:
    """Let a process spool records and end; return its id."""
    printed = run_program("spool_leaves_records", spool_dir, url, *map(json.dumps, records))
    return printed.strip()


def running(name: str) -> dict[str, Any]:
    """Build a record of an execution that began."""
    return {
        "id": name,
        "workflowId": "orders",
        "workflowName": "Orders",
        "status": "running",
        "startedAt": "2026-11-22T19:00:00Z",
    }


@pytest.fixture
def stored(tmp_path: Path, flightlog: Flightlog) -> Callable[..., Any]:
    """Store one execution with these fields, then show it."""

    def show(*options: str, **fields: Any) -> Any:
        with ExecutionLogger(tmp_path / "one.db") as logger:
            logger.log_execution(
                {
                    "id": "run-1",
                    "workflowId": "w",
                    "workflowName": "W",
                    "status": "success",
                    "startedAt": "2026-11-22T19:00:00Z",
                    **fields,
                }
            )
        return flightlog("show", "run-1", "--db", tmp_path / "one.db", *options)

    return show


@pytest.fixture
def found(tmp_path: Path) -> Callable[[bytes | str], list[str]]:
    """Read content without refusals; return the ids."""

    def ids(content: bytes | str) -> list[str]:
        path = tmp_path / "in"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        names, refused = read_file(path)
        assert refused == []
        return names

    return ids


@pytest.fixture
def refused(tmp_path: Path) -> Callable[[bytes | str], tuple[list[str], str]]:
    """Read content with refusals; return the ids, and the places and reasons as one text."""

    def reasons(content: bytes | str) -> tuple[list[str], str]:
        path = tmp_path / "in"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        names, items = read_file(path)
        assert items
        return names, "\n".join(f"{item.place}: {item.reason}" for item in items)

    return reasons


def shell(command: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run the program in a shell, which redirects its streams."""
    program = f"{shlex.quote(sys.executable)} -c 'from flightlog.cli import main; main()'"
    return subprocess.run(
        ["bash", "-c", command.replace("flightlog ", f"{program} ")],
        check=False,
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
    )
