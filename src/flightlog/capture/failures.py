"""What an exception says, as the `error` of a record: type, message, stack, and what kind it is."""

from __future__ import annotations

import os
import traceback
from typing import Final

from flightlog.capture.identities import text_of
from flightlog.interruptions import pass_on
from flightlog.model import ExecutionError
from flightlog.redaction import Redactor

MAX_STACK_CHARACTERS: Final = 64 * 1024
_MAX_MESSAGE_CHARACTERS: Final = 16 * 1024
_CANCELED: Final = frozenset({"CancelledError", "Cancelled"})
_PACKAGE: Final = os.path.dirname(os.path.dirname(__file__))  # noqa: PTH120 - as frames write it
_OURS: Final = tuple(f"{_PACKAGE}{os.sep}{room}{os.sep}" for room in ("capture", "runtime"))
_CUT: Final = "\n… {count:,} characters left out …\n"


def kind_of(error: BaseException) -> str:
    """
    Tell what kind of end an exception is.

    Returns:
        `timeout`, `canceled` (cancelled, or a generator left early), `exit` (SystemExit),
        `interrupted` (KeyboardInterrupt) or `exception`.
    """
    # By its type: `isinstance` asks an exception for its class, and its own code may answer that.
    kind = type(error)
    if issubclass(kind, TimeoutError):
        return "timeout"
    # By name, since importing the event loops that have one only to ask would not be light.
    if issubclass(kind, GeneratorExit) or _CANCELED & {base.__name__ for base in kind.__mro__}:
        return "canceled"
    if issubclass(kind, SystemExit):
        return "exit"
    if issubclass(kind, KeyboardInterrupt):
        return "interrupted"
    return "exception"


def error_of(
    error: BaseException, node_id: str | None, redactor: Redactor, *, stack: bool = True
) -> ExecutionError:
    """
    Describe an exception, without changing it.

    Args:
        error: What was raised.
        node_id: The node that it came from, if that is known.
        redactor: Removes secrets.
        stack: Whether to tell the stack too.
    """
    return ExecutionError(
        message=redactor.text(_cut(_message(error), _MAX_MESSAGE_CHARACTERS)),
        stack=redactor.text(_cut(_stack(error), MAX_STACK_CHARACTERS)) if stack else None,
        node_id=node_id,
        kind=kind_of(error),
        type=type_of(error),
    )


def told_error(message: object, kind: object, redactor: Redactor) -> ExecutionError:
    """
    Describe an error that is no exception.

    Args:
        message: Why, for people.
        kind: What kind of error; None when it is of none.
        redactor: Removes secrets.
    """
    return ExecutionError(
        message=redactor.text(text_of(message)),
        kind=None if kind is None else redactor.text(text_of(kind)),
    )


def type_of(error: BaseException) -> str:
    """An exception's class as people write it: `ValueError`, `httpx.ConnectError`."""
    kind = type(error)
    module = getattr(kind, "__module__", "builtins")
    name = str(getattr(kind, "__qualname__", "Exception"))
    return name if module in {"builtins", "__main__"} else f"{module}.{name}"


def _message(error: BaseException) -> str:
    try:
        text = str(error)
    except BaseException as fault:  # noqa: BLE001 - a stranger's __str__ may raise anything
        pass_on(fault)
        text = "(its message can't be read)"
    if not text and issubclass(type(error), GeneratorExit):
        return "The generator was left before its end."
    return text or type_of(error)


def _stack(error: BaseException) -> str:
    try:
        told = traceback.TracebackException.from_exception(error)
        _leave_out_ours(told)
        return "".join(told.format())
    except BaseException as failure:  # noqa: BLE001 - strangers' classes may raise anything
        pass_on(failure)
        return f"The stack can't be told: {type(failure).__name__}"


def _leave_out_ours(told: traceback.TracebackException) -> None:
    # The frames of decorators, and of what runs generated nodes, tell a workflow's author nothing.
    waiting: list[traceback.TracebackException | None] = [told]
    while waiting:
        one = waiting.pop()
        if one is not None:
            theirs = [frame for frame in one.stack if not frame.filename.startswith(_OURS)]
            one.stack = traceback.StackSummary.from_list(theirs)
            waiting += (one.__cause__, one.__context__, *(one.exceptions or ()))


def _cut(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    # What was called first and what failed last are both worth more than the middle.
    half = limit // 2
    return text[:half] + _CUT.format(count=len(text) - 2 * half) + text[-half:]
