from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from support.ipc_client import IpcClient
from support.llm_server import LlmServer, llm_server
from support.projects import PROJECTS, Project
from support.waiting import until
from support.web_server import WebServer, web_server

Json = dict[str, Any]
SECRET = "sk-e2e-0123456789abcdef"


@pytest.fixture(scope="session")
def web() -> Iterator[WebServer]:
    """Run the web server that workflows call."""
    with web_server() as server:
        yield server


@pytest.fixture(scope="session")
def llm() -> Iterator[LlmServer]:
    """Run the server of the models that workflows call."""
    with llm_server() as server:
        yield server


@pytest.fixture(scope="session")
def history(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IpcClient]:
    """Read the history as an editor does, through `flightlog ipc`."""
    with IpcClient("--project", tmp_path_factory.mktemp("project")) as client:
        yield client


@pytest.fixture(scope="session")
def receiver_url(history: IpcClient) -> str:
    """Give the URL of the receiver that runs beside the history."""
    url: str = history.call("initialize", {})["receiver"]["url"]
    return url


@pytest.fixture(scope="session")
def environment(receiver_url: str, web: WebServer, llm: LlmServer) -> dict[str, str]:
    """Make the environment of generated workflows."""
    return {
        **llm.environment(),
        "FLIGHTLOG_URL": receiver_url,
        "WEB": web.url,
        "API_KEY": SECRET,
        "PYTHONUNBUFFERED": "1",
    }


@pytest.fixture(scope="session", autouse=True)
def _processes(
    environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """Start every project of these tests, each in its own process."""
    directory = tmp_path_factory.mktemp("generated")
    try:
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda project: project.start(directory, environment), PROJECTS))
        yield
    finally:
        for project in PROJECTS:
            project.stop()


@pytest.fixture(scope="session")
def ended(history: IpcClient) -> Callable[[str], Json]:
    """Wait until an execution has ended in the history, and return its record."""

    def wait(execution_id: str) -> Json:
        found: list[Json] = []

        def has_ended() -> bool:
            record = history.call("execution:get", [execution_id])
            if record is None or record["status"] == "running":
                return False
            found.append(record)
            return True

        until(has_ended, f"the end of {execution_id}")
        return found[0]

    return wait


@pytest.fixture(scope="session")
def call(ended: Callable[[str], Json]) -> Callable[..., tuple[Any, Json]]:
    """Call a workflow over HTTP; return the answer's JSON and the record from the history."""

    def post(project: Project, path: str, body: Any = None, status: int = 200) -> tuple[Any, Json]:
        answer = project.client.post(path, json=body)
        assert answer.status_code == status, answer.text
        return answer.json(), ended(answer.headers["X-Execution-Id"])

    return post
