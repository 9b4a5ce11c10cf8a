"""Makes the answer to a request: a result in its own form, or an error without its stack."""

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
_SUCCESS: Final = 200
_REFUSED: Final = 422
_FAILED: Final = 500


def encode_json(value: Any) -> bytes:
    """
    Write any value as JSON; a value that JSON can't hold is written as records write it.

    Args:
        value: Any value.

    Returns:
        The JSON.
    """
    return encode_value(value, _WHOLE)


def to_response(outcome: Outcome, secrets: Secrets) -> Response:
    """
    Make the answer for the outcome of a run.

    Args:
        outcome: The outcome.
        secrets: The workflow's secrets, which no message contains.

    Returns:
        The answer: 200 with the result, or an error status with a message.
    """
    if outcome.error is None:
        return _make_response(outcome, encode_json(outcome.value))
    return _make_response(outcome, msgspec.json.encode(make_error_body(outcome, secrets)))


def to_editor_response(outcome: Outcome, secrets: Secrets, workflow_name: str) -> Response:
    """
    Make the answer for the outcome of a run in the form of the editor's own workflows.

    Args:
        outcome: The outcome.
        secrets: The workflow's secrets, which no message contains.
        workflow_name: The workflow's name.

    Returns:
        The answer: 200 with `{status, workflow, executionId, result}`, or an error status with the
        message as `detail`, too.
    """
    head: dict[str, Any] = {
        "status": "success" if outcome.error is None else "error",
        "workflow": workflow_name,
        "executionId": outcome.execution_id,
    }
    if outcome.error is None:
        return _make_response(outcome, encode_json({**head, "result": outcome.value}))
    body = make_error_body(outcome, secrets)
    return _make_response(outcome, msgspec.json.encode({**head, **body, "detail": body["error"]}))


def _make_response(outcome: Outcome, body: bytes) -> Response:
    return Response(
        body,
        status_code=_SUCCESS if outcome.error is None else _choose_status_code(outcome),
        media_type="application/json",
        headers={EXECUTION_HEADER: outcome.execution_id},
    )


def make_error_body(outcome: Outcome, secrets: Secrets) -> dict[str, Any]:
    """
    Make the body of an error answer.

    Args:
        outcome: The outcome of a failed run.
        secrets: The workflow's secrets, which no message contains.

    Returns:
        The body as a plain object.
    """
    return {
        "error": secrets.conceal(str(outcome.error)),
        "nodeId": outcome.node_id,
        "executionId": outcome.execution_id,
    }


def _choose_status_code(outcome: Outcome) -> int:
    # A node's failure always counts as the workflow's failure, whatever its type.
    if outcome.node_id is None:
        if isinstance(outcome.error, TriggerRefusedError):
            return outcome.error.status
        if isinstance(outcome.error, InvalidInputError):
            return _REFUSED
    return _FAILED
