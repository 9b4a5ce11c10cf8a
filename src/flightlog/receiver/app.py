"""
Puts the receiver's routes together into one ASGI application.

What each route does is `ingest`'s, `processes`' and `history`'s business; who may come in is
`guard`'s.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final, cast

from litestar import Litestar, Request, Response, get
from litestar.di import Provide
from litestar.exceptions import (
    MethodNotAllowedException,
    NotFoundException,
    ValidationException,
)

from flightlog.errors import InvalidQueryError
from flightlog.logger import ExecutionLogger
from flightlog.receiver.asgi import Application, Receive, Scope, Send
from flightlog.receiver.history import HISTORY_ROUTES
from flightlog.receiver.openapi import DESCRIBED_ROUTES, openapi_document
from flightlog.receiver.pickup import Pickup
from flightlog.receiver.problems import (
    METHOD_NOT_ALLOWED,
    NO_SUCH_ROUTE,
    Refusal,
    failure_text,
    problem_answer,
)
from flightlog.receiver.processes import process_of

_INGEST_PATH: Final = "api/executions"
_cached_document: Final = cache(openapi_document)


class Routes:
    """
    All routes of the receiver: those that take bodies by themselves, the others through Litestar.

    Args:
        logger: The history to serve.
        ingest: The application behind `POST /api/executions`.
        processes: The application behind `PUT /api/processes/{process_id}`.
        pickup: Knows which spools wait.
    """

    def __init__(
        self,
        logger: ExecutionLogger,
        ingest: Application,
        processes: Application,
        pickup: Pickup,
    ) -> None:
        self._ingest = ingest
        self._processes = processes
        self._others = cast(
            Application,
            Litestar(
                route_handlers=[*HISTORY_ROUTES, *DESCRIBED_ROUTES, _openapi],
                dependencies={
                    "logger": Provide(lambda: logger, sync_to_thread=False),
                    "pickup": Provide(lambda: pickup, sync_to_thread=False),
                },
                exception_handlers={Exception: _answer_error},
                logging_config=None,
                openapi_config=None,
            ),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        # A client whose configured address ends in a slash asks for //api/executions.
        if scope["method"] == "POST" and scope["path"].strip("/") == _INGEST_PATH:
            await self._ingest(scope, receive, send)
        elif scope["method"] == "PUT" and process_of(scope) is not None:
            await self._processes(scope, receive, send)
        else:
            # Routed by the path as it was sent, so that an id may hold an encoded slash.
            scope["path"] = scope["raw_path"].decode("ascii")
            await self._others(scope, receive, send)


@get("/openapi.json", sync_to_thread=True, include_in_schema=False)
def _openapi() -> Response[bytes]:
    return Response(_cached_document(HISTORY_ROUTES), media_type="application/json")


def _answer_error(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    failed = failure_text(request.method, request.scope["path"])
    answer = problem_answer(_ours(error), failed=failed)
    headers = {name.decode(): value.decode() for name, value in answer.headers}
    if isinstance(error, MethodNotAllowedException):
        headers.update(error.headers or {})
    return Response(
        answer.body,
        status_code=answer.status,
        media_type=headers.pop("content-type"),
        headers=headers,
    )


def _ours(error: Exception) -> Exception | Refusal:
    if isinstance(error, MethodNotAllowedException):
        return METHOD_NOT_ALLOWED
    if isinstance(error, ValidationException):
        return _query_error(error)
    if isinstance(error, NotFoundException):
        return NO_SUCH_ROUTE
    return error


def _query_error(error: ValidationException) -> InvalidQueryError:
    faults = error.extra if isinstance(error.extra, list) else []
    fault = faults[0] if faults else {}
    reason = str(fault.get("message", error.detail))
    return InvalidQueryError(
        str(fault.get("key", "query")),
        f"can't be used: {reason[:1].lower()}{reason[1:]}",
        hint="GET /openapi.json says which values each parameter takes.",
    )
