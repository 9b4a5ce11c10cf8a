"""A real `flightlog ipc` process, and records in its open projects."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import httpx
import pytest

from flightlog.ipc.projects import MAX_OPEN, OpenProjects
from flightlog.logger import ExecutionLogger, project_database
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


@pytest.fixture
def project_client(project: Path, shared_client: IpcClient) -> IpcClient:
    """`shared_client` with the test's project open."""
    shared_client.call("project/open", [str(project)])
    return shared_client


def is_closed(database: Path) -> bool:
    """Whether a database was closed, which removes its write-ahead log."""
    return database.exists() and not database.with_name(f"{database.name}-wal").exists()


@pytest.fixture
def projects(tmp_path: Path) -> list[str]:
    """More projects than stay open."""
    paths = [tmp_path / f"project-{number}" for number in range(MAX_OPEN + 4)]
    for path in paths:
        path.mkdir()
    return [str(path) for path in paths]


@pytest.fixture
def histories(projects: list[str]) -> Iterator[OpenProjects]:
    """Open histories; the first project is current."""
    histories = OpenProjects(project_database(projects[0]), projects[0])
    yield histories
    histories.close()


def lend(
    histories: OpenProjects, project: str | None = None
) -> AbstractContextManager[ExecutionLogger]:
    """Open a project's history, or the current one, while the `with` block runs."""
    return histories.lend_reopened(histories.find(project))
