"""What a caller is answered: a result in any form that it has, or an error without its stack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from fastapi import Response

from flightlog.capture.encoding import encode_value
from flightlog.errors import InvalidInputError, TriggerRefusedError

if TYPE_CHECKING:
    from flightlog.runtime.runner import Outcome
    from flightlog.runtime.secrets import Secrets

EXECUTION_HEADER: Final = "X-Execution-Id"
_WHOLE: Final = 1 << 40
_REFUSED: Final = 422
_FAILED: Final = 500


def encoded(value: Any) -> bytes:
    """Any value as JSON; what JSON can't hold is written as it is recorded."""
    return encode_value(value, _WHOLE)


def to_response(outcome: Outcome, secrets: Secrets) -> Response:
    """
    Answer with how a run ended.

    Args:
        outcome: How.
        secrets: The workflow's secrets, which no message tells.
    """
    headers = {EXECUTION_HEADER: outcome.execution_id}
    if outcome.error is None:
        return Response(encoded(outcome.value), media_type="application/json", headers=headers)
    return Response(
        msgspec.json.encode(error_body(outcome, secrets)),
        status_code=_status_code(outcome),
        media_type="application/json",
        headers=headers,
    )


def error_body(outcome: Outcome, secrets: Secrets) -> dict[str, Any]:
    """What a caller is told of a failure."""
    return {
        "error": secrets.conceal(str(outcome.error)),
        "nodeId": outcome.node_id,
        "executionId": outcome.execution_id,
    }


def _status_code(outcome: Outcome) -> int:
    # A node's own failure is the workflow's, whatever its kind.
    if outcome.node_id is None:
        if isinstance(outcome.error, TriggerRefusedError):
            return outcome.error.status
        if isinstance(outcome.error, InvalidInputError):
            return _REFUSED
    return _FAILED
