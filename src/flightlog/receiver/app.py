"""
Join the receiver's routes into one ASGI application.

Each route's own module implements the route. `guard` decides which requests are allowed, and
`handlers` has the routes that Litestar serves.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Final

from flightlog.errors import RequestRefusedError
from flightlog.receiver.asgi import Application, Message, Receive, Scope, Send, send_answer
from flightlog.receiver.audit import AuditLog
from flightlog.receiver.body import (
    MAX_CHOICE_BYTES,
    BodyLimits,
    BodyStalledError,
    ClientGoneError,
    IncomingBody,
)
from flightlog.receiver.events import EVENTS_PARAMETERS, EVENTS_PATH
from flightlog.receiver.heartbeats import read_process_id
from flightlog.receiver.histories import HistoryProvider
from flightlog.receiver.orphan_collector import OrphanCollector
from flightlog.receiver.parameters import NO_PARAMETERS, check_parameters
from flightlog.receiver.problems import BODY_STALLED, Answer, describe_failure, make_problem_answer
from flightlog.receiver.sessions import Sessions
from flightlog.receiver.settings import ReceiverSettings
from flightlog.receiver.signed_request import JSON_TYPE
from flightlog.receiver.static import ViewerApplication
from flightlog.receiver.waiting_deletions import WaitingDeletions
from flightlog.redaction import Redactor

if TYPE_CHECKING:
    from flightlog.receiver.handlers import Handlers

_INGEST_PATH: Final = "api/executions"
_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class Routes:
    """
    All routes of the receiver; Litestar serves the routes without their own application.

    Args:
        histories: The histories to serve.
        ingest: The application behind `POST /api/executions`.
        processes: The application behind `PUT /api/processes/{process_id}`.
        orphan_collector: Reports the spools that wait for delivery.
        events: The application behind `GET /api/events`.
        viewer: The application that serves the viewer.
        sessions: Lets pages in.
        audit: The audit log.
        redactor: Removes secrets from shared runs.
        deletions: Carries out deletions that can still be cancelled.
        settings: The receiver's limits.
    """

    def __init__(
        self,
        histories: HistoryProvider,
        *,
        ingest: Application,
        processes: Application,
        orphan_collector: OrphanCollector,
        events: Application,
        viewer: ViewerApplication,
        sessions: Sessions,
        audit: AuditLog,
        redactor: Redactor,
        deletions: WaitingDeletions,
        settings: ReceiverSettings,
    ) -> None:
        self._choices = BodyLimits(MAX_CHOICE_BYTES, settings.stall_timeout_s)
        self._events = events
        self._viewer = viewer
        self._ingest = ingest
        self._processes = processes
        self._load_handlers = partial(
            _load_handlers,
            histories,
            orphan_collector=orphan_collector,
            sessions=sessions,
            audit=audit,
            redactor=redactor,
            deletions=deletions,
            settings=settings,
        )
        self._handlers: Handlers | None = None
        self._loading = asyncio.Lock()

    def load(self) -> None:
        """Import and build all handlers now, instead of at the first request for one of them."""
        self._handlers = self._load_handlers()

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
        elif scope["method"] == "PUT" and read_process_id(scope) is not None:
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
            handlers = await self._loaded_handlers()
            if scope["method"] == "OPTIONS" and (allowed := handlers.find_methods(scope["path"])):
                await send_answer(send, Answer(204, [(b"allow", allowed)], b""))
            elif _has_body(scope):
                await self._serve_with_body(handlers.application, scope, receive, send)
            else:
                await handlers.application(scope, receive, send)

    async def _loaded_handlers(self) -> Handlers:
        if self._handlers is None:
            async with self._loading:
                if self._handlers is None:
                    # In a thread, because records must not wait for these imports.
                    self._handlers = await asyncio.to_thread(self._load_handlers)
        return self._handlers

    async def _serve_with_body(
        self, application: Application, scope: Scope, receive: Receive, send: Send
    ) -> None:
        # Read the body here, because Litestar would wait for a body without limit.
        incoming = IncomingBody(self._choices, None)
        try:
            body = bytes(await incoming.read(receive))
            parts = [{"type": "http.request", "body": body, "more_body": False}]

            async def replay() -> Message:
                return parts.pop() if parts else await receive()

            await application(scope, replay, send)
        except ClientGoneError:
            return
        except BodyStalledError:
            answer = make_problem_answer(
                BODY_STALLED, failed=describe_failure(scope["method"], scope["path"])
            )
            answer.headers.append((b"connection", b"close"))
            await send_answer(send, answer)
        finally:
            incoming.release()


def _load_handlers(
    histories: HistoryProvider,
    *,
    orphan_collector: OrphanCollector,
    sessions: Sessions,
    audit: AuditLog,
    redactor: Redactor,
    deletions: WaitingDeletions,
    settings: ReceiverSettings,
) -> Handlers:
    from flightlog.models import read_price_file, read_prices  # noqa: PLC0415 - slow to import
    from flightlog.receiver.handlers import Handlers  # noqa: PLC0415 - slow to import
    from flightlog.receiver.space import SpaceReporter  # noqa: PLC0415 - slow to import

    space = SpaceReporter(settings.retention, settings.spool_dirs)
    own = () if settings.model_prices is None else read_price_file(settings.model_prices)
    return Handlers(
        histories,
        orphan_collector=orphan_collector,
        sessions=sessions,
        audit=audit,
        space=space,
        redactor=redactor,
        deletions=deletions,
        prices=(*own, *read_prices()),
    )


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
