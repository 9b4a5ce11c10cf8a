"""
The OpenAPI document: Litestar generates it from the handlers' types on the first request.

The document also describes the routes that `ingest`, `heartbeats` and `events` serve before
Litestar's router.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

import msgspec
from litestar import Litestar, Response, get, post, put
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig, ResponseSpec
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody, Schema
from litestar.params import FromPath, HeaderParameter, JSONBody, QueryParameter

from flightlog.receiver.heartbeats import Heartbeat, HeartbeatNoted
from flightlog.receiver.ingest import MANY_RECORDS_TYPE, RecordsStored, RecordStored
from flightlog.receiver.problems import KINDS, PROBLEM_TYPE, Problem
from flightlog.receiver.schemas import refine
from flightlog.record.model import WorkflowExecution
from flightlog.version import __version__

_EVERY_ROUTE: Final = (
    "invalid_query",
    "right_needed",
    "bad_credentials",
    "right_missing",
    "request_refused",
    "internal_error",
    "store_unavailable",
    "store_disconnected",
    "store_capability",
    "store_busy",
    "store_gone",
    "store_migrating",
    "store_read_ended",
    "store_read_only",
)


def describe_problems(*codes: str) -> dict[int, ResponseSpec]:
    """
    Describe the problems that a route answers with.

    Args:
        codes: The codes of the route's problems; the codes of every route are added.

    Returns:
        The descriptions by HTTP status.
    """
    by_status: dict[int, list[str]] = {}
    for code in (*codes, *_EVERY_ROUTE):
        by_status.setdefault(KINDS[code][0], []).append(f"`{code}`")
    return {
        status: ResponseSpec(
            Problem,
            generate_examples=False,
            media_type=PROBLEM_TYPE,
            description=", ".join(by_status[status]),
        )
        for status in sorted(by_status)
    }


def name_operation(function: Callable[..., Any]) -> str:
    """
    Name an operation after its function.

    Args:
        function: The handler's function.

    Returns:
        The function's name in camel case.
    """
    first, *rest = function.__name__.split("_")
    return first + "".join(word.capitalize() for word in rest)


@dataclass
class _IngestOperation(Operation):
    def __post_init__(self) -> None:
        assert isinstance(self.request_body, RequestBody)
        lines = Schema(description="One record a line.")
        self.request_body.content[MANY_RECORDS_TYPE] = OpenAPIMediaType(schema=lines)
        _describe_media_types(self)


@dataclass
class _ProcessOperation(Operation):
    def __post_init__(self) -> None:
        _describe_media_types(self)


def _describe_media_types(operation: Operation) -> None:
    assert operation.responses is not None
    # This status has the same code as a refused host, but another number.
    operation.responses["415"] = operation.responses["403"]


def _log_executions(data: JSONBody[WorkflowExecution]) -> RecordStored | RecordsStored:
    """Store one record, or many as NDJSON, and answer when they are on disk."""
    raise NotImplementedError("`receiver.ingest` serves this route ahead of the router")


def _note_process(process_id: FromPath[str], data: JSONBody[Heartbeat]) -> HeartbeatNoted:
    """Note that a process is alive, its newest message's number, or that it has ended."""
    raise NotImplementedError("`receiver.heartbeats` serves this route ahead of the router")


_SINCE: Final = QueryParameter(description="As `Last-Event-ID`, where no header can be sent.")
_LAST: Final = HeaderParameter(name="Last-Event-ID", description="The last event that came.")


def _listen(
    since: Annotated[str | None, _SINCE] = None, last: Annotated[str | None, _LAST] = None
) -> Response[bytes]:
    """Send the ids of changed executions as server-sent events until the client disconnects."""
    raise NotImplementedError("`receiver.events` serves this route ahead of the router")


DESCRIBED_ROUTES: Final = (
    get(
        "/api/events",
        status_code=200,
        sync_to_thread=False,
        media_type="text/event-stream",
        operation_id="listenToChanges",
        summary=_listen.__doc__,
        responses=describe_problems("receiver_ending"),
    )(_listen),
    post(
        "/api/executions",
        status_code=200,
        sync_to_thread=False,
        operation_class=_IngestOperation,
        operation_id="logExecutions",
        summary=_log_executions.__doc__,
        responses=describe_problems(
            "invalid_record",
            "bad_signature",
            "body_stalled",
            "execution_deleted",
            "body_too_large",
            "store_full",
            "store_log_full",
            "too_many_requests",
            "redaction_interrupted",
        ),
    )(_log_executions),
    put(
        "/api/processes/{process_id:str}",
        status_code=200,
        sync_to_thread=False,
        operation_class=_ProcessOperation,
        operation_id="noteProcess",
        summary=_note_process.__doc__,
        responses=describe_problems(
            "invalid_record",
            "bad_signature",
            "body_stalled",
            "body_too_large",
            "store_full",
            "store_log_full",
            "too_many_requests",
        ),
    )(_note_process),
)
"""The routes served before the router; here to be described, and to refuse other methods."""


def generate_openapi(routes: Sequence[HTTPRouteHandler]) -> bytes:
    """
    Generate the document.

    Args:
        routes: The handlers to describe; `DESCRIBED_ROUTES` are added.

    Returns:
        The document as JSON.
    """
    described = Litestar(
        route_handlers=[*routes, *DESCRIBED_ROUTES],
        dependencies={
            "logger": Provide(object, sync_to_thread=False),
            "orphan_collector": Provide(lambda: None, sync_to_thread=False),
            "open_payloads": Provide(lambda: None, sync_to_thread=False),
            "sessions": Provide(lambda: None, sync_to_thread=False),
            "audit": Provide(lambda: None, sync_to_thread=False),
            "deletions": Provide(lambda: None, sync_to_thread=False),
            "space": Provide(lambda: None, sync_to_thread=False),
            "redactor": Provide(lambda: None, sync_to_thread=False),
            "prices": Provide(lambda: None, sync_to_thread=False),
        },
        logging_config=None,
        openapi_config=OpenAPIConfig(
            title="Flightlog",
            version=__version__,
            description="The flight recorder for Python workflows.",
        ),
    )
    handlers = (*routes, *DESCRIBED_ROUTES)
    return msgspec.json.encode(refine(described.openapi_schema.to_schema(), handlers))
