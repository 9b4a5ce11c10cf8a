"""
Write errors as HTTP answers: one status per code, and one shape (RFC 9457) for every answer.

`flightlog.errors` defines the errors. The few errors below that only HTTP has are not exceptions.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Final, Literal

import msgspec
from msgspec import Struct

from flightlog.errors import (
    FlightlogError,
    InvalidQueryError,
    InvalidRecordError,
    RequestRefusedError,
    StoreError,
    StoreMigratingError,
)
from flightlog.secret_key import KEY_VARIABLE, SIGNATURE_HEADER
from flightlog.store.migration import MigrationProgress

Headers = list[tuple[bytes, bytes]]

PROBLEM_TYPE: Final = "application/problem+json"

KINDS: Final[Mapping[str, tuple[int, str]]] = {
    "invalid_record": (400, "The record can't be read"),
    "invalid_query": (400, "The query can't be used"),
    "bad_request": (400, "The request can't be parsed"),
    "bad_signature": (401, "The signature is not this installation's"),
    "right_needed": (401, "The request needs a right"),
    "bad_credentials": (401, "The credentials are not valid"),
    "right_missing": (403, "The credentials don't give this right"),
    "code_refused": (403, "The link's code is not valid"),
    "request_refused": (403, "The request is refused"),
    "not_found": (404, "There is no such execution or payload"),
    "no_such_place": (404, "The payload has no such place"),
    "no_such_route": (404, "There is no such route"),
    "method_not_allowed": (405, "The route has no such method"),
    "body_stalled": (408, "The body arrives too slowly"),
    "headers_stalled": (408, "The headers arrive too slowly"),
    "execution_deleted": (410, "The execution was deleted"),
    "body_too_large": (413, "The body is too large"),
    "range_not_satisfiable": (416, "The payload has no such part"),
    "payload_too_large": (422, "The payload is too large for this"),
    "payload_damaged": (422, "The payload is damaged"),
    "too_many_requests": (429, "Too many requests arrive at once"),
    "store_log_full": (429, "A reader keeps the history's write-ahead log"),
    "headers_too_large": (431, "The headers are too large"),
    "internal_error": (500, "The receiver failed"),
    "store_error": (500, "The history refused"),
    "store_unavailable": (500, "The history can't be read or written"),
    "store_disconnected": (503, "The history's server can't be reached"),
    "store_capability": (501, "This kind of history can't do that"),
    "store_unsupported": (501, "Only a history in a SQLite file can do that"),
    "store_unsafe": (500, "The history belongs to another user, or others can exchange it"),
    "store_read_only": (403, "The history is open for reading only"),
    "store_version": (500, "The history is a newer Flightlog's"),
    "store_foreign": (500, "The history is another program's"),
    "receiver_ending": (503, "The receiver is ending"),
    "redaction_interrupted": (503, "The redaction was interrupted"),
    "store_busy": (503, "The history is busy"),
    "store_migrating": (503, "The history is being migrated"),
    "store_read_ended": (503, "The call read the history for too long"),
    "store_gone": (503, "The history's file is not at its place"),
    "store_closed": (503, "The history is closed"),
    "store_full": (507, "The disk is full"),
}
"""Each code that HTTP serves, with its status and title; all other codes use `OTHERS`."""
OTHERS: Final = (500, "The receiver failed")

_UNAUTHORIZED: Final = 401
_UNSUPPORTED_MEDIA_TYPE: Final = 415
_MEDIA_HEADERS: Final = frozenset({"Content-Type", "Content-Encoding"})
_RETRY_AFTER_S: Final[Mapping[str, bytes]] = {
    "body_stalled": b"1",
    "headers_stalled": b"1",
    "too_many_requests": b"1",
    "store_busy": b"1",
    "store_read_ended": b"5",
    "store_log_full": b"2",
    "store_gone": b"2",
    "store_migrating": b"2",
    "store_disconnected": b"2",
    "receiver_ending": b"30",
    "redaction_interrupted": b"1",
    "store_full": b"30",
}
_encoder: Final = msgspec.json.Encoder()
_log: Final = logging.getLogger(__name__)


class Problem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An error as the body of an answer: RFC 9457 with Flightlog's own fields."""

    type: str
    """`urn:flightlog:problem:` followed by the code."""
    title: str
    """The kind of error, the same for all errors of one code."""
    status: int
    """The HTTP status."""
    detail: str
    """The event that caused this error."""
    code: str
    """Stable text that programs can rely on."""
    hint: str
    """The action that resolves the error."""
    retryable: bool
    """Whether the same request may succeed later."""
    error: str
    """The action that failed, in the words of the editor's own logger."""
    success: Literal[False]
    """Always false: no part of the request was carried out."""
    path: str | None = None
    """The invalid field or parameter."""
    line: int | None = None
    """The invalid line in a body of many records, counted from 1."""
    column: int | None = None
    """The place of the fault in a query, counted from 1 in characters."""
    length: int | None = None
    """The number of the query's characters at fault; 0 if something is missing there."""
    migration: MigrationProgress | None = None
    """The progress of the migration for which the request must wait."""
    suggestion: str | None = None
    """The whole query that was probably meant."""


class Refusal(Struct, frozen=True, kw_only=True):
    """An error that only HTTP has."""

    code: str
    """A key of `KINDS`."""
    detail: str
    """The event that caused this error."""
    hint: str
    """The action that resolves the error."""
    retryable: bool = False
    """Whether the same request may succeed later."""


NO_SUCH_ROUTE: Final = Refusal(
    code="no_such_route",
    detail="Nothing is served at this address.",
    hint="GET /openapi.json lists what is.",
)
METHOD_NOT_ALLOWED: Final = Refusal(
    code="method_not_allowed",
    detail="This address doesn't take this method.",
    hint="The Allow header names those that it takes.",
)
BODY_STALLED: Final = Refusal(
    code="body_stalled",
    detail="The body stopped arriving before its end, or arrived too slowly; nothing was stored.",
    hint="Send the whole record again.",
    retryable=True,
)
TOO_MANY_REQUESTS: Final = Refusal(
    code="too_many_requests",
    detail="Too many requests arrive at once; nothing of this one was read.",
    hint="Send the request again later.",
    retryable=True,
)
BAD_REQUEST: Final = Refusal(
    code="bad_request",
    detail="The request is not valid HTTP.",
    hint="Send a request of HTTP/1.1 whose path and headers are ASCII text.",
)
HEADERS_STALLED: Final = Refusal(
    code="headers_stalled",
    detail="The request's line and headers didn't arrive in time.",
    hint="Send the request again, its headers at once.",
    retryable=True,
)
HEADERS_TOO_LARGE: Final = Refusal(
    code="headers_too_large",
    detail="The request has more than 64 KiB of headers, address or marks of chunks.",
    hint="Send fewer or shorter headers, a shorter address, or larger chunks.",
)
BAD_SIGNATURE: Final = Refusal(
    code="bad_signature",
    detail="The request isn't signed with this installation's secret; nothing was stored.",
    hint=f"Set the same {KEY_VARIABLE} on both machines, or send the records without a signature "
    "and with a token.",
)
RANGE_NOT_SATISFIABLE: Final = Refusal(
    code="range_not_satisfiable",
    detail="The payload ends before the range of bytes that was asked for.",
    hint="The Content-Range header says how many bytes there are.",
)
RECEIVER_ENDING: Final = Refusal(
    code="receiver_ending",
    detail="The receiver is ending; it begins no further stream, and stored nothing of the body.",
    hint="Start `flightlog serve` again.",
    retryable=True,
)
REDACTION_INTERRUPTED: Final = Refusal(
    code="redaction_interrupted",
    detail="The process that redacted the body ended early; nothing was stored.",
    hint="Send the body again.",
    retryable=True,
)
CODE_REFUSED: Final = Refusal(
    code="code_refused",
    detail="The code of this link was used before, or is too old.",
    hint="Run `flightlog open`: it makes a new link.",
)
BAD_CREDENTIALS: Final = Refusal(
    code="bad_credentials",
    detail="The request's `Authorization` is not valid here, or no longer valid.",
    hint="For the page, run `flightlog open`. `flightlog token list` shows which tokens are valid.",
)
_INTERNAL_ERROR: Final = Refusal(
    code="internal_error",
    detail="An error that was not foreseen.",
    hint="Look at what the receiver wrote to its standard error, and report it.",
)


class Answer(Struct, frozen=True):
    """An HTTP answer."""

    status: int
    """The HTTP status."""
    headers: Headers
    """All headers, with names in lower case."""
    body: bytes
    """The whole body."""


def make_problem_answer(
    error: Exception | Refusal, *, failed: str, redact: Callable[[str], str] = str
) -> Answer:
    """
    Create the answer that reports an error.

    Args:
        error: A Flightlog error, or any other exception; another exception is logged with its stack
            and hidden from the client.
        failed: The answer's `error` text, from `describe_failure`.
        redact: Removes secrets, because the error may quote values of the request.

    Returns:
        The answer.
    """
    if not isinstance(error, FlightlogError | Refusal):
        _log.error("%s", failed, exc_info=error)
        error = _INTERNAL_ERROR
    elif isinstance(error, StoreError) and not isinstance(error, StoreMigratingError):
        # A migration is no failure, and clients repeat their requests all the while.
        _log.error("%s: %s", failed, error)
    problem = _problem(error, failed, redact)
    body = _encoder.encode(problem)
    headers = [
        (b"content-type", PROBLEM_TYPE.encode()),
        (b"content-length", b"%d" % len(body)),
    ]
    if problem.code in _RETRY_AFTER_S:
        headers.append((b"retry-after", _RETRY_AFTER_S[problem.code]))
    if problem.status == _UNAUTHORIZED:
        scheme = SIGNATURE_HEADER if problem.code == BAD_SIGNATURE.code else "Bearer"
        headers.append((b"www-authenticate", scheme.encode()))
    return Answer(problem.status, headers, body)


def describe_failure(method: str, path: str) -> str:
    """
    Describe the failed action of a request in the words of the editor's own logger.

    Args:
        method: The request's method.
        path: The request's path.

    Returns:
        A sentence without its final period.
    """
    parts = path.strip("/").split("/")
    if parts[:2] == ["api", "workflows"] and method == "DELETE":
        return "Failed to clear workflow executions"
    if parts[:2] == ["api", "processes"] and method == "PUT":
        return "Failed to note the process"
    if parts[:2] != ["api", "executions"]:
        return "Failed to answer the request"
    if method == "POST":
        return "Failed to log execution"
    if method == "DELETE":
        return "Failed to delete execution"
    return f"Failed to get execution {'history' if parts[2:] == [] else 'details'}"


def _problem(error: FlightlogError | Refusal, failed: str, redact: Callable[[str], str]) -> Problem:
    status, title = KINDS.get(error.code, OTHERS)
    path, line = None, None
    fault, suggestion = None, None
    detail = error.detail if isinstance(error, Refusal) else error.message
    if isinstance(error, InvalidRecordError):
        path, line = error.path, error.line
    elif isinstance(error, InvalidQueryError):
        path = error.parameter
        fault = error.fault
        suggestion = None if fault is None else fault.suggestion
        if suggestion is not None and redact(suggestion) != suggestion:
            # A suggestion whose secrets are removed would search for something else.
            suggestion = None
    elif isinstance(error, RequestRefusedError) and error.header in _MEDIA_HEADERS:
        status = _UNSUPPORTED_MEDIA_TYPE
    elif isinstance(error, StoreError):
        # Remove the path, because clients must not learn where the file is on this machine.
        detail = detail.replace(f" {error.path}", "", 1)
    return Problem(
        type=f"urn:flightlog:problem:{error.code}",
        title=title,
        status=status,
        detail=redact(detail),
        code=error.code,
        hint=error.hint,
        retryable=error.retryable,
        error=failed,
        success=False,
        path=None if path is None else redact(path),
        line=line,
        column=None if fault is None else fault.column,
        length=None if fault is None else fault.length,
        migration=_describe_migration(error),
        suggestion=suggestion,
    )


def _describe_migration(error: FlightlogError | Refusal) -> MigrationProgress | None:
    if not isinstance(error, StoreMigratingError):
        return None
    return MigrationProgress(
        from_schema=error.from_schema,
        to_schema=error.to_schema,
        step="copying" if error.step == "copying" else "converting",
        share=error.share,
    )
