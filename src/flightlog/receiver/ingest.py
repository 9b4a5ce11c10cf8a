"""
`POST /api/executions`: takes one record, or many, and answers when they are on disk.

Plain ASGI, because this is the one route that every run of every workflow uses. Reading bodies
is `body`'s, decoding and storing `batching`'s, the shape of errors `problems`' business.
"""

from __future__ import annotations

import asyncio
from typing import Final, Literal

import msgspec
from msgspec import Struct

from flightlog.errors import ExecutionDeletedError, FlightlogError, RequestRefusedError
from flightlog.receiver.asgi import Receive, Scope, Send, send_answer
from flightlog.receiver.batching import Batcher, Stored
from flightlog.receiver.body import BodyLimits, BodyStalledError, ClientGoneError, IncomingBody
from flightlog.receiver.problems import BODY_STALLED, Answer, failure_text, problem_answer

ONE_RECORD_TYPE: Final = "application/json"
MANY_RECORDS_TYPE: Final = "application/x-ndjson"

_CLOSE: Final = (b"connection", b"close")
_JSON: Final = (b"content-type", b"application/json")
_DRAIN_S: Final = 10.0
_DRAIN_PAUSE_S: Final = 1.0
_TOO_LARGE: Final = 413
_FAILED: Final = failure_text("POST", "/api/executions")
_encoder: Final = msgspec.json.Encoder()


class RecordStored(Struct, frozen=True, kw_only=True, rename="camel"):
    """One record is on disk."""

    success: Literal[True]
    """Always true."""
    execution_id: str
    """The execution that the record tells of."""


class RecordsStored(Struct, frozen=True, kw_only=True, rename="camel"):
    """Many records are on disk."""

    success: Literal[True]
    """Always true."""
    received: int
    """How many records the body held."""
    deleted: tuple[str, ...]
    """Executions deleted before: their records were not stored."""


class IngestApplication:
    """
    The plain ASGI application behind `POST /api/executions`.

    Args:
        batcher: Stores the bodies.
        limits: Bounds the bodies.
    """

    def __init__(self, batcher: Batcher, limits: BodyLimits) -> None:
        self._batcher = batcher
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take one request's records."""
        answer = await self._take(scope, receive)
        if answer is None:
            return
        if answer.status == _TOO_LARGE:
            await _answer_and_drain(answer, receive, send)
        else:
            await send_answer(send, answer)

    async def _take(self, scope: Scope, receive: Receive) -> Answer | None:
        try:
            many, declared_bytes = _declared(scope)
            incoming = IncomingBody(self._limits, declared_bytes)
            try:
                body = await incoming.read(receive)
                stored = await self._batcher.store(body, many=many)
            finally:
                incoming.release()
            return _success(stored, many=many)
        except ClientGoneError:
            return None
        except BodyStalledError:
            answer = problem_answer(BODY_STALLED, failed=_FAILED)
            answer.headers.append(_CLOSE)
            return answer
        except FlightlogError as error:
            return problem_answer(error, failed=_FAILED)


def _declared(scope: Scope) -> tuple[bool, int | None]:
    kind: str | None = None
    size: int | None = None
    for name, value in scope["headers"]:
        if name == b"content-type":
            kind = value.decode("latin-1")
        elif name == b"content-length":
            size = int(value)
        elif name == b"content-encoding" and value.lower() != b"identity":
            raise RequestRefusedError(
                "Content-Encoding", value.decode("latin-1"), hint="Send the body uncompressed."
            )
    essence = "" if kind is None else kind.partition(";")[0].strip().lower()
    if essence not in {ONE_RECORD_TYPE, MANY_RECORDS_TYPE}:
        raise RequestRefusedError(
            "Content-Type",
            kind,
            hint=f"Send one record as {ONE_RECORD_TYPE}, many as {MANY_RECORDS_TYPE}.",
        )
    return essence == MANY_RECORDS_TYPE, size


def _success(stored: Stored, *, many: bool) -> Answer:
    if len(stored.deleted) == len(set(stored.execution_ids)):
        raise ExecutionDeletedError(stored.deleted)
    value: RecordStored | RecordsStored
    if many:
        value = RecordsStored(
            success=True, received=len(stored.execution_ids), deleted=stored.deleted
        )
    else:
        value = RecordStored(success=True, execution_id=stored.execution_ids[0])
    body = _encoder.encode(value)
    return Answer(200, [_JSON, (b"content-length", b"%d" % len(body))], body)


async def _answer_and_drain(answer: Answer, receive: Receive, send: Send) -> None:
    # Closing a connection with unread bytes resets it, and a client that is still sending would
    # lose the answer: so the answer goes out at once and what still comes is thrown away.
    answer.headers.append(_CLOSE)
    await send_answer(send, answer, last=False)
    now = asyncio.get_running_loop().time
    last = now() + _DRAIN_S
    try:
        async with asyncio.timeout(_DRAIN_PAUSE_S) as pause:
            while (await receive()).get("more_body", False):
                pause.reschedule(min(last, now() + _DRAIN_PAUSE_S))
    except TimeoutError:
        pass
    await send({"type": "http.response.body", "body": b"", "more_body": False})
