"""Requests to web applications, recorded by the middleware."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import StreamingResponse

from flightlog.capture import Recorder, RecorderMiddleware
from flightlog.record.model import WorkflowExecution
from support.recordings import NOBODY, Recording, node, recording, value


def application(recorder: Recorder, **options: Any) -> FastAPI:
    """Make a workflow as a web application."""
    app = FastAPI()
    app.add_middleware(RecorderMiddleware, recorder=recorder, **options)

    @app.post("/orders")
    async def order(request: Request) -> dict[str, Any]:
        body = await request.json()
        execution = recorder.current
        assert execution is not None
        with execution.node("charge", input=body) as charge:
            if body.get("amount", 0) > 100:
                raise RuntimeError("declined")
            charge.output = {"paid": True}
        return {"paid": True}

    @app.get("/typed/{number}")
    def typed(number: int) -> int:
        if number == 404:
            raise HTTPException(404, "no such number")
        return number

    @app.get("/stream")
    def stream() -> StreamingResponse:
        def parts() -> Iterator[str]:
            yield "one "
            yield "two"

        return StreamingResponse(parts(), media_type="text/plain")

    return app


def ask(app: FastAPI, method: str, path: str, **request: Any) -> httpx.Response:
    """Send one request."""

    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
            return await client.request(method, path, **request)

    return asyncio.run(send())


def recorded(made: Recording, method: str, path: str, **request: Any) -> WorkflowExecution:
    """Return the execution that one request leaves in the history."""
    ask(application(made.recorder), method, path, **request)
    return made.execution()


def test_a_request_is_a_run_with_its_answer(tmp_path: Path) -> None:
    """Method, path, query, headers and body are the trigger; the response is the root's output."""
    with recording(tmp_path) as made:
        execution = recorded(made, "POST", "/orders?source=web", json={"amount": 5})
    assert execution.trigger is not None
    assert execution.trigger.type == "http"
    request = value(execution.trigger.data)
    assert (request["method"], request["path"], request["query"]) == (
        "POST",
        "/orders",
        "source=web",
    )
    assert request["headers"]["content-type"] == "application/json"
    assert request["body"] == {"amount": 5}
    root = execution.node_executions[0]
    answer = value(root.output)
    assert (answer["status"], answer["body"]) == (200, {"paid": True})
    assert node(execution, "charge").parent_sequence == root.sequence
    assert execution.status == "success"


def test_an_exception_in_a_node_is_the_executions(tmp_path: Path) -> None:
    """The application's exception is recorded with its node, and the response is unchanged."""
    with recording(tmp_path) as made:
        execution = recorded(made, "POST", "/orders", json={"amount": 500})
    assert execution.status == "error"
    assert execution.error is not None
    assert (execution.error.message, execution.error.node_id) == ("declined", "charge")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/typed/no-number", "The answer was 422 Unprocessable"),
        ("/typed/404", "The answer was 404 Not Found."),
        ("/nowhere", "The answer was 404 Not Found."),
    ],
)
def test_a_refused_request_is_an_error(tmp_path: Path, path: str, message: str) -> None:
    """Validation errors and unknown paths are runs."""
    with recording(tmp_path) as made:
        execution = recorded(made, "GET", path)
    assert execution.status == "error"
    assert execution.error is not None
    assert execution.error.message.startswith(message)
    assert execution.error.kind == "http"


def test_a_streamed_answer_passes_and_is_recorded(tmp_path: Path) -> None:
    """Every part of a stream reaches the client, and the whole stream is recorded."""
    with recording(tmp_path) as made:
        app = application(made.recorder)
        assert ask(app, "GET", "/stream").text == "one two"
        execution = made.execution()
    assert value(execution.node_executions[0].output)["body"] == "one two"


def test_secrets_of_a_request_are_removed(tmp_path: Path) -> None:
    """Authorization, cookies, and tokens in the query don't reach the spool."""
    secret = "t0psecret-0123456789"
    headers = {"authorization": f"Bearer {secret}", "cookie": f"sid={secret}"}
    with recording(tmp_path) as made:
        ask(application(made.recorder), "GET", f"/typed/1?access_token={secret}", headers=headers)
        written = b"".join(made.lines())
    assert secret.encode() not in written


def test_a_body_over_the_limit_is_kept_in_part(tmp_path: Path) -> None:
    """A large body passes unchanged; the record has its beginning and its size."""
    with recording(tmp_path) as made:
        app = application(made.recorder, max_body_bytes=100)
        body = {"amount": 1, "note": "x" * 1000}
        assert ask(app, "POST", "/orders", json=body).status_code == 200
        execution = made.execution()
    assert execution.trigger is not None
    request = value(execution.trigger.data)
    assert len(request["body"]) == 100
    assert request["bodyBytes"] > 1000


def test_only_chosen_paths_are_recorded(tmp_path: Path) -> None:
    """With `paths`, other requests pass unrecorded."""
    with recording(tmp_path) as made:
        app = application(made.recorder, paths=["/orders"])
        assert ask(app, "GET", "/typed/1").json() == 1
        ask(app, "POST", "/orders", json={})
        assert len(made.executions()) == 1


def test_a_client_that_leaves_is_recorded(tmp_path: Path) -> None:
    """A client that disconnects in the middle of a stream makes the run a cancelled one."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"part", "more_body": True})
        assert (await receive())["type"] == "http.disconnect"

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        pass

    with recording(tmp_path) as made:
        scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
        asyncio.run(RecorderMiddleware(app, made.recorder)(scope, receive, send))
        execution = made.execution()
    assert execution.error is not None
    assert execution.error.kind == "canceled"


def test_a_request_that_makes_no_sense_is_served_all_the_same(tmp_path: Path) -> None:
    """The application gets a request even if the recorder can't interpret it."""
    reached: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        reached.append(scope["type"])
        await receive()

    async def receive() -> Any:
        return {"type": "http.request", "body": None, "more_body": False}

    async def send(message: Any) -> None:
        pass

    with recording(tmp_path) as made:
        middleware = RecorderMiddleware(app, made.recorder)
        asyncio.run(middleware({"type": "http", "headers": [1, 2]}, receive, send))
        asyncio.run(middleware({"type": "websocket"}, receive, send))
        assert made.recorder.status().swallowed > 0
    assert reached == ["http", "websocket"]


def test_the_lifespan_delivers_what_is_left(tmp_path: Path) -> None:
    """An application that ends leaves its records where the next process finds them."""

    async def main(recorder: Recorder) -> AsyncIterator[None]:
        async with recorder.lifespan(object()):
            with recorder.execution():
                yield

    async def run(recorder: Recorder) -> None:
        async for _ in main(recorder):
            pass

    with recording(tmp_path) as made:
        asyncio.run(run(made.recorder))
        assert made.recorder.status().appended == 0
        assert made.execution().status == "success"
        assert NOBODY
