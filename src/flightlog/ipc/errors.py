"""The form of errors in answers: one code for each kind, and stable values as data."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, Final

from flightlog.errors import FlightlogError, InvalidQueryError

REFUSED: Final = -31_000
"""The code of every error of the history; outside the ranges that JSON-RPC and LSP reserve."""
_PARSE_ERROR: Final = -32_700
_INVALID_REQUEST: Final = -32_600
_METHOD_NOT_FOUND: Final = -32_601
_INVALID_PARAMS: Final = -32_602
_INTERNAL_ERROR: Final = -32_603
_CANCELLED: Final = -32_800
_log: Final = logging.getLogger("flightlog.ipc")


class RpcError(Exception):
    """
    The error of an answer.

    Args:
        code: The number that JSON-RPC, LSP or this package gives to the kind of error.
        message: The fault and its remedy.
        data: Values for programs.
    """

    def __init__(self, code: int, message: str, data: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = clean(message)
        self.data = data


def make_parse_error(reason: str) -> RpcError:
    """
    Make the error for bytes that are not a frame, or a frame that isn't JSON.

    Args:
        reason: The reason, a clause.

    Returns:
        The error of an answer.
    """
    return RpcError(_PARSE_ERROR, f"The message can't be read: {reason}.")


def make_request_error(reason: str) -> RpcError:
    """
    Make the error for JSON that is not a message of JSON-RPC 2.0.

    Args:
        reason: The reason, a clause.

    Returns:
        The error of an answer.
    """
    return RpcError(_INVALID_REQUEST, f"The message is no request: {reason}.")


def make_method_error(method: str) -> RpcError:
    """
    Make the error for an unknown method.

    Args:
        method: The method's name.

    Returns:
        The error of an answer.
    """
    return RpcError(_METHOD_NOT_FOUND, f"There is no method {method[:80]!r}.")


def make_argument_error(
    argument: str, message: str, details: Mapping[str, int | str] | None = None
) -> RpcError:
    """
    Make the error for an argument that can't be used.

    Args:
        argument: The argument's name.
        message: The reason, a sentence.
        details: Further members of the error's data.

    Returns:
        The error of an answer.
    """
    data = {"code": "invalid_argument", "argument": argument, **(details or {})}
    return RpcError(_INVALID_PARAMS, message, data)


def make_cancelled_error(call: int | str) -> RpcError:
    """
    Make the error for a cancelled call.

    Args:
        call: The call's id.

    Returns:
        The error of an answer.
    """
    return RpcError(_CANCELLED, f"The call {call!r} was cancelled.")


def to_rpc_error(error: Exception) -> RpcError:
    """
    Turn any error that a method raised into the answer's error.

    An unforeseen error is logged with its traceback; the answer has only its type and message.

    Args:
        error: The exception.

    Returns:
        The error of an answer.
    """
    if isinstance(error, RpcError):
        return error
    if isinstance(error, InvalidQueryError):
        place: dict[str, int | str] = {}
        if error.fault is not None:
            place = {"column": error.fault.column, "length": error.fault.length}
            if error.fault.suggestion is not None:
                place["suggestion"] = error.fault.suggestion
        return make_argument_error(error.parameter, str(error), place)
    if isinstance(error, FlightlogError):
        data = {"code": error.code, "hint": clean(error.hint), "retryable": error.retryable}
        return RpcError(REFUSED, error.message, data)
    _log.error("A call failed.", exc_info=error)
    return RpcError(_INTERNAL_ERROR, f"Flightlog failed: {type(error).__name__}: {error}")


def clean(text: str) -> str:
    """
    Make text encodable as UTF-8 by escaping lone surrogates, e.g. from a file's name.

    Args:
        text: Any text.

    Returns:
        The escaped text.
    """
    return text.encode("utf-8", "backslashreplace").decode()
