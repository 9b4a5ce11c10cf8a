"""
Owns `RecorderMiddleware`: records every HTTP request to an ASGI application as a run.

Requests and responses, streams included, pass through unchanged; the middleware records a copy.
`flightlog.capture.background` records the work after the response.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from http import HTTPStatus
from typing import Any, Final, TypeAlias

import msgspec

from flightlog.capture.background import BackgroundNode
from flightlog.capture.encoding import LOOKAHEAD
from flightlog.capture.recorder import Recorder
from flightlog.capture.root_node import RootNode
from flightlog.capture.routes import PathFilter, PathPatterns, find_route_template

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Application: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

_FIRST_FAULT: Final = 500
_TEXT_TYPES: Final = ("text/", "application/x-www-form-urlencoded", "application/xml")


class RecorderMiddleware:
    """
    Records requests: `app.add_middleware(RecorderMiddleware, recorder=recorder)`.

    Each route is a workflow of its own. Its id is `<recorder>:POST /orders/{order_id}`, made of the
    recorder's workflow id, the method and the route's template. Requests without a template belong
    to the recorder's own workflow: unknown paths, and applications whose routes aren't known.

    The trigger is the request. The first node covers the whole request and has the response as its
    output. A response with a status of 500 or more marks the run as failed, and so does a client
    that disconnects.

    The run ends when the response has been sent. Work that the application continues afterwards,
    for example Starlette's background tasks, is a node of type `background`. That node has its own
    duration and error, and holds the nodes that are called in the background work.

    Args:
        app: The application.
        recorder: Records the requests.
        include: Records only these paths: prefixes (`/api`), patterns (`/*/orders`) or compiled
            regular expressions; None records all.
        exclude: Records none of these paths, written in the same way.
        health_checks: Also record `GET /health`, `/healthz`, `/ping`, `/metrics` and the like.
        by_route: Make each route a workflow of its own; False makes one workflow of all requests.
        failing_status: The status from which a response marks the run as failed; 400 also marks
            requests that the application refuses.
        max_body_bytes: How many bytes of a request's and a response's body are kept.
    """

    def __init__(
        self,
        app: Application,
        recorder: Recorder,
        *,
        include: PathPatterns | None = None,
        exclude: PathPatterns = (),
        health_checks: bool = False,
        by_route: bool = True,
        failing_status: int = _FIRST_FAULT,
        max_body_bytes: int = 1024 * 1024,
    ) -> None:
        self._app = app
        self._recorder = recorder
        self._paths = PathFilter(include, exclude, health_checks=health_checks)
        self._by_route = by_route
        self._failing_status = failing_status
        self._max_body_bytes = max_body_bytes
        self._recorders: dict[str, Recorder] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        barrier = self._recorder.barrier
        wanted = scope["type"] == "http"
        if wanted:
            with barrier:
                wanted = self._paths.matches(scope.get("method", ""), scope.get("path", ""))
        if not wanted:
            await self._app(scope, receive, send)
            return
        recorder = self._recorder
        with barrier:
            recorder = self._recorder_for(scope)
        exchange = _Exchange(recorder, self._max_body_bytes, self._failing_status)
        with barrier:
            exchange.record_request(scope)

        async def receive_recorded() -> Message:
            message = await receive()
            with barrier:
                exchange.record_received(message)
            return message

        async def send_recorded(message: Message) -> None:
            await send(message)
            with barrier:
                exchange.record_sent(message)

        with exchange.root:
            try:
                await self._app(scope, receive_recorded, send_recorded)
            except BaseException as error:
                with barrier:
                    exchange.finish(error)
                raise
            with barrier:
                exchange.finish(None)

    def _recorder_for(self, scope: Scope) -> Recorder:
        template = find_route_template(scope, self._app) if self._by_route else None
        if template is None:
            return self._recorder
        route = f"{scope.get('method')} {template}"
        found = self._recorders.get(route)
        if found is None:
            found = self._recorders.setdefault(route, self._recorder.for_part(route))
        return found


class _Body:
    def __init__(self, recorder: Recorder, limit_bytes: int) -> None:
        self._recorder = recorder
        self._limit_bytes = limit_bytes
        self._parts: list[bytes] = []
        self._kept = 0
        self.size = 0

    def add(self, part: bytes) -> None:
        self.size += len(part)
        # Beyond the limit, keep what shows whether the limit divides a secret.
        if part and (room := self._limit_bytes + LOOKAHEAD - self._kept) > 0:
            self._parts.append(bytes(part[:room]))
            self._kept += min(len(part), room)

    def members(self, content_type: str) -> dict[str, Any]:
        if not self.size:
            return {}
        body = b"".join(self._parts)
        kind = content_type.partition(";")[0].strip().lower()
        if self.size <= self._limit_bytes:
            return {"body": _decode_body(body, kind)}
        errors = "backslashreplace" if _is_text(kind) else "surrogateescape"
        text = body.decode(errors=errors)
        end = len(body[: self._limit_bytes].decode(errors=errors))
        kept = self._recorder.shorten(text, end)
        return {
            "body": kept if _is_text(kind) else kept.encode(errors=errors),
            "bodyBytes": self.size,
        }


class _Exchange:
    def __init__(self, recorder: Recorder, limit_bytes: int, failing_status: int) -> None:
        self._failing_status = failing_status
        self._name = ""
        self._request_headers: dict[str, str] = {}
        self._request: dict[str, Any] = {}
        self._request_body = _Body(recorder, limit_bytes)
        self._response: dict[str, Any] = {}
        self._response_body = _Body(recorder, limit_bytes)
        self._is_answered = False
        self._has_disconnected = False
        self._body_recorded = False
        self._trailers = False
        self._recorder = recorder
        self._background: BackgroundNode | None = None
        self.root: RootNode = recorder.root(trigger={"type": "http", "data": self._request})

    def record_request(self, scope: Scope) -> None:
        self._request_headers = _decode_headers(scope.get("headers", ()))
        self._request |= {
            "method": scope.get("method"),
            "path": scope.get("path"),
            "query": bytes(scope.get("query_string", b"")).decode("latin-1"),
            "headers": self._request_headers,
        }
        self._name = f"{scope.get('method')} {scope.get('path')}"
        self.root.execution.rename(self._name)

    def record_received(self, message: Message) -> None:
        if message["type"] == "http.request":
            self._request_body.add(message.get("body", b""))
            if not message.get("more_body", False):
                self._record_body()
        elif message["type"] == "http.disconnect" and not self._is_answered:
            self._has_disconnected = True

    def record_sent(self, message: Message) -> None:
        kind = message["type"]
        if kind == "http.response.start":
            self._trailers = bool(message.get("trailers", False))
            self._response = {
                "status": message["status"],
                "headers": _decode_headers(message.get("headers", ())),
            }
        elif kind == "http.response.body":
            self._response_body.add(message.get("body", b""))
            self._is_answered = not message.get("more_body", False) and not self._trailers
        elif kind == "http.response.pathsend":
            self._is_answered = not self._trailers
        elif kind == "http.response.trailers":
            self._is_answered = not message.get("more_trailers", False)
        if self._is_answered and self._background is None:
            self._end_run()

    def finish(self, error: BaseException | None) -> None:
        """End the part that the application still works on: the run, or the work after its end."""
        background = self._background
        if background is None:
            if isinstance(error, Exception) and "status" not in self._response:
                # The server, or middleware outside of this one, answers the exception with 500.
                self.root.execution.rename(f"{self._name} · 500", at_once=False)
            self._record_response()
        elif error is None or background.announced or self._response["status"] < _FIRST_FAULT:
            background.finish(error)
        else:
            # Starlette's outermost middleware sends a 500 response and then raises the exception
            # that caused it.
            background.forget()
            self.root.amend(error)

    def _end_run(self) -> None:
        self._record_response()
        self._background = self._recorder.background(self.root)
        # Keep the scope, because the application may send from a task other than the one that
        # continues.
        self.root.finish()
        self._background.open()

    def _record_response(self) -> None:
        self._record_body()
        status = self._response.get("status")
        if status is not None:
            self.root.execution.rename(f"{self._name} · {status}", at_once=False)
            kind = self._response["headers"].get("content-type", "")
            self.root.output = self._response | self._response_body.members(kind)
        if self._has_disconnected and not self._is_answered:
            self.root.fail("The client left before the answer was complete.", kind="canceled")
        elif status is not None and status >= self._failing_status:
            self.root.fail(f"The answer was {_describe_status(status)}.", kind="http")

    def _record_body(self) -> None:
        if not self._body_recorded and self._request_body.size:
            self._body_recorded = True
            kind = self._request_headers.get("content-type", "")
            data = self._request | self._request_body.members(kind)
            self.root.execution.retrigger({"type": "http", "data": data})


def _decode_headers(pairs: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in pairs:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers


def _decode_body(body: bytes, content_type: str) -> object:
    if _is_json(content_type):
        try:
            return msgspec.json.decode(body)
        except (ValueError, RecursionError):
            return body.decode(errors="backslashreplace")
    return body.decode(errors="backslashreplace") if _is_text(content_type) else body


def _is_json(content_type: str) -> bool:
    return content_type == "application/json" or content_type.endswith("+json")


def _is_text(content_type: str) -> bool:
    return _is_json(content_type) or content_type.startswith(_TEXT_TYPES)


def _describe_status(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
