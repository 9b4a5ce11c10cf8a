"""A real history and a real receiver on a free port of loopback, and records for them."""

from __future__ import annotations

import socket
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import httpx
import pytest

from flightlog.logger import ExecutionLogger
from flightlog.receiver import Receiver, ReceiverSettings
from flightlog.record.model import WorkflowExecution
from flightlog.secret_key import SecretKey
from flightlog.store.results import LogResult
from flightlog.store.sqlite import SqliteStore
from support.access import Access
from support.records import record

INSTALLATION = SecretKey(b"another installation's key")

MakeRecord: TypeAlias = Callable[..., dict[str, Any]]
RawExchange: TypeAlias = Callable[..., bytes]


@pytest.fixture
def make_record() -> MakeRecord:
    """Make the record of a run of one node, each with a new id."""

    def make(**fields: Any) -> dict[str, Any]:
        return {
            "id": str(uuid.uuid4()),
            "workflowId": "order-intake",
            "workflowName": "Order intake",
            "status": "success",
            "startedAt": "2026-11-22T19:04:11.123456",
            "completedAt": "2026-11-22T19:04:11.223456",
            "trigger": {"type": "http", "data": {"orderId": 7}},
            "nodeExecutions": [
                {
                    "nodeId": "n1",
                    "nodeName": "Charge",
                    "nodeType": "httpRequest",
                    "status": "success",
                    "input": {},
                    "output": {"paid": True},
                }
            ],
            **fields,
        }

    return make


@pytest.fixture(scope="module")
def logger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExecutionLogger]:
    """Open the history behind `receiver`, one for each test module."""
    with ExecutionLogger(tmp_path_factory.mktemp("history") / "executions.db") as logger:
        yield logger


@pytest.fixture(scope="module")
def receiver(logger: ExecutionLogger) -> Iterator[Receiver]:
    """Run a receiver with small limits, one for each test module."""
    settings = ReceiverSettings(port=0, max_body_bytes=16 * 1024 * 1024)
    with Receiver(logger, settings).running() as receiver:
        yield receiver


@pytest.fixture
def client(receiver: Receiver) -> Iterator[httpx.Client]:
    """Make a client of `receiver`."""
    with httpx.Client(base_url=receiver.url, timeout=30) as client:
        yield client


@pytest.fixture(scope="module")
def six_runs(receiver: Receiver, logger: ExecutionLogger) -> Iterator[httpx.Client]:
    """Make a client of `receiver`, whose history gets six executions of two workflows."""
    with httpx.Client(base_url=receiver.url, timeout=30) as client:
        logger.log_executions(
            [
                record(
                    f"run-{minute}",
                    workflowId="even" if minute % 2 == 0 else "odd",
                    projectId="p1" if minute < 4 else "p2",
                    status="error" if minute == 3 else "success",
                    error={"message": "declined\nand more", "nodeId": "charge"}
                    if minute == 3
                    else None,
                    executionMode="test" if minute == 5 else "production",
                    startedAt=f"2026-11-22T10:0{minute}:00Z",
                    durationMs=100 * minute,
                )
                for minute in range(6)
            ]
        )
        yield client


@pytest.fixture
def own_logger(tmp_path: Path) -> Iterator[ExecutionLogger]:
    """Open a history for one test."""
    with ExecutionLogger(tmp_path / "executions.db") as logger:
        yield logger


@pytest.fixture
def exchange() -> RawExchange:
    """Send bytes over a new connection, and return all bytes of the answer."""

    def send(receiver: Receiver, *parts: bytes, hang_up: bool = False) -> bytes:
        with socket.create_connection(("127.0.0.1", receiver.port), timeout=30) as connection:
            for part in parts:
                connection.sendall(part)
            if hang_up:
                return b""
            answer = b""
            while data := connection.recv(65536):
                answer += data
            return answer

    return send


class FailingStore(SqliteStore):
    """A store that raises the error that the test sets."""

    error: Exception | None = None

    def _merge(self, requests: Sequence[Sequence[WorkflowExecution]]) -> list[LogResult]:
        if self.error is not None:
            raise self.error
        return super()._merge(requests)


class FailingLogger(ExecutionLogger):
    """A history that raises the error that the test sets."""

    def __init__(self, path: Path) -> None:
        self._failing = FailingStore(path)
        super().__init__(path, store=self._failing)

    @property
    def error(self) -> Exception | None:
        """The error; None lets the store work."""
        return self._failing.error

    @error.setter
    def error(self, error: Exception | None) -> None:
        self._failing.error = error


@pytest.fixture(scope="module")
def failing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FailingLogger]:
    """Open the history behind `own`."""
    with FailingLogger(tmp_path_factory.mktemp("history") / "executions.db") as logger:
        yield logger


@pytest.fixture(scope="module")
def own(failing: FailingLogger) -> Iterator[httpx.Client]:
    """Make a client of a receiver of `INSTALLATION`."""
    receiver = Receiver(failing, ReceiverSettings(port=0, max_body_bytes=300_000), INSTALLATION)
    access = Access(INSTALLATION)
    with (
        receiver.running(),
        httpx.Client(base_url=receiver.url, timeout=30, auth=access) as client,
    ):
        yield client


def document(client: httpx.Client) -> dict[str, Any]:
    """Read the OpenAPI document."""
    response = client.get("/openapi.json")
    assert response.status_code == 200
    answer: dict[str, Any] = response.json()
    return answer
