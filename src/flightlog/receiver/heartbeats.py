"""
`PUT /api/processes/{process_id}`: a process reports that it is alive, or that it has ended.

The report also contains the number of the process's newest message.

Only clients of this installation may use this route, because the end of a process also ends its
executions.
"""

from __future__ import annotations

import asyncio
from typing import Final, Literal
from urllib.parse import unquote

import msgspec
from msgspec import Struct

from flightlog.errors import InvalidRecordError
from flightlog.receiver.asgi import Receive, Scope, Send
from flightlog.receiver.body import BodyLimits
from flightlog.receiver.histories import HistoryProvider, mark_crashed, note_sent
from flightlog.receiver.leases import Leases
from flightlog.receiver.problems import Answer, describe_failure
from flightlog.receiver.signed_request import JSON_TYPE, Body, SignedRequest, make_json_answer
from flightlog.receiver.signing import Signer
from flightlog.record.model import Count
from flightlog.record.whole_numbers import rewrite_whole_numbers
from flightlog.redaction import Redactor

MAX_BODY_BYTES: Final = 64 * 1024
_PREFIX: Final = ["api", "processes"]


class Heartbeat(Struct, frozen=True, kw_only=True, rename="camel"):
    """The report of a process."""

    process_id: str
    """The process's id, the same as in the address, because the signature covers only the body."""
    last_number: Count
    """The number of the process's newest message; 0 without messages."""
    ended: bool = False
    """Whether the process has ended and all its messages are delivered."""


class HeartbeatNoted(Struct, frozen=True, kw_only=True):
    """The report is stored on disk."""

    success: Literal[True]
    """Always true."""
    crashed: int
    """
    The number of executions that the ended process left running and that now count as crashed.
    """


_decode: Final = msgspec.json.Decoder(Heartbeat).decode


def _read(content: bytes) -> Heartbeat:
    try:
        return _decode(content)
    except msgspec.ValidationError:
        mended = rewrite_whole_numbers(content)
        if mended is None:
            raise
        return _decode(mended)


class HeartbeatApplication:
    """
    The ASGI application behind `PUT /api/processes/{process_id}`.

    Args:
        histories: The histories.
        leases: Renews the process's lease.
        stall_timeout_s: How long a body may stop arriving, seconds.
        notary: Recognises clients of this installation.
        redactor: Removes secrets from the values that a problem quotes.
    """

    def __init__(
        self,
        histories: HistoryProvider,
        leases: Leases,
        notary: Signer,
        redactor: Redactor,
        *,
        stall_timeout_s: float,
    ) -> None:
        self._histories = histories
        self._leases = leases
        self._exchange = SignedRequest(
            self._note_in_thread,
            BodyLimits(MAX_BODY_BYTES, stall_timeout_s),
            notary,
            redactor,
            kinds=(JSON_TYPE,),
            hint=f"Send {JSON_TYPE}.",
            failed=describe_failure("PUT", "/api/processes"),
            signed_only=True,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """
        Serve one report.

        Args:
            scope: The request's ASGI scope.
            receive: The request's ASGI channel.
            send: Sends the answer.
        """
        await self._exchange.serve(scope, receive, send)

    async def _note_in_thread(self, scope: Scope, body: Body) -> Answer:
        process_id, content = read_process_id(scope), bytes(body.content)
        return await asyncio.to_thread(self._note, process_id, content, body.is_signed)

    def _note(self, process_id: str | None, content: bytes, is_signed: bool) -> Answer:
        try:
            news = _read(content)
        except RecursionError as error:
            raise InvalidRecordError("a value is nested too deeply") from error
        except (msgspec.MsgspecError, UnicodeError) as error:
            raise InvalidRecordError(str(error)) from error
        if news.process_id != process_id:
            raise InvalidRecordError("it is not the process of the address", path="$.processId")
        process_id = news.process_id
        crashed = 0
        if not news.ended:
            # Renew the lease first, because the process is alive even if the history can't be
            # written now.
            self._leases.renew([process_id])
        # The records of clients with a token have no numbers in the ledger, so their newest number
        # would make all of them missing.
        number = news.last_number if is_signed else 0
        note_sent(self._histories, process_id, number, is_alive=not news.ended)
        if news.ended:
            crashed = mark_crashed(self._histories, process_id)
            self._leases.end(process_id)
        return make_json_answer(HeartbeatNoted(success=True, crashed=crashed))


def read_process_id(scope: Scope) -> str | None:
    """
    Find the process in a request's path.

    Args:
        scope: The request's ASGI scope.

    Returns:
        The process's id; None for another path.
    """
    parts = scope["raw_path"].decode("ascii").strip("/").split("/")
    return unquote(parts[2]) if parts[:2] == _PREFIX and len(parts) == 3 else None  # noqa: PLR2004
