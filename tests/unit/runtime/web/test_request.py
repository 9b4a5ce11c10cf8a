from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import httpx
import pytest

from flightlog.runtime import (
    HttpEndpoint,
    WebhookReceiver,
    application,
)
from flightlog.runtime.web.request import MAX_BODY_BYTES
from support.recordings import merged
from support.servers import served
from support.workflows import History, plain

from .conftest import KEY, ORDER_SCHEMA, echo_workflow, orders_workflow


def test_parameters_of_the_path_become_typed_inputs(history: History) -> None:
    """A path's parameters have two forms, and a literal path precedes a path with a parameter."""
    first = echo_workflow(
        history,
        "one",
        trigger=HttpEndpoint(method="GET", path="/orders/:id"),
        inputs={"id": {"type": "number", "required": True}, "full": {"type": "boolean"}},
    )
    new = echo_workflow(history, "new", trigger=HttpEndpoint(method="GET", path="/orders/new"))
    with served(application([first, new])) as url:
        assert httpx.get(f"{url}/orders/7?full=true").json() == {"id": 7, "full": True}
        assert httpx.get(f"{url}/orders/new").json() == {}
        refused = httpx.get(f"{url}/orders/x")
        assert httpx.get(f"{url}/nowhere").status_code == 404
    assert refused.status_code == 422
    assert "input.id" in refused.json()["error"]


@pytest.mark.parametrize("body", ["{", "", '{"amount": NaN}', '{"amount": 0}', '"text"', "\ud800"])
def test_a_request_that_isn_t_right_is_refused_and_recorded(history: History, body: str) -> None:
    """Invalid JSON gives 400, an invalid value gives 422, and no node runs."""
    workflow = orders_workflow(history, validation={"body": ORDER_SCHEMA})
    raw = body.encode("utf-8", "surrogatepass")
    with served(application([workflow])) as url:
        answer = httpx.post(
            f"{url}/orders", content=raw, headers={"content-type": "application/json"}
        )
    bad_json = body in {"{", '{"amount": NaN}', "\ud800"}
    assert answer.status_code == (400 if bad_json else 422)
    told_error = answer.json()
    execution = history.execution()
    assert told_error["executionId"] == execution.id
    assert told_error["nodeId"] is None
    assert "Traceback" not in answer.text
    assert (execution.status, execution.node_executions) == ("error", ())
    assert execution.trigger is not None
    assert plain(execution.trigger.data)["path"] == "/orders"


def test_query_and_headers_are_validated_too(history: History) -> None:
    """The error names the part of the request, and the place in it."""
    wanted = {"type": "object", "required": ["x-tenant"]}
    workflow = orders_workflow(history, validation={"headers": wanted})
    with served(application([workflow])) as url:
        refused = httpx.post(f"{url}/orders", json={})
        taken = httpx.post(f"{url}/orders", json={}, headers={"X-Tenant": "acme"})
    assert (refused.status_code, taken.status_code) == (422, 200)
    assert "`headers`" in refused.json()["error"]


@pytest.mark.parametrize(
    ("authentication", "headers"),
    [
        ({"type": "apiKey"}, {"X-API-Key": KEY}),
        ({"type": "apiKey", "header": "X-Shop-Key"}, {"x-shop-key": KEY}),
        ({"type": "bearer"}, {"Authorization": f"Bearer {KEY}"}),
        (
            {"type": "basic"},
            {"Authorization": "Basic " + base64.b64encode(KEY.encode()).decode()},
        ),
    ],
)
def test_authentication_lets_in_who_has_the_key(
    history: History, monkeypatch: pytest.MonkeyPatch, authentication: Any, headers: dict[str, str]
) -> None:
    """Any other caller gets 401 and a record; no record contains the key."""
    monkeypatch.setenv("SHOP_KEY", KEY)
    workflow = echo_workflow(
        history,
        trigger=HttpEndpoint(
            path="/orders", authentication={**authentication, "secret": "SHOP_KEY"}
        ),
        secrets=("SHOP_KEY",),
    )
    with served(application([workflow])) as url:
        assert httpx.post(f"{url}/orders", json=[1], headers=headers).json() == [1]
        wrong = {name: value[:-1] for name, value in headers.items()}
        for given in ({}, wrong, {"Authorization": "Basic !"}):
            assert httpx.post(f"{url}/orders", json=[1], headers=given).status_code == 401
    lines = history.lines()
    assert KEY.encode() not in b"".join(lines)
    assert [execution.status for execution in merged(lines)] == [
        "success",
        "error",
        "error",
        "error",
    ]


def test_a_key_may_have_any_letters(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients send keys as UTF-8, and no record contains such a key either."""
    key = "schlüssel-0123456789"
    monkeypatch.setenv("SHOP_KEY", key)
    authentication = {"type": "apiKey", "header": "X-Shop", "secret": "SHOP_KEY"}
    workflow = orders_workflow(history, authentication=authentication)
    with served(application([workflow])) as url:
        headers = {b"X-Shop": key.encode(), b"X-Town": b"K\xf6ln"}
        assert httpx.post(f"{url}/orders", json=[1], headers=headers).status_code == 200
    (execution,) = history.executions()
    assert execution.trigger is not None
    data = plain(execution.trigger.data)
    assert data["headers"]["x-town"] == "Köln"
    assert "ssel-0123456789" not in json.dumps(data)


def _signed(body: bytes, key: str = KEY) -> dict[str, str]:
    digest = hmac.new(key.encode(), body, hashlib.sha256).hexdigest()
    return {"X-Hub-Signature-256": f"sha256={digest}"}


def test_a_webhook_is_taken_when_its_signature_is_right(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong or missing signature gives 401; the record contains the redacted data."""
    monkeypatch.setenv("HOOK_KEY", KEY)
    workflow = echo_workflow(
        history, trigger=WebhookReceiver(secret="HOOK_KEY"), secrets=("HOOK_KEY",)
    )
    body = json.dumps({"event": "paid", "password": "hunter2hunter2"}).encode()
    with served(application([workflow])) as url:
        place = f"{url}/webhooks/order-intake"
        assert httpx.post(place, content=body, headers=_signed(body)).status_code == 200
        capitals = {name: value.upper() for name, value in _signed(body).items()}
        assert httpx.post(place, content=body, headers=capitals).status_code == 200
        assert httpx.post(place, content=body, headers=_signed(body, "other")).status_code == 401
        assert httpx.post(place, content=body).status_code == 401
        assert httpx.post(place, content=body + b" ", headers=_signed(body)).status_code == 401
    executions = history.executions()
    assert [execution.status for execution in executions] == [
        "success",
        "success",
        "error",
        "error",
        "error",
    ]
    for execution in executions:
        assert execution.trigger is not None
        assert execution.trigger.type == "webhookReceiver"
        data = plain(execution.trigger.data)
        assert data["body"]["event"] == "paid"
        assert "hunter2" not in json.dumps(data)


def test_a_form_and_a_text_are_bodies_too(history: History) -> None:
    """The content type decides, but JSON labelled as a form, as by `curl -d`, is JSON."""
    with served(application([orders_workflow(history)])) as url:
        assert httpx.post(f"{url}/orders", data={"a": "1"}).json() == {"a": "1"}
        braces = {"{a}": "[1]"}
        assert httpx.post(f"{url}/orders", data=braces).json() == braces
        form = {"content-type": "application/x-www-form-urlencoded"}
        as_curl_does = httpx.post(f"{url}/orders", content=b'{"a": 1}', headers=form)
        assert as_curl_does.json() == {"a": 1}
        text = {"content-type": "text/plain; charset=utf-8"}
        assert httpx.post(f"{url}/orders", content="häh", headers=text).json() == "häh"


def test_a_body_too_large_is_refused(history: History) -> None:
    """The answer is 413, and the refusal is recorded."""
    with served(application([orders_workflow(history)])) as url:
        answer = httpx.post(f"{url}/orders", content=b" " * (MAX_BODY_BYTES + 1))
    assert answer.status_code == 413
    assert history.execution().status == "error"
