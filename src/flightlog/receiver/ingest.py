"""
`POST /api/executions`: accept one record or many, and answer when the records are on disk.

This is plain ASGI, because every run of every workflow uses this route. `signed_request` handles
the exchange, and `batching` decodes, redacts and stores the records.
"""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Struct

from flightlog.errors import ExecutionDeletedError
from flightlog.receiver.asgi import Receive, Scope, Send
from flightlog.receiver.batching import Batcher, Stored
from flightlog.receiver.body import BodyLimits
from flightlog.receiver.problems import (
    RECEIVER_ENDING,
    REDACTION_INTERRUPTED,
    Answer,
    describe_failure,
    make_problem_answer,
)
from flightlog.receiver.redaction_pool import BodyGivenUpError, RedactionInterruptedError
from flightlog.receiver.signed_request import JSON_TYPE, Body, SignedRequest, make_json_answer
from flightlog.receiver.signing import Signer
from flightlog.redaction import Redactor

MANY_RECORDS_TYPE: Final = "application/x-ndjson"
_FAILED: Final = describe_failure("POST", "/api/executions")


class RecordStored(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """One record is on disk."""

    success: Literal[True]
    """Always true."""
    execution_id: str
    """The execution of the record."""
    notes: tuple[str, ...] = ()
    """The values that were corrected before storing, at most 10; absent when there are none."""


class RecordsStored(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """Many records are on disk."""

    success: Literal[True]
    """Always true."""
    received: int
    """The number of records in the body."""
    deleted: tuple[str, ...]
    """Executions that were deleted earlier, so their records were not stored."""
    notes: tuple[str, ...] = ()
    """The values that were corrected before storing, at most 10; absent when there are none."""


class IngestApplication:
    """
    The ASGI application behind `POST /api/executions`.

    Args:
        batcher: Stores the bodies.
        limits: Limits the bodies.
        notary: Recognises clients of this installation.
        redactor: Removes secrets from the values that a problem quotes.
    """

    def __init__(
        self, batcher: Batcher, limits: BodyLimits, notary: Signer, redactor: Redactor
    ) -> None:
        self._batcher = batcher
        self._exchange = SignedRequest(
            self._store,
            limits,
            notary,
            redactor,
            kinds=(JSON_TYPE, MANY_RECORDS_TYPE),
            hint=f"Send one record as {JSON_TYPE}, many as {MANY_RECORDS_TYPE}.",
            failed=_FAILED,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """
        Store the records of one request.

        Args:
            scope: The request's ASGI scope.
            receive: The request's ASGI channel.
            send: Sends the answer.
        """
        await self._exchange.serve(scope, receive, send)

    async def _store(self, scope: Scope, body: Body) -> Answer:
        many = body.kind == MANY_RECORDS_TYPE
        # A signed body is already redacted, because this installation's capture removes secrets
        # before it writes.
        try:
            stored = await self._batcher.store(
                body.content,
                many=many,
                redacted=body.is_signed,
                client=scope.get("client"),
                is_kept=body.is_kept,
            )
        except BodyGivenUpError:
            return make_problem_answer(RECEIVER_ENDING, failed=_FAILED)
        except RedactionInterruptedError:
            return make_problem_answer(REDACTION_INTERRUPTED, failed=_FAILED)
        return _success(stored, many=many)


def _success(stored: Stored, *, many: bool) -> Answer:
    if stored.is_empty:
        raise ExecutionDeletedError(stored.deleted)
    if many:
        return make_json_answer(
            RecordsStored(
                success=True,
                received=stored.received,
                deleted=stored.deleted,
                notes=stored.notes,
            )
        )
    return make_json_answer(
        RecordStored(success=True, execution_id=stored.execution_id, notes=stored.notes)
    )
