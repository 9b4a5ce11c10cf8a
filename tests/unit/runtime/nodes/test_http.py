"""The httpRequest node, against a real server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from flightlog.errors import CallFailedError, TimeLimitError
from flightlog.runtime.nodes.http import http_request
from support.servers import served
from support.workflows import History, nodes_of, plain, run_alone

KEY = "http-test-key-9876543210"


async def _echo(request: Request) -> Response:
    body = await request.body()
    return JSONResponse(
        {
            "method": request.method,
            "query": dict(request.query_params),
            "key": request.headers.get("authorization"),
            "type": request.headers.get("content-type"),
            "body": body.decode(),
        }
    )


async def _status(request: Request) -> Response:
    status = int(request.path_params["status"])
    return JSONResponse({"why": "because"}, status_code=status)


async def _text(request: Request) -> Response:
    return Response("plain words", media_type="text/plain")


async def _odd(request: Request) -> Response:
    return Response("{no json", media_type="application/json")


async def _nothing(request: Request) -> Response:
    return Response(status_code=204)


async def _slow(request: Request) -> Response:
    await request.body()
    await request.receive()
    return Response()


async def _elsewhere(request: Request) -> Response:
    return RedirectResponse("/text", status_code=302)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Start a server that echoes, refuses and waits."""
    app = Starlette(
        routes=[
            Route("/echo", _echo, methods=["GET", "POST", "PUT", "DELETE"]),
            Route("/status/{status}", _status),
            Route("/text", _text),
            Route("/odd", _odd),
            Route("/nothing", _nothing),
            Route("/slow", _slow),
            Route("/elsewhere", _elsewhere),
        ]
    )
    with served(app) as url:
        yield url


def _send(history: History, given: Any = None, **config: Any) -> Any:
    return run_alone(
        history.workflow(secrets=("SHOP_KEY",)), lambda node: http_request(node, **config), given
    )


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_KEY", KEY)


def test_a_request_goes_out_as_configured(history: History, url: str) -> None:
    """Expressions are evaluated, and the secret reaches the server but not the record."""
    value = _send(
        history,
        {"id": 7},
        method="post",
        url=f"{url}/echo",
        headers={"Authorization": "Bearer {{ secrets.SHOP_KEY }}", "X-Id": "{{ input.id }}"},
        query={"id": "{{ input.id }}"},
        body={"amount": "{{ input.id * 2 }}"},
    ).value
    assert value["status"] == 200
    answer = value["body"]
    assert (answer["method"], answer["query"], answer["key"]) == (
        "POST",
        {"id": "7"},
        f"Bearer {KEY}",
    )
    assert json.loads(answer["body"]) == {"amount": 14}
    assert answer["type"] == "application/json"
    lines = b"".join(history.lines())
    assert KEY.encode() not in lines
    assert b'"amount":14' in lines


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/text", "plain words"),
        ("/odd", "{no json"),
        ("/nothing", None),
        ("/elsewhere", "plain words"),
    ],
)
def test_an_answer_is_json_or_text(history: History, url: str, path: str, body: Any) -> None:
    """A body that is no JSON despite its type is read as text, and redirects are followed."""
    assert _send(history, url=f"{url}{path}").value["body"] == body


def test_a_text_body_goes_as_it_is(history: History, url: str) -> None:
    """A text body is sent unchanged."""
    value = _send(history, method="PUT", url=f"{url}/echo", body="words").value
    assert value["body"]["body"] == "words"


@pytest.mark.parametrize("status", [400, 404, 503])
def test_a_status_of_400_or_more_is_an_error_that_keeps_the_answer(
    history: History, url: str, status: int
) -> None:
    """The error and the record's output contain the status and the body."""
    error = _send(history, url=f"{url}/status/{status}?token=abc").error
    assert isinstance(error, CallFailedError)
    assert (error.status, error.body) == (status, {"why": "because"})
    assert "token" not in str(error)
    (only,) = nodes_of(history.execution(), "only")
    assert only.status == "error"
    output = plain(only.output)
    assert (output["status"], output["body"]) == (status, {"why": "because"})


@pytest.mark.parametrize("target", ["http://127.0.0.1:9/", "http://[", "no-scheme", "http:///x"])
def test_a_server_that_can_t_be_reached_is_told(history: History, target: str) -> None:
    """The error has no status, even when the URL is invalid."""
    error = _send(history, url=target).error
    assert isinstance(error, CallFailedError)
    assert error.status is None


def test_an_answer_that_takes_too_long_is_a_timeout(history: History, url: str) -> None:
    """The node's own config sets the limit."""
    error = _send(history, url=f"{url}/slow", timeout_ms=50).error
    assert isinstance(error, TimeLimitError)
    (only,) = nodes_of(history.execution(), "only")
    assert only.error is not None
    assert only.error.kind == "timeout"


def test_a_config_that_can_t_be_evaluated_records_what_flowed_in(history: History) -> None:
    """The record shows the incoming data, so that a reader sees the missing value."""
    assert _send(history, {"a": 1}, url="{{ input.url }}").error is not None
    (only,) = nodes_of(history.execution(), "only")
    assert plain(only.input) == {"a": 1}
