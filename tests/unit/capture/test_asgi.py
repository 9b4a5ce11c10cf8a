"""Requests to web applications, recorded by the middleware."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI, HTTPException, Request
from fastapi.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route

from flightlog.capture import Recorder, RecorderMiddleware
from flightlog.capture.routes import PathFilter
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
    assert execution.name == "POST /orders · 500"


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("/typed/no-number", 422, "The answer was 422 Unprocessable"),
        ("/typed/404", 404, "The answer was 404 Not Found."),
        ("/nowhere", 404, "The answer was 404 Not Found."),
    ],
)
@pytest.mark.parametrize("failing", [400, 500])
def test_a_refused_request_is_a_success_unless_the_setting_says_otherwise(
    tmp_path: Path, path: str, status: int, message: str, failing: int
) -> None:
    """A status of 4xx is the response's; only `failing_status=400` makes the run an error."""
    with recording(tmp_path) as made:
        ask(application(made.recorder, failing_status=failing), "GET", path)
        execution = made.execution()
    assert value(execution.node_executions[0].output)["status"] == status
    if failing == 500:
        assert (execution.status, execution.error) == ("success", None)
        return
    assert execution.status == "error"
    assert execution.error is not None
    assert execution.error.message.startswith(message)
    assert execution.error.kind == "http"


def shop(recorder: Recorder) -> FastAPI:
    """Make an application with routers in routers, a mounted application and typed paths."""
    app, orders, items, admin = FastAPI(), APIRouter(), APIRouter(prefix="/items"), FastAPI()
    app.add_middleware(RecorderMiddleware, recorder=recorder)

    def read() -> None:
        pass

    app.get("/")(read)
    app.get("/healthz")(read)
    orders.get("/{order_id}")(read)
    orders.delete("/{order_id}")(read)
    items.get("/{item_id}")(read)
    admin.get("/users/{user_id}")(read)
    orders.include_router(items, prefix="/{order_id}")
    app.include_router(orders, prefix="/orders")
    app.router.routes.append(Route("/files/{name:path}", lambda _: PlainTextResponse("x")))
    app.mount("/admin", admin)
    return app


def test_each_route_is_a_workflow_of_its_own(tmp_path: Path) -> None:
    """Ids have templates and no values, in included routers and mounted applications too."""
    requests = [
        ("GET", "/", "GET /"),
        ("GET", "/orders/7", "GET /orders/{order_id}"),
        ("GET", "/orders/8", "GET /orders/{order_id}"),
        ("DELETE", "/orders/8", "DELETE /orders/{order_id}"),
        ("GET", "/orders/8/items/lamp", "GET /orders/{order_id}/items/{item_id}"),
        ("GET", "/files/a/b.txt", "GET /files/{name}"),
        ("GET", "/admin/users/ada", "GET /admin/users/{user_id}"),
        ("PATCH", "/orders/8", None),
        ("GET", "/admin/nowhere", None),
        ("GET", "/nowhere", None),
        ("GET", "/healthz", ...),
    ]
    with recording(tmp_path) as made:
        app = shop(made.recorder)
        for method, path, _ in requests:
            ask(app, method, path)
        executions = made.executions()
    wanted = [route for _, _, route in requests if route is not ...]
    assert [execution.workflow_id for execution in executions] == [
        "order-intake" if route is None else f"order-intake:{route}" for route in wanted
    ]
    assert executions[1].workflow_name == "Order intake: GET /orders/{order_id}"
    assert [executions[1].name, executions[-1].name] == [
        "GET /orders/7 · 200",
        "GET /nowhere · 404",
    ]
    assert all(execution.project_id == executions[0].project_id for execution in executions)


def test_an_application_without_templates_is_one_workflow(tmp_path: Path) -> None:
    """Plain ASGI applications have no routes; Litestar passes the template of its route on."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        pass

    with recording(tmp_path) as made:
        middleware = RecorderMiddleware(app, made.recorder)
        scope = {"type": "http", "method": "GET", "path": "/orders/7", "headers": []}
        asyncio.run(middleware(scope, receive, send))
        asyncio.run(middleware({**scope, "path_template": "/orders/{id:int}"}, receive, send))
        plain, litestar = made.executions()
    assert plain.workflow_id == "order-intake"
    assert litestar.workflow_id == "order-intake:GET /orders/{id}"


@pytest.mark.parametrize(
    ("options", "recorded"),
    [
        ({}, ["/", "/api", "/api/orders", "/apiary", "/api/v1/internal/x"]),
        ({"include": ["/api"]}, ["/api", "/api/orders", "/api/v1/internal/x"]),
        ({"include": ["/api/"], "exclude": ["/*/internal/*"]}, ["/api", "/api/orders"]),
        ({"include": re.compile("^/api.*s$")}, ["/api/orders"]),
        ({"exclude": "/api"}, ["/", "/apiary"]),
        ({"include": []}, []),
        ({"include": ["/health"], "health_checks": True}, ["/health"]),
    ],
)
def test_paths_are_chosen_by_prefixes_and_patterns(
    options: dict[str, Any], recorded: list[str]
) -> None:
    """A prefix matches whole segments; health checks are left out unless wanted."""
    paths = ["/", "/api", "/api/orders", "/apiary", "/api/v1/internal/x", "/health", "/healthz/"]
    chosen = {"include": None, "exclude": (), "health_checks": False, **options}
    paths_filter = PathFilter(**chosen)
    assert [path for path in paths if paths_filter.matches("GET", path)] == recorded


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
    """With `include`, other requests pass unrecorded."""
    with recording(tmp_path) as made:
        app = application(made.recorder, include=["/orders"])
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
