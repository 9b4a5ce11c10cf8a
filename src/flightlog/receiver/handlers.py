"""
Join all Litestar handlers into one ASGI application.

Each handler's own module implements the handler. Importing this module takes most of a receiver's
start, so `app` imports this module when a request first needs it.
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

from flightlog.errors import BodyTooLargeError, InvalidQueryError
from flightlog.logger import ExecutionLogger
from flightlog.models import Price
from flightlog.receiver.access_routes import ACCESS_ROUTES
from flightlog.receiver.asgi import Application, Scope
from flightlog.receiver.audit import AuditLog
from flightlog.receiver.body import MAX_CHOICE_BYTES
from flightlog.receiver.bulk_actions import BULK_ROUTES
from flightlog.receiver.confinement import confine
from flightlog.receiver.handler_parameters import check_request, find_parameter_name
from flightlog.receiver.histories import HistoryProvider
from flightlog.receiver.history import HISTORY_ROUTES
from flightlog.receiver.metrics import METRIC_ROUTES
from flightlog.receiver.model_calls import MODEL_ROUTES
from flightlog.receiver.open_payloads import OpenPayloads, ProjectPayloads
from flightlog.receiver.openapi import DESCRIBED_ROUTES, generate_openapi
from flightlog.receiver.orphan_collector import OrphanCollector
from flightlog.receiver.outline import OUTLINE_ROUTES
from flightlog.receiver.payloads import PAYLOAD_ROUTES
from flightlog.receiver.problems import (
    CODE_REFUSED,
    METHOD_NOT_ALLOWED,
    NO_SUCH_ROUTE,
    Refusal,
    describe_failure,
    make_problem_answer,
)
from flightlog.receiver.queries import QUERY_ROUTES
from flightlog.receiver.rights import find_project
from flightlog.receiver.saved_queries import SAVED_QUERY_ROUTES
from flightlog.receiver.sessions import InvalidCodeError, Sessions
from flightlog.receiver.sharing import SHARE_ROUTES
from flightlog.receiver.space import SPACE_ROUTES, SpaceReporter
from flightlog.receiver.summaries import SUMMARY_ROUTES
from flightlog.receiver.waiting_deletions import WaitingDeletions
from flightlog.redaction import Redactor

ROUTES: Final = (
    *HISTORY_ROUTES,
    *SUMMARY_ROUTES,
    *QUERY_ROUTES,
    *SAVED_QUERY_ROUTES,
    *METRIC_ROUTES,
    *OUTLINE_ROUTES,
    *PAYLOAD_ROUTES,
    *BULK_ROUTES,
    *ACCESS_ROUTES,
    *SPACE_ROUTES,
    *SHARE_ROUTES,
    *MODEL_ROUTES,
)
"""Every route that Litestar serves, except the OpenAPI document."""

_cached_document: Final = cache(generate_openapi)


class Handlers:
    """
    All handlers as one application.

    Args:
        histories: The histories to serve.
        orphan_collector: Reports the spools that wait for delivery.
        sessions: Lets pages in.
        audit: The audit log.
        space: Measures the history.
        redactor: Removes secrets from shared runs.
        prices: The prices of models.
        deletions: Carries out deletions that can still be cancelled.
    """

    def __init__(
        self,
        histories: HistoryProvider,
        *,
        orphan_collector: OrphanCollector,
        sessions: Sessions,
        audit: AuditLog,
        space: SpaceReporter,
        redactor: Redactor,
        prices: tuple[Price, ...],
        deletions: WaitingDeletions,
    ) -> None:
        open_payloads = OpenPayloads(histories)
        handlers = [*ROUTES, *DESCRIBED_ROUTES, _openapi]
        self._methods = _collect_methods(handlers)

        def lend_current(request: Request[Any, Any, Any]) -> Iterator[ExecutionLogger]:
            project_id = find_project(cast(Scope, request.scope))
            with histories.get_current().lend() as logger:
                yield logger if project_id is None else confine(logger, project_id)

        def open_for(request: Request[Any, Any, Any]) -> ProjectPayloads:
            return ProjectPayloads(open_payloads, find_project(cast(Scope, request.scope)))

        self.application = cast(
            Application,
            Litestar(
                route_handlers=handlers,
                dependencies={
                    "logger": Provide(lend_current),
                    "orphan_collector": Provide(lambda: orphan_collector, sync_to_thread=False),
                    "open_payloads": Provide(open_for, sync_to_thread=False),
                    "sessions": Provide(lambda: sessions, sync_to_thread=False),
                    "audit": Provide(lambda: audit, sync_to_thread=False),
                    "deletions": Provide(lambda: deletions, sync_to_thread=False),
                    "space": Provide(lambda: space, sync_to_thread=False),
                    "redactor": Provide(lambda: redactor, sync_to_thread=False),
                    "prices": Provide(lambda: prices, sync_to_thread=False),
                },
                exception_handlers={Exception: _answer_error},
                before_request=check_request,
                request_max_body_size=MAX_CHOICE_BYTES,
                logging_config=None,
                openapi_config=None,
            ),
        )
        """The ASGI application."""

    def find_methods(self, path: str) -> bytes | None:
        """
        List the methods of a path.

        Args:
            path: The encoded path.

        Returns:
            The methods for an `Allow` header; None when nothing is served at the path.
        """
        # Litestar's own answer names only the methods of the first handler for this path.
        for pattern, methods in self._methods.items():
            if pattern.fullmatch(path):
                return ", ".join(sorted({*methods, "OPTIONS"})).encode()
        return None


@get("/openapi.json", sync_to_thread=True, include_in_schema=False)
def _openapi() -> Response[bytes]:
    return Response(_cached_document(ROUTES), media_type="application/json")


def _collect_methods(handlers: Sequence[HTTPRouteHandler]) -> Mapping[re.Pattern[str], set[str]]:
    methods: dict[re.Pattern[str], set[str]] = {}
    for handler in handlers:
        for path in handler.paths:
            parts = re.sub(r"\{\w+:int\}", "[0-9]+", re.sub(r"\{\w+:str\}", "[^/]+", path))
            methods.setdefault(re.compile(parts), set()).update(map(str, handler.http_methods))
    return methods


def _answer_error(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    failed = describe_failure(request.method, request.scope["path"])
    answer = make_problem_answer(_convert_error(request, error), failed=failed)
    headers = {name.decode(): value.decode() for name, value in answer.headers}
    if isinstance(error, MethodNotAllowedException):
        headers.update(error.headers or {})
    return Response(
        answer.body,
        status_code=answer.status,
        media_type=headers.pop("content-type"),
        headers=headers,
    )


_REFUSALS: Final[Mapping[type[Exception], Refusal]] = {
    MethodNotAllowedException: METHOD_NOT_ALLOWED,
    NotFoundException: NO_SUCH_ROUTE,
    InvalidCodeError: CODE_REFUSED,
}


def _convert_error(request: Request[Any, Any, Any], error: Exception) -> Exception | Refusal:
    if type(error) in _REFUSALS:
        return _REFUSALS[type(error)]
    if isinstance(error, RequestEntityTooLarge):
        return BodyTooLargeError(MAX_CHOICE_BYTES)
    if isinstance(error, ValidationException):
        return _query_error(request, error)
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
        find_parameter_name(request.route_handler, str(fault.get("key", "query"))),
        f"can't be used: {reason[:1].lower()}{reason[1:]}",
        hint="GET /openapi.json says which values each parameter takes.",
    )
