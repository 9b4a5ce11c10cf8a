from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from flightlog.cli import run
from flightlog.logger import ExecutionLogger

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
