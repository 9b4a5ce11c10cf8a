"""Data from real clients comes back unchanged."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx
import pytest

MakeRecord = Callable[..., dict[str, Any]]

EXACT = [
    b"null",
    b"false",
    b"0",
    b'""',
    b"[]",
    b"{}",
    b"-0.0",
    b"123456789012345678901234567890",
    b"1e400",
    b"0.1000000000000000055511151231257827",
    b'"\\u0000"',
    b'"\\ud800"',
    b'"\\ude00 and \\ud83d\\ud83d"',
    b'{"":1,"__proto__":{"a":2}}',
    b'{"b":1,"a":2,"b":3}',
    b'{"a" :  1}',
    '"Zoë 🛫 \u202e \\" \\\\"'.encode(),
]


def post(client: httpx.Client, body: bytes) -> httpx.Response:
    """Post a body as JSON."""
    return client.post(
        "/api/executions", content=body, headers={"content-type": "application/json"}
    )


def with_payload(record: dict[str, Any], payload: bytes) -> bytes:
    """Write a record with these bytes as payload in all three places."""
    record["trigger"]["data"] = record["nodeExecutions"][0]["input"] = "@"
    record["nodeExecutions"][0]["output"] = "@"
    return json.dumps(record).encode().replace(b'"@"', payload)


@pytest.mark.parametrize("payload", EXACT, ids=repr)
def test_payloads_come_back_byte_for_byte(
    payload: bytes, client: httpx.Client, make_record: MakeRecord
) -> None:
    """Every JSON value comes back as the same bytes, alone and within its execution."""
    record = make_record()
    assert post(client, with_payload(record, payload)).status_code == 200
    base = f"/api/executions/{record['id']}"
    for part in ("trigger/data", "nodes/0/input", "nodes/0/output"):
        answer = client.get(f"{base}/{part}")
        assert answer.content == payload
        assert answer.headers["content-type"] == "application/json"
    whole = client.get(base).content
    assert b'"data":' + payload + b"}" in whole
    assert b'"input":' + payload + b',"output":' + payload + b"}" in whole
    listed = client.get("/api/executions", params={"payloads": True, "limit": 1000}).content
    assert whole in listed


def test_nesting_900_deep(client: httpx.Client, make_record: MakeRecord) -> None:
    """A payload nested 900 deep is accepted and served."""
    record = make_record()
    payload = b"[" * 900 + b"]" * 900
    assert post(client, with_payload(record, payload)).status_code == 200
    answer = client.get(f"/api/executions/{record['id']}/nodes/0/output")
    assert answer.content == payload


def test_nesting_too_deep_is_a_problem(client: httpx.Client, make_record: MakeRecord) -> None:
    """A payload nested too deep is refused with the reason, and harms nothing."""
    payload = b"[" * 200_000 + b"]" * 200_000
    response = post(client, with_payload(make_record(), payload))
    assert response.status_code == 400
    assert "nested too deeply" in response.json()["detail"]
    assert client.get("/health").status_code == 200


def test_naive_and_z_times_in_one_history(client: httpx.Client, make_record: MakeRecord) -> None:
    """Times with and without Z or fraction share one order and one output format."""
    times = ["2026-11-22T19:04:11", "2026-11-22T19:04:11.5Z", "2026-11-22T20:04:12.000001+01:00"]
    for time in times:
        client.post("/api/executions", json=make_record(workflowId="times", startedAt=time))
    listed = client.get("/api/executions", params={"workflowId": "times", "order": "oldest"})
    assert [execution["startedAt"] for execution in listed.json()["executions"]] == [
        "2026-11-22T19:04:11.000000Z",
        "2026-11-22T19:04:11.500000Z",
        "2026-11-22T19:04:12.000001Z",
    ]


def test_duration_zero_is_kept_and_absent_is_computed(
    client: httpx.Client, make_record: MakeRecord
) -> None:
    """`durationMs` 0 is kept; an absent duration is computed from start and completion."""
    zero, absent = make_record(durationMs=0), make_record(status="error")
    for record in (zero, absent):
        client.post("/api/executions", json=record)
    assert client.get(f"/api/executions/{zero['id']}").json()["durationMs"] == 0
    assert client.get(f"/api/executions/{absent['id']}").json()["durationMs"] == 100


def test_the_editors_generated_records(client: httpx.Client, make_record: MakeRecord) -> None:
    """The editor's nulls, extra fields, output beside an error and long stacks are accepted."""
    stack = "".join(f'  File "/srv/app/nodes.py", line {line}\n' for line in range(170))
    assert len(stack) > 6_000
    node = {"nodeId": "n", "nodeName": "N", "nodeType": "t", "status": "success", "input": {}}
    failure = {"message": "boom", "type": "ValueError", "stack": stack}
    record = make_record(
        status="error",
        error={**failure, "nodeId": "n"},
        output={"result": 1},
        extra=[1, 2],
        executionMode=None,
        trigger={"type": "httpEndpoint", "data": [1]},
        nodeExecutions=[
            {**node, "output": None, "error": None},
            {**node, "status": "error", "output": {"partial": 1}, "error": failure},
            node,
        ],
    )
    assert client.post("/api/executions", json=record).status_code == 200
    stored = client.get(f"/api/executions/{record['id']}").json()
    assert stored["trigger"] == {"type": "httpEndpoint", "data": [1]}
    assert stored["error"]["stack"] == stack
    assert "output" not in stored
    first, second, third = stored["nodeExecutions"]
    assert first["output"] is None
    assert "error" not in first
    assert (second["output"], second["error"]["message"]) == ({"partial": 1}, "boom")
    assert "output" not in third


@pytest.mark.parametrize("nodes", [[], None], ids=["empty", "absent"])
def test_no_nodes(nodes: list[Any] | None, client: httpx.Client, make_record: MakeRecord) -> None:
    """An execution without nodes is stored."""
    record = make_record(nodeExecutions=nodes)
    if nodes is None:
        del record["nodeExecutions"]
    assert client.post("/api/executions", json=record).status_code == 200


@pytest.mark.parametrize("id_", ["a/b", "a//b/", "100%", "a b", "Zoë 🛫", "?x=#y", "%2F", "a+b"])
def test_any_printable_id(id_: str, client: httpx.Client, make_record: MakeRecord) -> None:
    """Ids with slashes, percent signs and any Unicode are read and deleted by their URL."""
    assert client.post("/api/executions", json=make_record(id=id_)).status_code == 200
    path = f"/api/executions/{quote(id_, safe='')}"
    assert client.get(path).json()["id"] == id_
    assert client.get(f"{path}/nodes/0/input").content == b"{}"
    assert client.delete(path).json() == {"success": True}
    assert client.get(path).status_code == 404
