"""What an exception says, as the `error` of a record: type, message, stack, and what kind it is."""

from __future__ import annotations

import os
import traceback
from typing import Any, Final

from flightlog.capture.encoding import exception_text, prints_itself, type_name
from flightlog.capture.identities import text_of
from flightlog.interruptions import pass_on
from flightlog.model import ExecutionError
from flightlog.redaction import Redactor

MAX_STACK_CHARACTERS: Final = 64 * 1024
_MAX_MESSAGE_CHARACTERS: Final = 16 * 1024
_CANCELED: Final = frozenset({"CancelledError", "Cancelled"})
_PACKAGE: Final = os.path.dirname(os.path.dirname(__file__))  # noqa: PTH120 - as frames write it
_OURS: Final = tuple(f"{_PACKAGE}{os.sep}{room}{os.sep}" for room in ("capture", "runtime"))
_MOST_CHAINED: Final = 1000
_trace_of: Final[Any] = BaseException.__dict__["__traceback__"].__get__
_leaves_of: Final[Any] = BaseExceptionGroup.__dict__["exceptions"].__get__
_LINKS: Final = (
    BaseException.__dict__["__cause__"].__get__,
    BaseException.__dict__["__context__"].__get__,
)
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
        type=redactor.text(type_of(error)),
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
        message=redactor.text(_cut(text_of(message), _MAX_MESSAGE_CHARACTERS)),
        kind=None if kind is None else redactor.text(text_of(kind)),
    )


def type_of(error: BaseException) -> str:
    """An exception's class as people write it: `ValueError`, `httpx.ConnectError`."""
    return type_name(type(error)).removeprefix("__main__.")


def _message(error: BaseException) -> str:
    try:
        text = exception_text(error)
    except BaseException as fault:  # noqa: BLE001 - a stranger's __str__ may raise anything
        pass_on(fault)
        text = "(its message can't be read)"
    if not text and issubclass(type(error), GeneratorExit):
        return "The generator was left before its end."
    return text or type_of(error)


def _stack(error: BaseException) -> str:
    try:
        if not all(map(prints_itself, _chain(error))):
            return _short_stack(error)
        told = traceback.TracebackException.from_exception(error)
        _leave_out_ours(told)
        return "".join(told.format())
    except BaseException as failure:  # noqa: BLE001 - strangers' classes may raise anything
        pass_on(failure)
        return f"The stack can't be told: {type(failure).__name__}"


def _chain(error: BaseException) -> list[BaseException]:
    """An exception, what it was raised from or during, and what a group holds."""
    found: list[BaseException] = []
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting and len(found) < _MOST_CHAINED:
        each = waiting.pop()
        if issubclass(type(each), BaseException) and id(each) not in seen:
            seen.add(id(each))
            found.append(each)  # type: ignore[arg-type]  # it is one
            waiting += [read(each) for read in _LINKS]
            if issubclass(type(each), BaseExceptionGroup):
                waiting += _leaves_of(each)
    return found


def _short_stack(error: BaseException) -> str:
    """Write the stacks of exceptions that would print any objects, with bounded messages."""
    parts: list[str] = []
    for each in _chain(error):
        frames = [
            frame
            for frame in traceback.extract_tb(_trace_of(each))
            if not frame.filename.startswith(_OURS)
        ]
        message = _cut(_message(each), _MAX_MESSAGE_CHARACTERS)
        parts += ["Traceback (most recent call last):\n", *traceback.format_list(frames)]
        parts.append(f"{type_of(each)}: {message}\n")
    return "\n".join(parts)


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
