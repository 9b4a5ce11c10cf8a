from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest

from flightlog.logger import ExecutionLogger
from flightlog.receiver import Receiver
from support.records import record

BASE = "/api/executions/a%2Fb"


VALUE = {"rows": [{"id": number, "name": f"row {number}"} for number in range(30_000)], "t": "ä\n"}


@pytest.fixture(scope="module")
def client(receiver: Receiver, logger: ExecutionLogger) -> Iterator[httpx.Client]:
    """Make a client of a receiver with an execution whose output is large."""
    node = {"nodeId": "n", "nodeName": "N", "nodeType": "t", "status": "success"}
    logger.log_execution(record("a/b", nodeExecutions=[{**node, "input": [1, 2], "output": VALUE}]))
    with httpx.Client(base_url=receiver.url, timeout=30) as client:
        yield client


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-9", 0, 9),
        ("bytes=10-", 10, None),
        ("bytes=-7", -7, None),
        ("bytes=5-99999999", 5, None),
    ],
)
def test_a_range_of_bytes(asked: str, first: int, last: int | None, client: httpx.Client) -> None:
    """A range of bytes gets 206 with its place, and holds the same bytes as the whole."""
    whole = client.get(f"{BASE}/nodes/0/output").content
    assert json.loads(whole) == VALUE
    part = client.get(f"{BASE}/nodes/0/output", headers={"range": asked})
    assert part.status_code == 206
    assert part.content == whole[first : None if last is None else last + 1]
    start = len(whole) + first if first < 0 else first
    end = start + len(part.content) - 1
    assert part.headers["content-range"] == f"bytes {start}-{end}/{len(whole)}"


@pytest.mark.parametrize("asked", ["bytes=0-1,3-4", "lines=0-1", "bytes=-", "bytes=x"])
def test_other_ranges_get_the_whole(asked: str, client: httpx.Client) -> None:
    """The receiver answers other ranges with the whole payload, as RFC 9110 permits."""
    assert client.get(f"{BASE}/trigger/data", headers={"range": asked}).status_code == 200


def test_a_range_beyond_the_end_is_refused(client: httpx.Client) -> None:
    """A range beyond the end is refused with the payload's size."""
    for asked in ("bytes=99-", "bytes=5-3", "bytes=-0"):
        response = client.get(f"{BASE}/trigger/data", headers={"range": asked})
        assert (response.status_code, response.json()["code"]) == (416, "range_not_satisfiable")
        assert response.headers["content-range"] == "bytes */13"


def test_a_range_of_another_version_gets_the_whole(client: httpx.Client) -> None:
    """`If-Range` separates the parts of two payloads."""
    etag = client.get(f"{BASE}/trigger/data").headers["etag"]
    for said, status in ((etag, 206), ('"other"', 200)):
        headers = {"range": "bytes=0-1", "if-range": said}
        assert client.get(f"{BASE}/trigger/data", headers=headers).status_code == status
