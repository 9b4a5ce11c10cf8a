"""Workflows as a web application: real requests over loopback, and their records."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import socket
import sys
import threading
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from flightlog.errors import InvalidWorkflowError, MissingLibraryError
from flightlog.runtime import (
    HttpEndpoint,
    Node,
    Secret,
    WebhookReceiver,
    Workflow,
    application,
    serving,
)
from flightlog.runtime.web.request import MAX_BODY_BYTES
from support.recordings import merged
from support.servers import served
from support.workflows import History, chain, node, nodes_of, plain, told

KEY = "web-test-key-0123456789"
ORDER_SCHEMA = {
    "type": "object",
    "required": ["amount"],
    "properties": {"amount": {"type": "number", "minimum": 1}},
}


def _echo(history: History, workflow_id: str = "order-intake", **options: Any) -> Workflow:
    workflow = history.workflow(workflow_id, **options)
    chain(workflow, node(workflow, "echo", lambda one: one.data))
    return workflow


def _orders(history: History, **options: Any) -> Workflow:
    return _echo(history, trigger=HttpEndpoint(method="POST", path="/orders", **options))


def test_a_request_runs_the_workflow_and_gets_its_result(history: History) -> None:
    """The trigger's data is the request, and the answer names the execution."""
    workflow = _orders(history)
    with served(application([workflow])) as url:
        answer = httpx.post(f"{url}/orders?dry=1&tag=a&tag=b", json={"amount": 5})
    assert answer.status_code == 200
    assert answer.json() == {"amount": 5, "dry": "1", "tag": ["a", "b"]}
    execution = history.execution()
    assert execution.id == answer.headers["X-Execution-Id"]
    assert execution.execution_mode == "production"
    assert execution.trigger is not None
    assert (execution.trigger.type, execution.trigger.is_simulated) == ("httpEndpoint", None)
    data = plain(execution.trigger.data)
    assert (data["method"], data["path"], data["body"]) == ("POST", "/orders", {"amount": 5})
    assert data["query"] == {"dry": "1", "tag": ["a", "b"]}
    assert data["headers"]["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("path", "asked", "params"),
    [
        ("/api/New Workflow", "/api/New%20Workflow", {}),
        ("/a%20b/ä?#", "/a%20b/%C3%A4%3F%23", {}),
        ("/files/{rest:path}", "/files/a/b%20c", {"rest": "a/b c"}),
        ("/v{n}/x:y", "/v2/x:y", {"n": "2"}),
        ("no/slash", "/no/slash", {}),
    ],
)
def test_any_path_is_served_percent_encoded(
    history: History, path: str, asked: str, params: Any
) -> None:
    """A path may be written encoded or not."""
    workflow = _echo(history, trigger=HttpEndpoint(path=path))
    with served(application([workflow])) as url:
        answer = httpx.post(f"{url}{asked}", json={"a": 1})
    assert answer.json() == {"a": 1, **params}


def test_each_workflow_is_served_as_the_editor_serves_it(history: History) -> None:
    """`POST /workflow/NAME` answers with an envelope, whatever the trigger, and checks its keys."""
    authentication = {"type": "bearer", "secret": "SHOP_KEY"}
    plain_one = _echo(history, trigger=HttpEndpoint(path="/orders"), output={"type": "stream"})
    same_name = _echo(history, "Order: intake!", secrets=[Secret("SHOP_KEY", default=KEY)])
    same_name.trigger = HttpEndpoint(method="GET", path="/x", authentication=authentication)
    failing = history.workflow("failing", trigger=HttpEndpoint(path="/workflow/failing"))
    chain(failing, node(failing, "fail", lambda one: 1 / 0))
    with served(application([plain_one, same_name, failing])) as url:
        answer = httpx.post(f"{url}/workflow/order_intake", json={"amount": 5})
        locked = httpx.post(f"{url}/workflow/order_intake_2", json={})
        key = {"Authorization": f"Bearer {KEY}"}
        opened = httpx.post(f"{url}/workflow/order_intake_2", json={"a": 1}, headers=key)
        failed = httpx.post(f"{url}/workflow/failing", json={})
        health = httpx.get(f"{url}/health")
    assert answer.json() == {
        "status": "success",
        "workflow": "Order intake",
        "executionId": answer.headers["X-Execution-Id"],
        "result": {"amount": 5},
    }
    assert (locked.status_code, opened.json()["result"]) == (401, {"a": 1})
    assert failed.status_code == 500
    assert failed.json().items() >= {"status": "error", "detail": "division by zero"}.items()
    assert failed.json()["executionId"] in {one.id for one in history.executions()}
    names = ["Order intake", "Order: intake!", "Failing"]
    assert health.json() == {"status": "healthy", "workflow": names[0], "workflows": names}


def test_a_missing_library_is_named_before_anything_is_served(history: History) -> None:
    """The error has the command that installs the library."""
    with pytest.raises(MissingLibraryError, match="pip install no_such"):
        application([_echo(history, libraries=["no_such"])])


def test_parameters_of_the_path_become_typed_inputs(history: History) -> None:
    """A path's parameters have two forms, and a literal path precedes a path with a parameter."""
    one = _echo(
        history,
        "one",
        trigger=HttpEndpoint(method="GET", path="/orders/:id"),
        inputs={"id": {"type": "number", "required": True}, "full": {"type": "boolean"}},
    )
    new = _echo(history, "new", trigger=HttpEndpoint(method="GET", path="/orders/new"))
    with served(application([one, new])) as url:
        assert httpx.get(f"{url}/orders/7?full=true").json() == {"id": 7, "full": True}
        assert httpx.get(f"{url}/orders/new").json() == {}
        refused = httpx.get(f"{url}/orders/x")
        assert httpx.get(f"{url}/nowhere").status_code == 404
    assert refused.status_code == 422
    assert "input.id" in refused.json()["error"]


@pytest.mark.parametrize("body", ["{", "", '{"amount": NaN}', '{"amount": 0}', '"text"', "\ud800"])
def test_a_request_that_isn_t_right_is_refused_and_recorded(history: History, body: str) -> None:
    """Invalid JSON gives 400, an invalid value gives 422, and no node runs."""
    workflow = _orders(history, validation={"body": ORDER_SCHEMA})
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
    workflow = _orders(history, validation={"headers": wanted})
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
    workflow = _echo(
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
    assert [one.status for one in merged(lines)] == ["success", "error", "error", "error"]


def test_a_key_may_have_any_letters(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients send keys as UTF-8, and no record contains such a key either."""
    key = "schlüssel-0123456789"
    monkeypatch.setenv("SHOP_KEY", key)
    authentication = {"type": "apiKey", "header": "X-Shop", "secret": "SHOP_KEY"}
    workflow = _orders(history, authentication=authentication)
    with served(application([workflow])) as url:
        headers = {b"X-Shop": key.encode(), b"X-Town": b"K\xf6ln"}
        assert httpx.post(f"{url}/orders", json=[1], headers=headers).status_code == 200
    (execution,) = history.executions()
    assert execution.trigger is not None
    data = plain(execution.trigger.data)
    assert data["headers"]["x-town"] == "Köln"
    assert "ssel-0123456789" not in json.dumps(data)


def test_a_port_that_there_is_not_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A port from the environment is refused too."""
    for arguments, named in ((["--port", "99999"], ""), (["--port", "-1"], ""), ([], "99999")):
        monkeypatch.setenv("PORT", named)
        monkeypatch.setattr(sys, "argv", ["app.py", *arguments])
        with pytest.raises(SystemExit):
            serving.serve(application([]))
        assert "is no port; use one from 0 to 65535" in capsys.readouterr().err


def _signed(body: bytes, key: str = KEY) -> dict[str, str]:
    digest = hmac.new(key.encode(), body, hashlib.sha256).hexdigest()
    return {"X-Hub-Signature-256": f"sha256={digest}"}


def test_a_webhook_is_taken_when_its_signature_is_right(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong or missing signature gives 401; the record contains the redacted data."""
    monkeypatch.setenv("HOOK_KEY", KEY)
    workflow = _echo(history, trigger=WebhookReceiver(secret="HOOK_KEY"), secrets=("HOOK_KEY",))
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
    assert [one.status for one in executions] == ["success", "success", "error", "error", "error"]
    for execution in executions:
        assert execution.trigger is not None
        assert execution.trigger.type == "webhookReceiver"
        data = plain(execution.trigger.data)
        assert data["body"]["event"] == "paid"
        assert "hunter2" not in json.dumps(data)


def test_a_form_and_a_text_are_bodies_too(history: History) -> None:
    """The content type decides, but JSON labelled as a form, as by `curl -d`, is JSON."""
    with served(application([_orders(history)])) as url:
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
    with served(application([_orders(history)])) as url:
        answer = httpx.post(f"{url}/orders", content=b" " * (MAX_BODY_BYTES + 1))
    assert answer.status_code == 413
    assert history.execution().status == "error"


def test_an_output_that_json_can_t_hold_is_no_failure(history: History) -> None:
    """The answer has the form in which the record contains the output."""
    workflow = history.workflow(trigger=HttpEndpoint(path="/odd"))
    odd = {"at": datetime(2026, 1, 2, tzinfo=UTC), "nan": float("nan"), "set": {1}, "raw": b"\xff"}
    chain(workflow, node(workflow, "odd", lambda one: odd))
    with served(application([workflow])) as url:
        answer = httpx.post(f"{url}/odd")
    assert answer.status_code == 200
    (one,) = nodes_of(history.execution(), "odd")
    assert answer.json() == plain(one.output)


def test_a_failed_run_is_500_with_its_node_and_without_its_stack(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message doesn't contain the secret either."""
    monkeypatch.setenv("SHOP_KEY", KEY)
    workflow = history.workflow(trigger=HttpEndpoint(path="/bad"), secrets=("SHOP_KEY",))

    def fail(one: Node) -> None:
        raise ValueError(f"no good: {one.resolve('{{ secrets.SHOP_KEY }}')}")

    chain(workflow, node(workflow, "bad", fail))
    with served(application([workflow])) as url:
        answer = httpx.post(f"{url}/bad")
    assert answer.status_code == 500
    assert answer.json()["nodeId"] == "bad"
    assert answer.json()["error"] == "no good: [SECRET]"
    assert KEY.encode() not in b"".join(history.lines())


def test_a_client_that_goes_away_cancels_its_run(history: History) -> None:
    """The execution is recorded as canceled, with the reason."""
    workflow = history.workflow(trigger=HttpEndpoint(path="/slow"))
    begun, ended = threading.Event(), threading.Event()

    async def wait(one: Node) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    chain(workflow, node(workflow, "slow", wait))
    with served(application([workflow])) as url:
        _leave(url, "/slow", begun)
        assert ended.wait(30)
    execution = history.execution()
    assert execution.error is not None
    assert execution.error.kind == "canceled"
    assert "went away" in execution.error.message
    assert told(execution) == [("slow", "error")]


def _leave(url: str, path: str, begun: threading.Event) -> None:
    parts = urlsplit(url)
    assert parts.hostname is not None
    with socket.create_connection((parts.hostname, parts.port or 80)) as client:
        client.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{{}}".encode())
        assert begun.wait(30)


def test_runs_that_go_on_when_the_server_stops_are_canceled(history: History) -> None:
    """The server stops, and the record has the reason."""
    workflow = history.workflow(trigger=HttpEndpoint(path="/slow"))
    begun = threading.Event()

    async def wait(one: Node) -> None:
        begun.set()
        await asyncio.Event().wait()

    chain(workflow, node(workflow, "slow", wait))
    with served(application([workflow])) as url:
        parts = urlsplit(url)
        client = socket.create_connection((str(parts.hostname), parts.port or 80))
        client.sendall(b"POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
        assert begun.wait(30)
    with client:
        assert client.recv(100).startswith(b"HTTP/1.1 503 ")
    execution = history.execution()
    assert execution.error is not None
    assert execution.error.kind == "canceled"
    assert "server was stopped" in execution.error.message


def test_a_required_secret_that_is_missing_fails_the_run_before_it_begins(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The failure is recorded; an optional secret may be missing or have a default."""
    monkeypatch.delenv("SHOP_KEY", raising=False)
    workflow = _echo(
        history,
        trigger=HttpEndpoint(path="/orders"),
        secrets=("SHOP_KEY", Secret("OTHER_KEY", required=False)),
    )
    with served(application([workflow])) as url:
        answer = httpx.post(f"{url}/orders", json={})
    assert answer.status_code == 500
    assert "SHOP_KEY" in answer.json()["error"]
    execution = history.execution()
    assert execution.error is not None
    assert "SHOP_KEY" in execution.error.message
    assert execution.node_executions == ()


def test_cors_lets_pages_of_the_named_origins_call(history: History) -> None:
    """Without the option, no page of another origin may call."""
    workflow = _orders(history)
    origin = {"Origin": "https://shop.example"}
    cors = {"origins": ["https://shop.example"], "methods": ["POST"]}
    with served(application([workflow], cors=cors)) as url:
        answer = httpx.post(f"{url}/orders", json={}, headers=origin)
    assert answer.headers["access-control-allow-origin"] == "https://shop.example"
    with served(application([workflow])) as url:
        answer = httpx.post(f"{url}/orders", json={}, headers=origin)
    assert "access-control-allow-origin" not in answer.headers


def test_a_manual_workflow_can_be_started_over_http(history: History) -> None:
    """The trigger's type is still `manual`."""
    with served(application([_echo(history, "by-hand")])) as url:
        assert httpx.post(f"{url}/workflows/by-hand", json={"n": 1}).json() == {"n": 1}
    execution = history.execution()
    assert execution.trigger is not None
    assert execution.trigger.type == "manual"


def test_two_workflows_can_t_have_one_route_or_one_id(history: History) -> None:
    """Parameters with other names make no other route, but another method does."""
    one = _echo(history, "one", trigger=HttpEndpoint(path="/orders/{id}"))
    other = _echo(history, "other", trigger=HttpEndpoint(path="/orders/:order"))
    get = _echo(history, "get", trigger=HttpEndpoint(method="get", path="/orders/{id}"))
    with pytest.raises(InvalidWorkflowError, match=r"'one' and 'other'.*POST"):
        application([one, other])
    with pytest.raises(InvalidWorkflowError, match="'one'"):
        application([one, one])
    application([one, get])


@pytest.mark.parametrize(
    "options",
    [
        {"path": "/{a}/{a}"},
        {"path": "/{a:b}"},
        {"path": "/x", "method": "BREW"},
        {"path": "/x", "validation": {"cookies": {}}},
        {"path": "/x", "validation": {"body": {"type": 7}}},
        {"path": "/x", "authentication": {"type": "magic", "secret": "X"}},
        {"path": "/x", "authentication": {"type": "bearer"}},
    ],
)
def test_an_endpoint_that_can_t_be_served_is_refused_when_it_is_made(options: Any) -> None:
    """The error contains a remedy."""
    with pytest.raises(InvalidWorkflowError):
        HttpEndpoint(**options)
