"""Work of a web application after its response: background tasks, and tasks that outlive them."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from fastapi import FastAPI
from starlette.background import BackgroundTask, BackgroundTasks
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from flightlog.capture import Recorder, RecorderMiddleware
from flightlog.capture.background import BACKGROUND, LEAST_MS
from flightlog.logger import ExecutionLogger
from flightlog.record.model import NodeExecution, WorkflowExecution
from support.recordings import Recording, node, recording
from support.servers import served

LONG_S = 0.2
ANSWERED = {"type": "http.response.start", "status": 200, "headers": []}
DONE = {"type": "http.response.body", "body": b"done"}

Endpoint = Callable[[Request], Awaitable[Response]]


def ask(app: Any, method: str = "GET", path: str = "/") -> httpx.Response:
    """Send one request, and wait until the application has finished."""

    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
            return await client.request(method, path)

    return asyncio.run(send())


def application(recorder: Recorder, endpoint: Endpoint, **options: Any) -> FastAPI:
    """Make a recorded application of one route."""
    app = FastAPI()
    app.add_middleware(RecorderMiddleware, recorder=recorder, **options)
    app.add_route("/", endpoint, methods=["GET", "HEAD", "POST"])
    return app


def answered_with(made: Recording, task: BackgroundTask) -> WorkflowExecution:
    """Return the execution of a request whose response has a background task."""

    async def endpoint(request: Request) -> Response:
        return JSONResponse({"paid": True}, background=task)

    assert ask(application(made.recorder, endpoint)).json() == {"paid": True}
    return made.execution()


def background(execution: WorkflowExecution) -> NodeExecution:
    """Return the node of the work after the response."""
    found = node(execution, BACKGROUND)
    assert found.node_type == "background"
    return found


def duration(run: WorkflowExecution | NodeExecution) -> float:
    """Return the duration in ms."""
    assert run.duration_ms is not None
    return run.duration_ms


@pytest.mark.parametrize("blocking", [True, False])
def test_duration_ends_with_the_answer(tmp_path: Path, blocking: bool) -> None:
    """Background work counts only for its own node, and not for the request or its node."""

    async def waiting() -> None:
        await asyncio.sleep(LONG_S)

    def working() -> None:
        time.sleep(LONG_S)

    with recording(tmp_path) as made:
        execution = answered_with(made, BackgroundTask(working if blocking else waiting))
    root = node(execution, execution.workflow_id)
    after = background(execution)
    assert execution.status == root.status == after.status == "success"
    assert duration(after) >= LONG_S * 900
    assert after.started_at is not None
    assert execution.completed_at is not None
    assert root.completed_at is not None
    assert root.completed_at <= execution.completed_at <= after.started_at
    assert after.parent_sequence == root.sequence


def test_nodes_in_background_tasks_are_children_of_their_node(tmp_path: Path) -> None:
    """Several tasks, in the event loop and in threads, are recorded in the same background node."""
    with recording(tmp_path) as made:

        @made.recorder.node
        async def mail() -> None:
            pass

        @made.recorder.node
        def audit() -> None:
            pass

        @made.recorder.workflow
        def report() -> None:
            pass

        async def endpoint(request: Request) -> Response:
            tasks = BackgroundTasks()
            for function in (mail, audit, report):
                tasks.add_task(function)
            return JSONResponse({}, background=tasks)

        ask(application(made.recorder, endpoint))
        execution, sub_workflow = made.executions()
    after = background(execution)
    for name in ("mail", "audit"):
        assert node(execution, name).parent_sequence == after.sequence
    assert sub_workflow.parent_execution_id == execution.id


def test_failed_background_task_is_its_nodes_error(tmp_path: Path) -> None:
    """The answered request is a success; the node has the exception and its origin."""
    with recording(tmp_path) as made:

        @made.recorder.node
        def mail() -> None:
            raise ConnectionError("no mail server")

        execution = answered_with(made, BackgroundTask(mail))
    assert (execution.status, execution.error) == ("success", None)
    assert node(execution, execution.workflow_id).status == "success"
    after = background(execution)
    assert after.error is not None
    assert (after.status, after.error.message) == ("error", "no mail server")
    assert after.error.node_id == "mail"


def test_failed_background_task_without_nodes_is_recorded(tmp_path: Path) -> None:
    """A failed task is recorded, however short it was."""

    async def fail() -> None:
        raise LookupError("x")

    with recording(tmp_path) as made:
        after = background(answered_with(made, BackgroundTask(fail)))
    assert after.error is not None
    assert (after.error.type, after.error.message) == ("LookupError", "x")


def test_refused_request_with_background_task_stays_refused(tmp_path: Path) -> None:
    """The status of the response decides, whatever follows."""

    async def endpoint(request: Request) -> Response:
        return JSONResponse({}, 404, background=BackgroundTask(time.sleep, LONG_S))

    with recording(tmp_path) as made:
        ask(application(made.recorder, endpoint, failing_status=400))
        execution = made.execution()
    assert execution.error is not None
    assert execution.error.message == "The answer was 404 Not Found."
    assert background(execution).status == "success"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_request_without_background_work_has_no_such_node(tmp_path: Path, method: str) -> None:
    """The framework's own work after a response makes no node."""

    async def endpoint(request: Request) -> Response:
        return JSONResponse({})

    with recording(tmp_path) as made:
        app = application(made.recorder, endpoint)
        for _ in range(20):
            ask(app, method)
        executions = made.executions()
    nodes = [run for execution in executions for run in execution.node_executions[1:]]
    # A machine under load may interrupt any node for that long.
    assert all(duration(run) >= LEAST_MS for run in nodes)
    assert len(nodes) < len(executions) == 20


def test_streamed_answer_ends_with_its_last_part(tmp_path: Path) -> None:
    """A stream belongs to the request and its background task doesn't, whichever task sends."""

    async def endpoint(request: Request) -> Response:
        async def parts() -> Any:
            yield "one "
            await asyncio.sleep(LONG_S)
            yield "two"

        with_nodes = BackgroundTask(made.recorder.node("mail")(time.sleep), LONG_S)
        return StreamingResponse(parts(), background=with_nodes)

    with recording(tmp_path) as made:
        assert ask(application(made.recorder, endpoint)).text == "one two"
        execution = made.execution()
    assert duration(execution) >= LONG_S * 900
    after = background(execution)
    assert duration(after) >= LONG_S * 900
    assert after.started_at is not None
    assert execution.completed_at is not None
    assert execution.completed_at <= after.started_at
    assert node(execution, "mail").parent_sequence == after.sequence


def test_background_tasks_behind_another_middleware_are_found(tmp_path: Path) -> None:
    """`BaseHTTPMiddleware` runs the application in another task than the one that responds."""
    with recording(tmp_path) as made:

        @made.recorder.node
        async def mail() -> None:
            await asyncio.sleep(LONG_S)

        async def endpoint(request: Request) -> Response:
            return JSONResponse({}, background=BackgroundTask(mail))

        async def dispatch(request: Request, call_next: Any) -> Response:
            answer: Response = await call_next(request)
            return answer

        app = FastAPI()
        app.add_middleware(BaseHTTPMiddleware, dispatch=dispatch)
        app.add_middleware(RecorderMiddleware, recorder=made.recorder)
        app.add_route("/", endpoint)
        ask(app)
        execution = made.execution()
    mailed = node(execution, "mail")
    assert mailed.parent_sequence == background(execution).sequence
    assert execution.completed_at is not None
    assert mailed.completed_at is not None
    assert execution.completed_at < mailed.completed_at


def test_task_that_outlives_the_request_is_linked(tmp_path: Path) -> None:
    """Executions of the task after the request's end have that request as their parent."""
    with recording(tmp_path) as made:
        started: list[asyncio.Task[None]] = []
        go = asyncio.Event()

        @made.recorder.node
        async def mail() -> None:
            pass

        async def later() -> None:
            await mail()
            await go.wait()
            for _ in range(2):
                await mail()

        async def endpoint(request: Request) -> Response:
            started.append(asyncio.create_task(later()))
            await asyncio.sleep(0)
            return JSONResponse({})

        async def run() -> None:
            app = application(made.recorder, endpoint)
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
                await client.get("/")
            go.set()
            await started[0]

        asyncio.run(run())
        request, *others = made.executions()
    assert node(request, "mail").status == "success"
    assert [other.parent_execution_id for other in others] == [request.id, request.id]


def test_exception_after_an_answer_of_500_is_the_requests(tmp_path: Path) -> None:
    """A middleware around the whole application sees the response before its cause."""

    async def endpoint(request: Request) -> Response:
        raise RuntimeError("declined")

    with recording(tmp_path) as made:
        app = FastAPI()
        app.add_route("/", endpoint)
        assert ask(RecorderMiddleware(app, made.recorder)).status_code == 500
        execution = made.execution()
    (root,) = execution.node_executions
    for error in (execution.error, root.error):
        assert error is not None
        assert (error.message, error.type) == ("declined", "RuntimeError")


def sent(place: Path, *messages: dict[str, Any], after: float = 0.02) -> WorkflowExecution:
    """Return the execution of an application that sends messages and then continues for a while."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        for message in messages:
            await send(message)
        await anyio.sleep(after)

    async def receive() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        pass

    with recording(place) as made:
        scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
        asyncio.run(RecorderMiddleware(app, made.recorder)(scope, receive, send))
        return made.execution()


@pytest.mark.parametrize(
    "messages",
    [
        [ANSWERED, DONE],
        [ANSWERED, DONE | {"more_body": True}, DONE],
        [ANSWERED, {"type": "http.response.pathsend", "path": "/x"}],
        [
            ANSWERED | {"trailers": True},
            DONE,
            {"type": "http.response.trailers", "headers": [], "more_trailers": False},
        ],
    ],
    ids=["one part", "two parts", "a file", "trailers"],
)
def test_answer_ends_with_its_last_message(tmp_path: Path, messages: list[dict[str, Any]]) -> None:
    """The run ends with the last message of every ASGI form; later work is background work."""
    assert background(sent(tmp_path, *messages)).status == "success"


@pytest.mark.parametrize(
    "messages",
    [[ANSWERED], [ANSWERED, DONE | {"more_body": True}], [ANSWERED | {"trailers": True}, DONE]],
    ids=["no body", "more to come", "trailers to come"],
)
def test_answer_without_its_end_lasts_until_the_application_returns(
    tmp_path: Path, messages: list[dict[str, Any]]
) -> None:
    """Such a request has no background work."""
    execution = sent(tmp_path, *messages)
    assert duration(execution) >= 18
    assert len(execution.node_executions) == 1


def test_running_background_work_is_seen(tmp_path: Path) -> None:
    """While the work continues, the history has the ended request and the running node."""
    messages: list[bytes] = []
    seen = asyncio.Event()

    def observe(message: bytes) -> None:
        messages.append(message)
        if b'"background"' in message:
            seen.set()

    with recording(tmp_path, observer=observe) as made:
        execution = answered_with(made, BackgroundTask(seen.wait))
    first = next(message for message in messages if b'"background"' in message)
    (ended,) = (message for message in messages if b'"status":"success","revision"' in message)
    assert b'"sequence":1,"attempt":1,"parentSequence":0' in first
    assert first.endswith(b'"status":"running"}]}')
    assert messages.index(ended) < messages.index(first)
    assert background(execution).status == "success"


def test_real_server_answers_before_background_work_ends(tmp_path: Path) -> None:
    """With uvicorn, too, streamed or not, the client has its response and the run has its end."""
    with recording(tmp_path) as made:
        go, done = threading.Event(), threading.Event()

        @made.recorder.node
        def mail() -> None:
            go.wait(30)
            done.set()

        async def endpoint(request: Request) -> Response:
            async def parts() -> Any:
                yield "paid"

            return StreamingResponse(parts(), background=BackgroundTask(mail))

        with served(application(made.recorder, endpoint)) as url:
            answer = httpx.get(url)
            assert not done.is_set()
            go.set()
            assert done.wait(30)
        execution = made.execution()
    assert answer.text == "paid"
    mailed = node(execution, "mail")
    assert mailed.parent_sequence == background(execution).sequence
    assert execution.completed_at is not None
    assert mailed.started_at is not None
    assert execution.completed_at <= mailed.started_at


def test_store_shows_what_comes_after_the_end(tmp_path: Path) -> None:
    """Late nodes are merged into the ended execution, and its duration stays."""
    database = tmp_path / "history.db"
    recorder = Recorder("w", url=f"sqlite:{database}", spool_dir=tmp_path / "spool")
    go = asyncio.Event()

    async def wait() -> None:
        await go.wait()

    async def endpoint(request: Request) -> Response:
        return JSONResponse({}, background=BackgroundTask(wait))

    async def run() -> float:
        transport = httpx.ASGITransport(application(recorder, endpoint))
        async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
            asking = asyncio.create_task(client.get("/"))
            while True:
                assert await asyncio.to_thread(recorder.flush)
                with ExecutionLogger(database) as logger:
                    found = logger.get_executions("w:GET /")
                if found and len(found[0].node_executions) == 2:
                    break
            assert (found[0].status, background(found[0]).status) == ("success", "running")
            go.set()
            await asking
        return duration(found[0])

    before = asyncio.run(run())
    assert recorder.flush()
    recorder.close()
    with ExecutionLogger(database) as logger:
        (after,) = logger.get_executions("w:GET /")
    assert (after.status, background(after).status) == ("success", "success")
    assert duration(after) == before
