"""The form of errors in answers: one code for each kind, and stable values as data."""

from __future__ import annotations

import logging
from typing import Final

from pygls.exceptions import (
    JsonRpcException,
    JsonRpcInternalError,
    JsonRpcInvalidParams,
    JsonRpcInvalidRequest,
    JsonRpcMethodNotFound,
    JsonRpcParseError,
)

from flightlog.errors import FlightlogError, InvalidQueryError

REFUSED: Final = -31_000
"""The code of every error of the history; outside the ranges that JSON-RPC and LSP reserve."""
_log: Final = logging.getLogger("flightlog.ipc")


def unreadable(reason: str) -> JsonRpcException:
    """
    Make the error for bytes that are not a frame, or a frame that isn't JSON.

    Args:
        reason: The reason, a clause.

    Returns:
        The error of an answer.
    """
    return JsonRpcParseError(clean(f"The message can't be read: {reason}."))


def no_request(reason: str) -> JsonRpcException:
    """
    Make the error for JSON that is not a message of JSON-RPC 2.0.

    Args:
        reason: The reason, a clause.

    Returns:
        The error of an answer.
    """
    return JsonRpcInvalidRequest(clean(f"The message is no request: {reason}."))


def no_method(method: str) -> JsonRpcException:
    """
    Make the error for an unknown method.

    Args:
        method: The method's name.

    Returns:
        The error of an answer.
    """
    return JsonRpcMethodNotFound(clean(f"There is no method {method[:80]!r}."))


def bad_argument(argument: str, message: str) -> JsonRpcException:
    """
    Make the error for an argument that can't be used.

    Args:
        argument: The argument's name.
        message: The reason, a sentence.

    Returns:
        The error of an answer.
    """
    return JsonRpcInvalidParams(
        clean(message), data={"code": "invalid_argument", "argument": argument}
    )


def as_answer(error: Exception) -> JsonRpcException:
    """
    Turn any error that a method raised into the answer's error.

    An unforeseen error is logged with its traceback; the answer has only its type and message.

    Args:
        error: The exception.

    Returns:
        The error of an answer.
    """
    if isinstance(error, JsonRpcException):
        return error
    if isinstance(error, InvalidQueryError):
        return bad_argument(error.parameter, str(error))
    if isinstance(error, FlightlogError):
        return JsonRpcException(
            clean(error.message),
            REFUSED,
            {"code": error.code, "hint": clean(error.hint), "retryable": error.retryable},
        )
    _log.error("A call failed.", exc_info=error)
    return JsonRpcInternalError(clean(f"Flightlog failed: {type(error).__name__}: {error}"))


def clean(text: str) -> str:
    """
    Make text encodable as UTF-8 by escaping lone surrogates, e.g. from a file's name.

    Args:
        text: Any text.

    Returns:
        The escaped text.
    """
    return text.encode("utf-8", "backslashreplace").decode()
