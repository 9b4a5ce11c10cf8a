"""A real `flightlog ipc` process, and records in its open projects."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from flightlog.logger import ExecutionLogger
from support.ipc_client import IpcClient


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The directory of a project without any history."""
    directory = tmp_path / "shop"
    directory.mkdir()
    return directory


@pytest.fixture
def client(project: Path) -> Iterator[IpcClient]:
    """`flightlog ipc` on the project."""
    with IpcClient("--project", project) as client:
        yield client


def fill(project: Path, *records: dict[str, Any]) -> None:
    """Store records in a project's history."""
    with ExecutionLogger.for_project(project) as logger:
        logger.log_executions(records)


def run(name: str, **fields: Any) -> dict[str, Any]:
    """Build a record of a small execution."""
    return {
        "id": name,
        "workflowId": "order-intake",
        "workflowName": "Order intake",
        "status": "success",
        "startedAt": "2026-11-22T19:04:11Z",
        "completedAt": "2026-11-22T19:04:12Z",
        "durationMs": 1000,
        "trigger": {"type": "httpEndpoint", "data": {"orderId": 12345678901234567890}},
        "nodeExecutions": [
            {
                "nodeId": "charge",
                "nodeName": "Charge",
                "nodeType": "httpRequest",
                "status": "success",
                "input": {"amount": 4200},
                "output": None,
            }
        ],
        **fields,
    }


def send(url: str, record: dict[str, Any]) -> None:
    """Send a record to a receiver, as a generated workflow does."""
    httpx.post(f"{url}/api/executions", json=record, timeout=30).raise_for_status()


@pytest.fixture(scope="session")
def shared_client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IpcClient]:
    """`flightlog ipc` on an empty project, for tests that leave no records."""
    with IpcClient("--project", tmp_path_factory.mktemp("shared")) as client:
        yield client
