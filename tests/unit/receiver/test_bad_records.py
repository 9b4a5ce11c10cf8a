"""Bad input gets 400 with place and reason, and leaves nothing behind."""

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
    """Count what is stored."""
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
    """Each field that a record can't do without is named when it is missing."""
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
    """Anything but one JSON object in UTF-8 gets 400 with a reason."""
    response = post(client, body)
    assert response.status_code == 400
    assert response.json()["code"] == "invalid_record"


def test_a_truncated_record_is_refused(client: httpx.Client, make_record: MakeRecord) -> None:
    """A body cut off anywhere stores nothing."""
    before = total(client)
    body = json.dumps(make_record()).encode()
    for end in range(1, len(body), 37):
        assert post(client, body[:end]).status_code == 400
    assert total(client) == before


def test_invalid_utf8_within_a_payload_is_refused(
    client: httpx.Client, make_record: MakeRecord
) -> None:
    """Bytes that are no UTF-8 are found inside payloads too, which are not parsed."""
    record = make_record()
    body = json.dumps(record).encode().replace(b'"orderId": 7', b'"orderId": "\xc3\x28"')
    response = post(client, body)
    assert response.status_code == 400
    assert "UTF-8" in response.json()["detail"]
    assert client.get(f"/api/executions/{record['id']}").status_code == 404
