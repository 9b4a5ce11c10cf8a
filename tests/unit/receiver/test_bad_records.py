"""The receiver answers bad input with 400, place and reason, and stores nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

MakeRecord = Callable[..., dict[str, Any]]

BAD_FIELDS: list[tuple[dict[str, Any], str]] = [
    ({"id": 7}, "$.id"),
    ({"id": ""}, "$.id"),
    ({"id": "x" * 129}, "$.id"),
    ({"id": "a\nb"}, "$.id"),
    ({"status": "done"}, "$.status"),
    ({"startedAt": "yesterday"}, "$.startedAt"),
    ({"startedAt": None}, "$.startedAt"),
    ({"durationMs": "12"}, "$.durationMs"),
    ({"trigger": "http"}, "$.trigger"),
    ({"trigger": {}}, "$.trigger.type"),
    ({"nodeExecutions": {}}, "$.nodeExecutions"),
    ({"nodeExecutions": [{"nodeId": "n"}]}, "$.nodeExecutions[0].nodeName"),
    ({"error": "boom"}, "$.error"),
]


def post(client: httpx.Client, body: bytes) -> httpx.Response:
    """Post a body as JSON."""
    return client.post(
        "/api/executions", content=body, headers={"content-type": "application/json"}
    )


def total(client: httpx.Client) -> int:
    """Count the stored executions."""
    return int(client.get("/api/stats").json()["total"])


@pytest.mark.parametrize(("fields", "path"), BAD_FIELDS, ids=repr)
def test_a_wrong_field_is_named(
    fields: dict[str, Any], path: str, client: httpx.Client, make_record: MakeRecord
) -> None:
    """A field of a wrong type or value gets 400 with its path; nothing is stored."""
    before = total(client)
    response = client.post("/api/executions", json=make_record(**fields))
    problem = response.json()
    assert response.status_code == 400
    assert (problem["code"], problem["success"]) == ("invalid_record", False)
    assert problem["error"] == "Failed to log execution"
    assert problem["path"] == path
    assert total(client) == before


@pytest.mark.parametrize("field", ["id", "workflowId", "workflowName", "status", "startedAt"])
def test_a_missing_field_is_named(
    field: str, client: httpx.Client, make_record: MakeRecord
) -> None:
    """A missing required field is named."""
    record = make_record()
    del record[field]
    problem = client.post("/api/executions", json=record).json()
    assert (problem["status"], problem["path"]) == (400, f"$.{field}")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"not json",
        b"[]",
        b"null",
        b"{}{}",
        b'{"id": NaN}',
        b"\xff\xfe{}",
        b"\xef\xbb\xbf{}",
        b"id=1&status=success",
    ],
    ids=repr,
)
def test_what_is_no_record_is_refused(body: bytes, client: httpx.Client) -> None:
    """A body that isn't one JSON object in UTF-8 gets 400 with a reason."""
    response = post(client, body)
    assert response.status_code == 400
    assert response.json()["code"] == "invalid_record"


def test_a_truncated_record_is_refused(client: httpx.Client, make_record: MakeRecord) -> None:
    """A body that is cut off at any byte stores nothing."""
    before = total(client)
    body = json.dumps(make_record()).encode()
    for end in range(1, len(body), 37):
        assert post(client, body[:end]).status_code == 400
    assert total(client) == before


def test_invalid_utf8_within_a_payload_is_refused(
    client: httpx.Client, make_record: MakeRecord
) -> None:
    """Invalid UTF-8 is refused in payloads too, although the receiver doesn't parse payloads."""
    record = make_record()
    body = json.dumps(record).encode().replace(b'"orderId": 7', b'"orderId": "\xc3\x28"')
    response = post(client, body)
    assert response.status_code == 400
    assert "UTF-8" in response.json()["detail"]
    assert client.get(f"/api/executions/{record['id']}").status_code == 404
