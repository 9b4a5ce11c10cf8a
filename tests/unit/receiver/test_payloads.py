"""Single payloads over HTTP; tests/unit/payload covers parts of payloads."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing

import apsw
import httpx
import pytest
import zstandard

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
    assert text.headers["content-disposition"] == "attachment"
    assert text.headers["x-content-type-options"] == "nosniff"
    part = client.get(raw, params={"path": "/t", "as": "text"}, headers={"range": "bytes=0-1"})
    assert (part.status_code, part.text) == (206, "ä")


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
        sent = {**node, "nodeId": name, "input": name, "output": {"of": name}}
        logger.log_execution(record("twins", nodeExecutions=[sent]))
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


@pytest.mark.parametrize("question", ["tree?path=/none", "raw?path=/none/0", "table"])
def test_a_place_that_is_not_there_is_named(question: str, six_runs: httpx.Client) -> None:
    """A pointer to nothing, or to no list of objects, is 404 with its own code."""
    answer = six_runs.get(f"/api/executions/run-1/nodes/0/output/{question}")
    assert (answer.status_code, answer.json()["code"]) == (404, "no_such_place")
    assert answer.json()["path"] == "path"


@pytest.mark.parametrize("damage", ["x'28b52ffd'", "zeroblob(200)", None])
def test_a_damaged_payload_leaves_the_rest_readable(
    damage: str | None, client: httpx.Client, logger: ExecutionLogger
) -> None:
    """Its routes say what to do, and records, exports and searches have a placeholder."""
    name = f"damaged-{damage}"
    data = {"text": name * 50, "kept": "seaweed"}
    node = {"nodeId": "n", "nodeName": "N", "nodeType": "t", "status": "success", "input": [7]}
    logger.log_execution(record(name, trigger={"type": "t", "data": data}, nodeExecutions=[node]))
    with closing(apsw.Connection(str(logger.path))) as connection:
        found = connection.execute("SELECT trigger_data FROM executions WHERE id = ?", (name,))
        (payload_id,) = found.fetchone() or (None,)
        assert isinstance(payload_id, int)
        # Without other damage, the payload is valid zstd of another text.
        other = zstandard.compress(json.dumps(data).encode() + b" ").hex()
        value = damage or f"x'{other}'"
        connection.execute(f"UPDATE payloads SET data = {value} WHERE id = ?", (payload_id,))
    base = f"/api/executions/{name}"
    for question in ("", "/tree", "/search?q=a", "/select?jsonpath=$", "/raw"):
        answer = client.get(f"{base}/trigger/data{question}")
        assert (answer.status_code, answer.json()["code"]) == (422, "payload_damaged")
        assert "flightlog doctor" in answer.json()["hint"]
    assert client.get(f"{base}/nodes/0/input").json() == [7]
    exported = client.post("/api/exports", json={"ids": [name]})
    for read in (client.get(base).json(), json.loads(exported.text)):
        assert read["nodeExecutions"][0]["input"] == [7]
        assert read["trigger"]["data"]["$flightlog"] == "dropped"
        assert "damaged" in read["trigger"]["data"]["reason"]
    found_by_query = client.get("/api/summaries", params={"q": "absent-kelp"})
    assert found_by_query.status_code == 200
    while logger.writer.index_portion().more:
        pass
