"""Triggers of generated workflows: requests, signatures, schedules, and refusals."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest

from support.ipc_client import IpcClient
from support.manifests import code, edge, http, manifest, node, workflow
from support.projects import project
from support.runs import Json, find_run, read_statuses
from support.waiting import until

Call = Callable[..., tuple[Any, Json]]
Ended = Callable[[str], Json]
KEY = "sk-e2e-0123456789abcdef"

HTTP = project(
    "http",
    manifest(
        {
            "orders": workflow(
                {
                    "send": node(
                        "httpRequest",
                        "Send",
                        method="POST",
                        url="{{ env.WEB }}/echo/{{ input.orderId }}",
                        headers={"Authorization": "Bearer {{ secrets.API_KEY }}"},
                        body={"items": "{{ input.items }}", "note": "for {{ input.customer }}"},
                    ),
                    "answer": code(
                        "return {'sent': input['body']['body'],"
                        " 'key': input['body']['headers']['authorization'][-4:]}",
                        "Answer",
                    ),
                },
                [edge("send", "answer")],
                http(
                    "/orders/:orderId",
                    validation={
                        "body": {
                            "type": "object",
                            "required": ["items"],
                            "properties": {"items": {"type": "array", "minItems": 1}},
                        },
                        "query": {
                            "type": "object",
                            "properties": {"dry": {"enum": ["yes", "no"]}},
                        },
                    },
                ),
                input={
                    "orderId": {"type": "number", "required": True},
                    "customer": {"type": "string", "default": "nobody"},
                    "items": {"type": "array"},
                },
            ),
            "private": workflow(
                {"ok": code("return 'in'", "Ok")},
                trigger=http(
                    "/private",
                    "GET",
                    authentication={"type": "bearer", "secret": "{{ secrets.API_KEY }}"},
                ),
            ),
            "hook": workflow(
                {"took": code("return input['event']", "Took")},
                trigger={
                    "type": "webhookReceiver",
                    "config": {"secret": "{{ secrets.API_KEY }}", "path": "/hook"},
                },
            ),
        },
        secrets={"API_KEY": {"required": True}, "UNUSED": {"required": True}},
    ),
)

CLOCK = project(
    "clock",
    manifest(
        {
            "tick": workflow(
                {"now": node("editFields", "Now", fields={"id": "{{ execution.id }}"})},
                trigger={
                    "type": "scheduledTask",
                    "config": {
                        "cron": "* * * * * *",
                        "timezone": "Europe/Berlin",
                        "preventOverlap": True,
                    },
                },
            )
        }
    ),
)


def test_a_request_becomes_the_input_and_secrets_reach_the_call_alone(call: Call) -> None:
    """The input joins path, query and body, with types and defaults; the record hides the key."""
    answer, record = call(HTTP, "/orders/17?dry=yes", {"items": ["a"]})
    assert answer == {"sent": {"items": ["a"], "note": "for nobody"}, "key": KEY[-4:]}
    send = find_run(record, "send")
    assert send["input"]["url"].endswith("/echo/17")
    assert send["input"]["body"] == {"items": ["a"], "note": "for nobody"}
    assert record["trigger"]["data"]["params"] == {"orderId": "17"}
    assert KEY not in json.dumps(record)


@pytest.mark.parametrize(
    ("path", "body", "where"),
    [
        ("/orders/1", {"items": []}, "items"),
        ("/orders/1?dry=maybe", {"items": [1]}, "dry"),
        ("/orders/many", {"items": [1]}, "orderId"),
        ("/orders/1", None, "body"),
    ],
)
def test_a_request_that_is_refused_is_recorded(
    path: str, body: Any, where: str, call: Call
) -> None:
    """A refused request is recorded with its data and the reason; no node runs."""
    answer, record = call(HTTP, path, body, status=422)
    assert where in answer["error"]
    assert record["status"] == "error"
    assert where in record["error"]["message"]
    assert record["trigger"]["data"]["path"] == path.partition("?")[0]
    assert set(read_statuses(record).values()) <= {"skipped"}


def test_a_request_without_the_key_is_refused_and_recorded(ended: Ended) -> None:
    """A missing key gives 401, and the record doesn't hold the sent key."""
    client = HTTP.client
    good = client.get("/private", headers={"Authorization": f"Bearer {KEY}"})
    assert (good.status_code, good.json()) == (200, "in")
    record = ended(good.headers["X-Execution-Id"])
    assert record["status"] == "success"
    assert KEY not in json.dumps(record)
    for headers in ({}, {"Authorization": "Bearer wrong-0123456789"}):
        bad = client.get("/private", headers=headers)
        assert bad.status_code == 401
        assert ended(bad.headers["X-Execution-Id"])["status"] == "error"


def test_a_webhook_is_taken_with_the_right_signature_only(ended: Ended) -> None:
    """A webhook needs the HMAC-SHA256 signature of its raw body."""
    body = json.dumps({"event": "paid"}).encode()
    signature = hmac.new(KEY.encode(), body, hashlib.sha256).hexdigest()
    for given, status in ((signature, 200), ("0" * 64, 401)):
        answer = HTTP.client.post(
            "/hook",
            content=body,
            headers={"X-Hub-Signature-256": f"sha256={given}", "Content-Type": "application/json"},
        )
        assert answer.status_code == status
        record = ended(answer.headers["X-Execution-Id"])
        assert record["trigger"]["type"] == "webhookReceiver"
        assert record["trigger"]["data"]["body"] == {"event": "paid"}
        assert record["status"] == ("success" if status == 200 else "error")


def test_a_schedule_starts_runs_by_itself(history: IpcClient) -> None:
    """A run that a schedule starts has the schedule as its trigger."""
    assert CLOCK.url
    found: list[Json] = []

    def ran() -> bool:
        found[:] = history.call("execution:query", [{"workflowId": "tick", "status": "success"}])
        return len(found) >= 2

    until(ran, "two runs by the clock")
    record = history.call("execution:get", [found[0]["id"]])
    assert record["trigger"]["type"] == "scheduledTask"
    assert find_run(record, "now")["output"]["id"] == record["id"]
