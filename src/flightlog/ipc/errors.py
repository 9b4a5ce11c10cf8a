"""How errors look in an answer: one code for each kind, and what a program can rely on as data."""

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
    """The error for bytes that are no frame, or a frame that isn't JSON."""
    return JsonRpcParseError(clean(f"The message can't be read: {reason}."))


def no_request(reason: str) -> JsonRpcException:
    """The error for JSON that is no message of JSON-RPC 2.0."""
    return JsonRpcInvalidRequest(clean(f"The message is no request: {reason}."))


def no_method(method: str) -> JsonRpcException:
    """The error for a method that isn't there."""
    return JsonRpcMethodNotFound(clean(f"There is no method {method[:80]!r}."))


def bad_argument(argument: str, message: str) -> JsonRpcException:
    """The error for an argument that can't be used."""
    return JsonRpcInvalidParams(
        clean(message), data={"code": "invalid_argument", "argument": argument}
    )


def as_answer(error: Exception) -> JsonRpcException:
    """
    The answer's error for whatever a method raised.

    What nobody foresaw is logged here, and told without its insides.
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
    """Text that UTF-8 can hold: half a surrogate pair, as in a file's odd name, is escaped."""
    return text.encode("utf-8", "backslashreplace").decode()
