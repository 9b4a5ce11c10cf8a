"""Single payloads over HTTP; tests/unit/payload covers parts of payloads."""

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


def test_all_payloads_are_looked_into_alike(client: httpx.Client) -> None:
    """Trigger data, an input, and an output over a megabyte are read alike."""
    for place, kind, count in (
        ("trigger/data", "object", 1),
        ("nodes/0/input", "array", 2),
        ("nodes/0/output", "object", 2),
    ):
        tree = client.get(f"{BASE}/{place}/tree").json()
        assert (tree["kind"], tree["count"]) == (kind, count)
        assert client.get(f"{BASE}/{place}/search", params={"q": "no such"}).json()["complete"]
    page = client.get(f"{BASE}/nodes/0/output/tree", params={"path": "/rows", "offset": 29_990})
    assert [child["key"] for child in page.json()["children"]] == list(range(29_990, 30_000))
    table = client.get(f"{BASE}/nodes/0/output/table", params={"path": "/rows", "limit": 1})
    assert table.json() == {"columns": ["id", "name"], "rows": [[0, "row 0"]], "count": 30_000}
    found = client.get(f"{BASE}/nodes/0/input/select", params={"jsonpath": "$[?@ > 1]"}).json()
    assert found["matches"] == [{"path": "/1", "kind": "number", "preview": "2", "key": 1}]


@pytest.mark.parametrize(
    "question", ["", "/tree", "/table", "/search?q=a", "/select?jsonpath=$", "/raw"]
)
def test_what_is_absent_is_404(question: str, client: httpx.Client) -> None:
    """A missing node, value or execution is 404."""
    for place in ("a%2Fb/nodes/7/input", "a%2Fb/nodes/-1/input", "none/trigger/data"):
        response = client.get(f"/api/executions/{place}{question}")
        assert (response.status_code, response.json()["code"]) == (404, "not_found")


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


def test_a_download_has_a_name(client: httpx.Client) -> None:
    """The name of a download holds only safe characters."""
    response = client.get(f"{BASE}/nodes/0/input", params={"download": "true"})
    expected = 'attachment; filename="a_b-input-0.json"'
    assert response.headers["content-disposition"] == expected


def test_one_value_alone(client: httpx.Client) -> None:
    """A single value comes as JSON, or as plain text, and never as a page."""
    raw = f"{BASE}/nodes/0/output/raw"
    assert client.get(raw, params={"path": "/rows/1"}).content == b'{"id":1,"name":"row 1"}'
    assert client.get(raw, params={"path": "/t"}).json() == "ä\n"
    text = client.get(raw, params={"path": "/t", "as": "text"})
    assert (text.text, text.headers["content-type"]) == ("ä\n", "text/plain; charset=utf-8")
    assert text.headers["content-security-policy"].startswith("sandbox")
    assert text.headers["x-content-type-options"] == "nosniff"
    part = client.get(raw, params={"path": "/t", "as": "text"}, headers={"range": "bytes=0-1"})
    assert (part.status_code, part.text) == (206, "ä")


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


def test_jsonpath_takes_no_large_payload(client: httpx.Client, logger: ExecutionLogger) -> None:
    """JSONPath refuses a large payload and suggests an alternative."""
    large = {"type": "http", "data": "x" * 9_000_000}
    logger.log_execution(record("large", trigger=large))
    response = client.get("/api/executions/large/trigger/data/select", params={"jsonpath": "$"})
    assert (response.status_code, response.json()["code"]) == (422, "payload_too_large")


def test_nodes_with_one_sequence_each_have_their_payloads(
    client: httpx.Client, logger: ExecutionLogger
) -> None:
    """`nodeId` chooses among nodes with one sequence; without `nodeId` the first node is read."""
    node = {"nodeName": "N", "nodeType": "t", "status": "success", "sequence": 3}
    for name in ("b", "a"):
        told = {**node, "nodeId": name, "input": name, "output": {"of": name}}
        logger.log_execution(record("twins", nodeExecutions=[told]))
    outline = client.get("/api/executions/twins/outline").json()
    assert [(each["sequence"], each["nodeId"]) for each in outline["nodes"]] == [(3, "a"), (3, "b")]
    base = "/api/executions/twins/nodes/3"
    for name in ("a", "b"):
        asked = {"nodeId": name}
        assert client.get(f"{base}/input", params=asked).json() == name
        assert client.get(f"{base}/output", params=asked).json() == {"of": name}
        assert client.get(f"{base}/output/raw", params={**asked, "path": "/of"}).json() == name
        tree = client.get(f"{base}/output/tree", params=asked).json()
        assert tree["children"][0]["preview"] == f'"{name}"'
        found = client.get(f"{base}/output/search", params={**asked, "q": name}).json()
        assert len(found["matches"]) == 1
    assert client.get(f"{base}/input").json() == "a"
    absent = client.get(f"{base}/input", params={"nodeId": "c"})
    assert (absent.status_code, absent.json()["code"]) == (404, "not_found")
