from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from flightlog.logger import ExecutionLogger
from flightlog.receiver import Receiver
from support.records import record

VALUE = {"rows": [{"id": number, "name": f"row {number}"} for number in range(30_000)], "t": "ä\n"}


@pytest.fixture(scope="module")
def client(receiver: Receiver, logger: ExecutionLogger) -> Iterator[httpx.Client]:
    """Make a client of a receiver with an execution whose output is large."""
    node = {"nodeId": "n", "nodeName": "N", "nodeType": "t", "status": "success"}
    logger.log_execution(record("a/b", nodeExecutions=[{**node, "input": [1, 2], "output": VALUE}]))
    with httpx.Client(base_url=receiver.url, timeout=30) as client:
        yield client


def test_a_payload_that_has_changed_reads_anew(
    client: httpx.Client, logger: ExecutionLogger
) -> None:
    """A large payload stays open only while its content is unchanged."""
    node = {"nodeId": "n", "nodeName": "N", "nodeType": "t", "status": "running"}
    for revision in (1, 2):
        value = [revision] * 400_000
        nodes = [{**node, "input": value}]
        logger.log_execution(
            record("changing", status="running", revision=revision, nodeExecutions=nodes)
        )
        tree = client.get("/api/executions/changing/nodes/0/input/tree", params={"limit": 1})
        assert tree.json()["children"][0]["preview"] == str(revision)
