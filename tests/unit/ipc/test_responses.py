from __future__ import annotations

import json
from pathlib import Path

from msgspec import Raw

from flightlog.logger import ExecutionLogger
from support.ipc_client import IpcClient

from .conftest import fill, run


def test_an_execution_without_nodes_has_an_empty_list_of_them(
    project: Path, project_client: IpcClient
) -> None:
    """`nodeExecutions` is always present, so a window can iterate over the list without a check."""
    fill(project, run("a", nodeExecutions=[]), run("b"))
    assert project_client.call("execution:get", ["a"])["nodeExecutions"] == []
    history = project_client.call("execution:query", [{"sortOrder": "asc"}])
    assert sorted(len(item["nodeExecutions"]) for item in history) == [0, 1]


def test_payloads_come_as_the_bytes_they_are(project: Path, project_client: IpcClient) -> None:
    """Numbers keep their digits, objects keep the order of keys, and null differs from absence."""
    text = '{"z":1.0,"a":[null,false,0,"",123456789012345678901234567890],"\\ud83d":"half"}'
    with ExecutionLogger.for_project(project) as logger:
        logger.log_execution(run("a", trigger={"type": "manual", "data": Raw(text.encode())}))
    data = project_client.call("execution:get", ["a"])["trigger"]["data"]
    assert json.dumps(data, separators=(",", ":")) == text
