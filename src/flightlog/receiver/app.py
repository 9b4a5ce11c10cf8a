"""
Join the receiver's routes into one ASGI application.

Each route's own module implements the route. `guard` decides which requests are allowed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final, cast

from litestar import Litestar, Request, Response, get
from litestar.di import Provide
from litestar.exceptions import (
    ClientException,
    MethodNotAllowedException,
    NotFoundException,
    ValidationException,
)
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.handlers import HTTPRouteHandler

from flightlog.errors import BodyTooLargeError, InvalidQueryError, RequestRefusedError
from flightlog.logger import ExecutionLogger
from flightlog.receiver.asgi import Application, Message, Receive, Scope, Send, send_answer
from flightlog.receiver.body import (
    BodyLimits,
    BodyStalledError,
    ClientGoneError,
    IncomingBody,
)
from flightlog.receiver.bulk_actions import BULK_ROUTES
from flightlog.receiver.events import EVENTS_PARAMETERS, EVENTS_PATH
from flightlog.receiver.heartbeats import path_process_id
from flightlog.receiver.histories import HistoryProvider
from flightlog.receiver.history import HISTORY_ROUTES
from flightlog.receiver.metrics import METRIC_ROUTES
from flightlog.receiver.open_payloads import OpenPayloads
from flightlog.receiver.openapi import DESCRIBED_ROUTES, openapi_document
from flightlog.receiver.orphan_collector import OrphanCollector
from flightlog.receiver.outline import OUTLINE_ROUTES
from flightlog.receiver.parameters import NO_PARAMETERS, check_parameters, check_request
from flightlog.receiver.payloads import PAYLOAD_ROUTES
from flightlog.receiver.problems import (
    BODY_STALLED,
    METHOD_NOT_ALLOWED,
    NO_SUCH_ROUTE,
    Answer,
    Refusal,
    failure_text,
    problem_answer,
)
from flightlog.receiver.signed_request import JSON_TYPE
from flightlog.receiver.static import ViewerApplication
from flightlog.receiver.summaries import SUMMARY_ROUTES

ROUTES: Final = (
    *HISTORY_ROUTES,
    *SUMMARY_ROUTES,
    *METRIC_ROUTES,
    *OUTLINE_ROUTES,
    *PAYLOAD_ROUTES,
    *BULK_ROUTES,
)
"""Every route that Litestar serves, except the OpenAPI document."""

_INGEST_PATH: Final = "api/executions"
_MAX_CHOICE_BYTES: Final = 4 * 2**20
_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_cached_document: Final = cache(openapi_document)


class Routes:
    """
    All routes of the receiver; Litestar serves the routes without their own application.

    Args:
        histories: The histories to serve.
        ingest: The application behind `POST /api/executions`.
        processes: The application behind `PUT /api/processes/{process_id}`.
        pickup: Reports the spools that wait for delivery.
        events: The application behind `GET /api/events`.
        viewer: The application that serves the viewer.
        stall_timeout_s: How long a body may stop arriving, seconds.
    """

    def __init__(
        self,
        histories: HistoryProvider,
        *,
        ingest: Application,
        processes: Application,
        pickup: OrphanCollector,
        events: Application,
        viewer: ViewerApplication,
        stall_timeout_s: float,
    ) -> None:
        self._choices = BodyLimits(_MAX_CHOICE_BYTES, stall_timeout_s)
        self._events = events
        self._viewer = viewer
        self._ingest = ingest
        self._processes = processes
        opened = OpenPayloads(histories)
        handlers = [*ROUTES, *DESCRIBED_ROUTES, _openapi]
        self._methods = _methods_of(handlers)

        def lend_current() -> Iterator[ExecutionLogger]:
            with histories.get_current().lend() as logger:
                yield logger

        self._others = cast(
            Application,
            Litestar(
                route_handlers=handlers,
                dependencies={
                    "logger": Provide(lend_current),
                    "pickup": Provide(lambda: pickup, sync_to_thread=False),
                    "opened": Provide(lambda: opened, sync_to_thread=False),
                },
                exception_handlers={Exception: _answer_error},
                before_request=check_request,
                request_max_body_size=_MAX_CHOICE_BYTES,
                logging_config=None,
                openapi_config=None,
            ),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """
        Serve one request.

        Args:
            scope: The request's ASGI scope.
            receive: The request's ASGI channel.
            send: Sends the answer.
        """
        # A client whose configured address ends in a slash requests //api/executions.
        if scope["method"] == "POST" and scope["path"].strip("/") == _INGEST_PATH:
            check_parameters(scope, NO_PARAMETERS)
            await self._ingest(scope, receive, send)
        elif scope["method"] == "PUT" and path_process_id(scope) is not None:
            check_parameters(scope, NO_PARAMETERS)
            await self._processes(scope, receive, send)
        elif scope["method"] == "GET" and scope["path"] == EVENTS_PATH:
            check_parameters(scope, EVENTS_PARAMETERS)
            await self._events(scope, receive, send)
        elif self._viewer.serves(scope):
            await self._viewer(scope, receive, send)
        else:
            # Route by the encoded path, so that an id may contain an encoded slash.
            scope["path"] = scope["raw_path"].decode("ascii")
            if scope["method"] == "OPTIONS" and (allowed := self._methods_at(scope["path"])):
                await send_answer(send, Answer(204, [(b"allow", allowed)], b""))
            elif _has_body(scope):
                await self._serve_with_body(scope, receive, send)
            else:
                await self._others(scope, receive, send)

    def _methods_at(self, path: str) -> bytes | None:
        # Litestar's own answer names only the methods of the first handler for this path.
        for pattern, methods in self._methods.items():
            if pattern.fullmatch(path):
                return ", ".join(sorted({*methods, "OPTIONS"})).encode()
        return None

    async def _serve_with_body(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Read the body here, because Litestar would wait for a body without limit.
        incoming = IncomingBody(self._choices, None)
        try:
            body = bytes(await incoming.read(receive))
            parts = [{"type": "http.request", "body": body, "more_body": False}]

            async def replay() -> Message:
                return parts.pop() if parts else await receive()

            await self._others(scope, replay, send)
        except ClientGoneError:
            return
        except BodyStalledError:
            answer = problem_answer(
                BODY_STALLED, failed=failure_text(scope["method"], scope["path"])
            )
            answer.headers.append((b"connection", b"close"))
            await send_answer(send, answer)
        finally:
            incoming.release()


@get("/openapi.json", sync_to_thread=True, include_in_schema=False)
def _openapi() -> Response[bytes]:
    return Response(_cached_document(ROUTES), media_type="application/json")


def _methods_of(handlers: Sequence[HTTPRouteHandler]) -> Mapping[re.Pattern[str], set[str]]:
    methods: dict[re.Pattern[str], set[str]] = {}
    for handler in handlers:
        for path in handler.paths:
            parts = re.sub(r"\{\w+:int\}", "[0-9]+", re.sub(r"\{\w+:str\}", "[^/]+", path))
            methods.setdefault(re.compile(parts), set()).update(map(str, handler.http_methods))
    return methods


def _has_body(scope: Scope) -> bool:
    # Require this type, because a form of another site's page can send bodies, but not of this
    # type.
    if scope["method"] in _READING:
        return False
    headers = dict(scope["headers"])
    has_body = b"transfer-encoding" in headers or headers.get(b"content-length", b"0") != b"0"
    kind = headers.get(b"content-type", b"").decode("latin-1")
    if has_body and kind.partition(";")[0].strip().lower() != JSON_TYPE:
        hint = f"Send {JSON_TYPE}, or no body."
        raise RequestRefusedError("Content-Type", kind or None, hint=hint)
    return has_body


def _answer_error(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    failed = failure_text(request.method, request.scope["path"])
    answer = problem_answer(_ours(request, error), failed=failed)
    headers = {name.decode(): value.decode() for name, value in answer.headers}
    if isinstance(error, MethodNotAllowedException):
        headers.update(error.headers or {})
    return Response(
        answer.body,
        status_code=answer.status,
        media_type=headers.pop("content-type"),
        headers=headers,
    )


def _ours(request: Request[Any, Any, Any], error: Exception) -> Exception | Refusal:
    if isinstance(error, MethodNotAllowedException):
        return METHOD_NOT_ALLOWED
    if isinstance(error, RequestEntityTooLarge):
        return BodyTooLargeError(_MAX_CHOICE_BYTES)
    if isinstance(error, ValidationException):
        return _query_error(request, error)
    if isinstance(error, NotFoundException):
        return NO_SUCH_ROUTE
    if isinstance(error, ClientException | RecursionError):
        return InvalidQueryError(
            "body", "is no JSON, or nested too deeply", hint="GET /openapi.json describes it."
        )
    return error


def _query_error(request: Request[Any, Any, Any], error: ValidationException) -> InvalidQueryError:
    faults = error.extra if isinstance(error.extra, list) else []
    fault = faults[0] if faults else {}
    reason = str(fault.get("message", error.detail))
    return InvalidQueryError(
        _parameter_name(request, str(fault.get("key", "query"))),
        f"can't be used: {reason[:1].lower()}{reason[1:]}",
        hint="GET /openapi.json says which values each parameter takes.",
    )


def _parameter_name(request: Request[Any, Any, Any], parameter: str) -> str:
    # Litestar reports a handler's parameter by its Python name.
    found = request.route_handler.parsed_fn_signature.parameters.get(parameter)
    return getattr(found and found.kwarg_definition, "name", None) or parameter
