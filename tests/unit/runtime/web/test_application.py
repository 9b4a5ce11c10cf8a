"""Workflows as a web application: real requests over loopback, and their records."""

from __future__ import annotations

import sys
from typing import Any

import httpx
import pytest

from flightlog.errors import InvalidWorkflowError, MissingLibraryError
from flightlog.runtime import (
    HttpEndpoint,
    Secret,
    application,
    serve,
)
from support.servers import served
from support.workflows import History, chain, node, plain

from .conftest import KEY, echo_workflow, orders_workflow


def test_a_request_runs_the_workflow_and_gets_its_result(history: History) -> None:
    """The trigger's data is the request, and the answer names the execution."""
    workflow = orders_workflow(history)
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
    workflow = echo_workflow(history, trigger=HttpEndpoint(path=path))
    with served(application([workflow])) as url:
        answer = httpx.post(f"{url}{asked}", json={"a": 1})
    assert answer.json() == {"a": 1, **params}


def test_each_workflow_is_served_as_the_editor_serves_it(history: History) -> None:
    """`POST /workflow/NAME` answers with an envelope, whatever the trigger, and checks its keys."""
    authentication = {"type": "bearer", "secret": "SHOP_KEY"}
    plain_one = echo_workflow(
        history, trigger=HttpEndpoint(path="/orders"), output={"type": "stream"}
    )
    same_name = echo_workflow(history, "Order: intake!", secrets=[Secret("SHOP_KEY", default=KEY)])
    same_name.trigger = HttpEndpoint(method="GET", path="/x", authentication=authentication)
    failing = history.workflow("failing", trigger=HttpEndpoint(path="/workflow/failing"))
    chain(failing, node(failing, "fail", lambda node: 1 / 0))
    with served(application([plain_one, same_name, failing])) as url:
        answer = httpx.post(f"{url}/workflow/order_intake", json={"amount": 5})
        locked = httpx.post(f"{url}/workflow/order_intake_2", json={})
        key = {"Authorization": f"Bearer {KEY}"}
        unlocked = httpx.post(f"{url}/workflow/order_intake_2", json={"a": 1}, headers=key)
        failed = httpx.post(f"{url}/workflow/failing", json={})
        health = httpx.get(f"{url}/health")
    assert answer.json() == {
        "status": "success",
        "workflow": "Order intake",
        "executionId": answer.headers["X-Execution-Id"],
        "result": {"amount": 5},
    }
    assert (locked.status_code, unlocked.json()["result"]) == (401, {"a": 1})
    assert failed.status_code == 500
    assert failed.json().items() >= {"status": "error", "detail": "division by zero"}.items()
    assert failed.json()["executionId"] in {execution.id for execution in history.executions()}
    names = ["Order intake", "Order: intake!", "Failing"]
    assert health.json() == {"status": "healthy", "workflow": names[0], "workflows": names}


def test_a_missing_library_is_named_before_anything_is_served(history: History) -> None:
    """The error has the command that installs the library."""
    with pytest.raises(MissingLibraryError, match="pip install no_such"):
        application([echo_workflow(history, libraries=["no_such"])])


def test_a_required_secret_that_is_missing_fails_the_run_before_it_begins(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The failure is recorded; an optional secret may be missing or have a default."""
    monkeypatch.delenv("SHOP_KEY", raising=False)
    workflow = echo_workflow(
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
    workflow = orders_workflow(history)
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
    with served(application([echo_workflow(history, "by-hand")])) as url:
        assert httpx.post(f"{url}/workflows/by-hand", json={"n": 1}).json() == {"n": 1}
    execution = history.execution()
    assert execution.trigger is not None
    assert execution.trigger.type == "manual"


def test_the_first_of_two_workflows_has_their_route(
    history: History, caplog: pytest.LogCaptureFixture
) -> None:
    """Parameters with other names make no other route, but another method does."""
    first = echo_workflow(history, "one", trigger=HttpEndpoint(path="/orders/{id}"))
    other = echo_workflow(history, "other", trigger=HttpEndpoint(path="/orders/:order"))
    get = echo_workflow(history, "get", trigger=HttpEndpoint(method="get", path="/orders/{id}"))
    with served(application([first, other])) as url:
        assert httpx.post(f"{url}/orders/7", json={}).status_code == 200
        assert httpx.post(f"{url}/workflow/other", json={}).json()["workflow"] == "Other"
    assert "'one' and 'other' both name POST" in caplog.text
    assert [found.workflow_id for found in history.executions()] == ["one", "other"]
    with pytest.raises(InvalidWorkflowError, match="'one'"):
        application([first, first])
    application([first, get])


def test_a_port_that_there_is_not_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A port from the environment is refused too."""
    for arguments, named in ((["--port", "99999"], ""), (["--port", "-1"], ""), ([], "99999")):
        monkeypatch.setenv("PORT", named)
        monkeypatch.setattr(sys, "argv", ["app.py", *arguments])
        with pytest.raises(SystemExit):
            serve(application([]))
        assert "is no port; use one from 0 to 65535" in capsys.readouterr().err
