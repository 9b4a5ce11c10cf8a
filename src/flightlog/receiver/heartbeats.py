"""
`PUT /api/processes/{process_id}`: a process tells that it lives, how far it has numbered, its end.

Only clients of this installation may: whoever ends a process ends its executions.
"""

from __future__ import annotations

import asyncio
from typing import Final, Literal
from urllib.parse import unquote

import msgspec
from msgspec import Struct

from flightlog.errors import InvalidRecordError
from flightlog.logger import ExecutionLogger
from flightlog.receiver.asgi import Receive, Scope, Send
from flightlog.receiver.body import BodyLimits
from flightlog.receiver.leases import Leases
from flightlog.receiver.problems import Answer, failure_text
from flightlog.receiver.signed_request import JSON_TYPE, Body, SignedRequest, json_answer
from flightlog.receiver.signing import Signer
from flightlog.record.model import Count
from flightlog.redaction import Redactor

MAX_BODY_BYTES: Final = 64 * 1024
_PREFIX: Final = ["api", "processes"]


class Heartbeat(Struct, frozen=True, kw_only=True, rename="camel"):
    """What a process says of itself."""

    process_id: str
    """Its id, as in the address: the signature is the body's alone."""
    last_number: Count
    """The number of its newest message; 0 when there was none."""
    ended: bool = False
    """Whether it has ended, and all its messages are delivered."""


class HeartbeatNoted(Struct, frozen=True, kw_only=True):
    """It is noted, on disk."""

    success: Literal[True]
    """Always true."""
    crashed: int
    """Executions that an ended process left running, and that count as crashed now."""


_decode: Final = msgspec.json.Decoder(Heartbeat).decode


class HeartbeatApplication:
    """
    The plain ASGI application behind `PUT /api/processes/{process_id}`.

    Args:
        logger: The history.
        leases: Where to note that the process lives.
        stall_timeout_s: How long a body may stop arriving.
        notary: Knows our own clients.
        redactor: Keeps secrets out of what a problem quotes.
    """

    def __init__(
        self,
        logger: ExecutionLogger,
        leases: Leases,
        notary: Signer,
        redactor: Redactor,
        *,
        stall_timeout_s: float,
    ) -> None:
        self._logger = logger
        self._leases = leases
        self._exchange = SignedRequest(
            self._note_in_thread,
            BodyLimits(MAX_BODY_BYTES, stall_timeout_s),
            notary,
            redactor,
            kinds=(JSON_TYPE,),
            hint=f"Send {JSON_TYPE}.",
            failed=failure_text("PUT", "/api/processes"),
            signed_only=True,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take one process's news."""
        await self._exchange.serve(scope, receive, send)

    async def _note_in_thread(self, scope: Scope, body: Body) -> Answer:
        return await asyncio.to_thread(self._note, path_process_id(scope), bytes(body.content))

    def _note(self, process_id: str | None, content: bytes) -> Answer:
        try:
            news = _decode(content)
        except RecursionError as error:
            raise InvalidRecordError("a value is nested too deeply") from error
        except (msgspec.MsgspecError, UnicodeError) as error:
            raise InvalidRecordError(str(error)) from error
        if news.process_id != process_id:
            raise InvalidRecordError("it is not the process of the address", path="$.processId")
        process_id = news.process_id
        crashed = 0
        if not news.ended:
            # First, since it lives whether or not the history can be written just now.
            self._leases.renew([process_id])
        self._logger.note_sent(process_id, news.last_number)
        if news.ended:
            crashed = self._logger.mark_crashed(process_id)
            self._leases.end(process_id)
        return json_answer(HeartbeatNoted(success=True, crashed=crashed))


def path_process_id(scope: Scope) -> str | None:
    """The process that a request's path names; None when it is another path."""
    parts = scope["raw_path"].decode("ascii").strip("/").split("/")
    return unquote(parts[2]) if parts[:2] == _PREFIX and len(parts) == 3 else None  # noqa: PLR2004
