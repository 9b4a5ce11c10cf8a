"""
Handle one request with a body, from its headers to its answer: signature, problems and receipt.

`body` reads the body, and `signing` computes the digests. `ingest` and `heartbeats` interpret the
body.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeAlias

import msgspec
from msgspec import Struct

from flightlog.errors import FlightlogError, InvalidRecordError, RequestRefusedError
from flightlog.receiver.asgi import Receive, Scope, Send, send_answer
from flightlog.receiver.body import BodyLimits, BodyStalledError, ClientGoneError, IncomingBody
from flightlog.receiver.decompression import ENCODINGS
from flightlog.receiver.problems import (
    BAD_SIGNATURE,
    BODY_STALLED,
    TOO_MANY_REQUESTS,
    Answer,
    make_problem_answer,
)
from flightlog.receiver.rights import CLIENT_KEY, Client
from flightlog.receiver.signing import SIGNATURE, Signer
from flightlog.redaction import Redactor

JSON_TYPE: Final = "application/json"

_CLOSE: Final = (b"connection", b"close")
_JSON: Final = (b"content-type", JSON_TYPE.encode())
_DRAIN_S: Final = 10.0
_DRAIN_PAUSE_S: Final = 1.0
_BAD: Final = 400
_EARLY: Final = frozenset({413, 429})
"""The statuses of answers that may be sent before the whole body has arrived."""
MAX_REQUESTS: Final = 2_000
"""How many requests of one route may arrive or be carried out at once."""
_encoder: Final = msgspec.json.Encoder()


class Body(Struct, frozen=True, kw_only=True):
    """A whole body."""

    content: bytes | bytearray
    """The bytes; they must not be used after the request is answered."""
    kind: str
    """The content type, without parameters and in lower case."""
    is_signed: bool
    """Whether a client of this installation signed the body."""
    is_kept: bool
    """Whether the bytes must not change, because the receipt confirms them; others may go early."""


Act: TypeAlias = Callable[[Scope, Body], Awaitable[Answer]]
"""Carries out a request; an exception is answered with a problem."""


class SignedRequest:
    """
    Serves the requests of one route.

    Args:
        act: Carries out the requests.
        limits: Limits the bodies.
        notary: Recognises clients of this installation.
        redactor: Removes secrets from the values that a problem quotes.
        kinds: The accepted content types.
        hint: The hint for another content type.
        failed: The `error` text of the problems.
        signed_only: Whether only clients of this installation, or with a token, may use the route.
    """

    def __init__(
        self,
        act: Act,
        limits: BodyLimits,
        notary: Signer,
        redactor: Redactor,
        *,
        kinds: tuple[str, ...],
        hint: str,
        failed: str,
        signed_only: bool = False,
    ) -> None:
        self._act = act
        self._limits = limits
        self._notary = notary
        self._redactor = redactor
        self._kinds = kinds
        self._hint = hint
        self._failed = failed
        self._signed_only = signed_only
        self._running = 0

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """
        Serve one request.

        Args:
            scope: The request's ASGI scope.
            receive: The request's ASGI channel.
            send: Sends the answer.
        """
        if self._running >= MAX_REQUESTS:
            answer: Answer | None = make_problem_answer(TOO_MANY_REQUESTS, failed=self._failed)
        else:
            self._running += 1
            try:
                answer = await self._take(scope, receive)
            finally:
                self._running -= 1
        if answer is None:
            return
        if answer.status in _EARLY or (answer.status == _BAD and _CLOSE in answer.headers):
            await _answer_and_drain(answer, receive, send)
        else:
            await send_answer(send, answer)

    async def _take(self, scope: Scope, receive: Receive) -> Answer | None:
        try:
            kind, declared_bytes, signature, encoding = self._declared(scope)
            incoming = IncomingBody(self._limits, declared_bytes, encoding)
            try:
                content = await incoming.read(receive)
                if signature is None and not self._signed_only:
                    # The redacted records are a second copy of the body.
                    await incoming.claim_copy(content)
                return await self._answer(scope, content, kind, signature)
            finally:
                incoming.release()
        except ClientGoneError:
            return None
        except BodyStalledError:
            answer = make_problem_answer(BODY_STALLED, failed=self._failed)
            answer.headers.append(_CLOSE)
            return answer
        except InvalidRecordError as error:
            # The body can't be decompressed, and the rest of it may still arrive.
            answer = make_problem_answer(error, failed=self._failed)
            answer.headers.append(_CLOSE)
            return answer
        except FlightlogError as error:
            return make_problem_answer(error, failed=self._failed)

    async def _answer(
        self, scope: Scope, content: bytes | bytearray, kind: str, signature: bytes | None
    ) -> Answer:
        if signature is None:
            client: Client | None = scope.get(CLIENT_KEY)
            key = None if client is None else client.receipt_key
            if key is None and self._signed_only:
                return make_problem_answer(BAD_SIGNATURE, failed=self._failed)
            body = Body(content=content, kind=kind, is_signed=False, is_kept=key is not None)
            answer = await self._acted(scope, body)
            if key is not None:
                await self._notary.confirm(answer, content, key)
            return answer
        if not await self._notary.is_ours(content, signature):
            return make_problem_answer(BAD_SIGNATURE, failed=self._failed)
        body = Body(content=content, kind=kind, is_signed=True, is_kept=True)
        answer = await self._acted(scope, body)
        await self._notary.confirm(answer, content)
        return answer

    async def _acted(self, scope: Scope, body: Body) -> Answer:
        try:
            return await self._act(scope, body)
        except Exception as error:  # noqa: BLE001  answered with a problem and a receipt
            return make_problem_answer(error, failed=self._failed, redact=self._redactor.text)

    def _declared(self, scope: Scope) -> tuple[str, int | None, bytes | None, str | None]:
        kind: str | None = None
        encoding: str | None = None
        size: int | None = None
        signature: bytes | None = None
        for name, value in scope["headers"]:
            if name == b"content-type":
                # Two types are ambiguous, like two signatures.
                kind = value.decode("latin-1") if kind is None else ""
            elif name == b"content-length":
                size = int(value)
            elif name == SIGNATURE:
                # More than one signature header is ambiguous; reject the request as badly signed.
                signature = value if signature is None else b""
            elif name == b"content-encoding" and value.lower() != b"identity":
                again = encoding is not None
                encoding = value.decode("latin-1").strip().lower()
                if again or encoding not in ENCODINGS:
                    raise RequestRefusedError(
                        "Content-Encoding",
                        encoding,
                        hint=f"Send the body uncompressed, or as one of {', '.join(ENCODINGS)}.",
                    )
        essence = "" if kind is None else kind.partition(";")[0].strip().lower()
        if essence not in self._kinds:
            raise RequestRefusedError("Content-Type", kind, hint=self._hint)
        return essence, size, signature, encoding


def make_json_answer(value: Any) -> Answer:
    """
    Create a 200 answer with a value as JSON.

    Args:
        value: The value.

    Returns:
        The answer.
    """
    body = _encoder.encode(value)
    return Answer(200, [_JSON, (b"content-length", b"%d" % len(body))], body)


async def _answer_and_drain(answer: Answer, receive: Receive, send: Send) -> None:
    # Closing a connection with unread bytes resets it, and a client that is still sending would
    # lose the answer. So send the answer at once and discard the bytes that still arrive.
    if _CLOSE not in answer.headers:
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
