"""
Describes exceptions as the `error` of a record: type, message, stack and kind.

`flightlog.capture.exception_groups` describes the members of exception groups.
"""

from __future__ import annotations

import builtins
import os
import traceback
from typing import Final

from flightlog.capture.encoding import is_safe_to_print, read_exception_text, read_type_name
from flightlog.capture.exception_groups import (
    MAX_SHOWN,
    Leaves,
    choose_shown,
    extract_own_text,
    find_cause,
    find_leaves,
    get_cause,
    get_context,
    get_members,
    get_traceback,
    is_group,
    is_too_large_to_trace,
    join_shown,
)
from flightlog.capture.ids import to_text
from flightlog.record.model import ExecutionError
from flightlog.redaction import Redactor
from flightlog.signal_handlers import reraise_from_signal_handler

MAX_STACK_CHARACTERS: Final = 64 * 1024
_MAX_MESSAGE_CHARACTERS: Final = 16 * 1024
_MAX_FRAMES: Final = 64
_CANCELED: Final = frozenset({"CancelledError", "Cancelled"})
_STRONGEST: Final = ("interrupted", "exit")
"""
A group with a member of such a kind is itself of that kind, because these exceptions end a program
and not a task.
"""
_PACKAGE: Final = os.path.dirname(os.path.dirname(__file__))  # noqa: PTH120 - frames write paths like this
_OURS: Final = tuple(f"{_PACKAGE}{os.sep}{room}{os.sep}" for room in ("capture", "runtime"))
_MOST_CHAINED: Final = 1000
_CUT: Final = "\n… {count:,} characters left out …\n"


def classify_error(error: BaseException) -> str:
    """
    Return the kind of an exception.

    Args:
        error: The exception.

    Returns:
        `timeout`, `canceled` (cancelled, or a generator left early), `exit` (SystemExit),
        `interrupted` (KeyboardInterrupt) or `exception`. A group has the kind that all its leaves
        share, or `interrupted` or `exit` where one leaf has that kind.
    """
    if is_group(error):
        return _classify_group(find_leaves(error))
    # Use the type, because `isinstance` reads an exception's class, which its own code may compute.
    kind = type(error)
    if issubclass(kind, TimeoutError):
        return "timeout"
    # Compare names, because importing the event loops that define these classes is slow.
    if issubclass(kind, GeneratorExit) or _CANCELED & {base.__name__ for base in kind.__mro__}:
        return "canceled"
    if issubclass(kind, SystemExit):
        return "exit"
    if issubclass(kind, KeyboardInterrupt):
        return "interrupted"
    return "exception"


def describe_exception(
    error: BaseException, node_id: str | None, redactor: Redactor, *, stack: bool = True
) -> ExecutionError:
    """
    Describe an exception without changing it.

    Args:
        error: The exception.
        node_id: The node that the exception came from, if known.
        redactor: Removes secrets.
        stack: Whether to include the stack.

    Returns:
        The error of a record.
    """
    return ExecutionError(
        message=_describe_message(error, redactor),
        stack=_redact_text(_format_stack(error, redactor), MAX_STACK_CHARACTERS, redactor)
        if stack
        else None,
        node_id=node_id,
        kind=classify_error(error),
        # The name of a builtin exception holds no secret and needs no redaction; redaction may lack
        # the stack space to run.
        type=name if hasattr(builtins, name := name_exception(error)) else redactor.text(name),
    )


def describe_failure(message: object, kind: object, redactor: Redactor) -> ExecutionError:
    """
    Describe an error that is no exception.

    Args:
        message: The reason, for people.
        kind: The kind of error; None where it has none.
        redactor: Removes secrets.

    Returns:
        The error of a record.
    """
    return ExecutionError(
        message=_redact_text(to_text(message), _MAX_MESSAGE_CHARACTERS, redactor),
        kind=None if kind is None else redactor.text(to_text(kind)),
    )


def name_exception(error: BaseException) -> str:
    """
    Return the name of an exception's class: `ValueError`, `httpx.ConnectError`.

    Args:
        error: The exception.

    Returns:
        The class's name with its module, except for builtins and `__main__`.
    """
    return read_type_name(type(error)).removeprefix("__main__.")


def is_ours(filename: str) -> bool:
    """
    Return whether a file belongs to capture or to the runtime of generated workflows.

    Args:
        filename: The file's path, as frames write it.

    Returns:
        True for Flightlog's own code.
    """
    return filename.startswith(_OURS)


def _classify_group(leaves: Leaves) -> str:
    kinds = {classify_error(leaf) for leaf in leaves.exceptions}
    for strongest in _STRONGEST:
        if strongest in kinds:
            return strongest
    return kinds.pop() if len(kinds) == 1 else "exception"


def _describe_message(error: BaseException, redactor: Redactor) -> str:
    if is_group(error):
        return _describe_group(error, redactor)
    message = _redact_text(_format_message(error), _MAX_MESSAGE_CHARACTERS, redactor)
    cause = find_cause(error)
    return message if cause is None else f"{message} (caused by {_describe_group(cause, redactor)})"


def _describe_group(group: BaseException, redactor: Redactor) -> str:
    leaves = find_leaves(group)
    agreed = _classify_group(leaves)
    shown, more = choose_shown(_describe_leaf(leaf, agreed) for leaf in leaves.exceptions)
    # Redact each text before it is put on one line, because a secret's end may not be found in one
    # line.
    clean = [
        (_redact_text(text, _MAX_MESSAGE_CHARACTERS, redactor), count) for text, count in shown
    ]
    own = extract_own_text(_redact_text(_format_message(group), _MAX_MESSAGE_CHARACTERS, redactor))
    return join_shown(clean, more, complete=leaves.complete, own=own)


def _describe_leaf(leaf: BaseException, agreed: str) -> str:
    kind, name = classify_error(leaf), name_exception(leaf)
    # Far more than is kept, because the text is redacted before it is cut to its limit.
    message = _cut(_format_message(leaf), 4 * _MAX_MESSAGE_CHARACTERS)
    text = name if message == name else f"{name}: {message}"
    return text if kind in {"exception", agreed} else f"{kind}: {text}"


def _format_message(error: BaseException) -> str:
    try:
        text = read_exception_text(error)
    except BaseException as fault:  # noqa: BLE001 - another class's __str__ may raise anything
        reraise_from_signal_handler(fault)
        text = "(its message can't be read)"
    if not text and issubclass(type(error), GeneratorExit):
        return "The generator was left before its end."
    return text or name_exception(error)


def _format_stack(error: BaseException, redactor: Redactor) -> str:
    try:
        if is_too_large_to_trace(error) or not all(map(is_safe_to_print, _list_chain(error))):
            return _format_short_stack(error, redactor)
        formatted = traceback.TracebackException.from_exception(error)
        _remove_own_frames(formatted)
        return "".join(formatted.format())
    except BaseException as failure:  # noqa: BLE001 - other classes may raise anything
        reraise_from_signal_handler(failure)
        return f"The stack can't be read: {type(failure).__name__}"


def _list_chain(error: BaseException) -> list[BaseException]:
    """List an exception, its causes and contexts, and the members of the groups among them."""
    found: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    seen: set[int] = set()
    while waiting and len(found) < _MOST_CHAINED:
        each = waiting.pop()
        if each is not None and id(each) not in seen:
            seen.add(id(each))
            found.append(each)
            waiting += [get_cause(each), get_context(each)]
            if is_group(each):
                waiting += get_members(each)[:_MOST_CHAINED]
    return found


def _format_short_stack(error: BaseException, redactor: Redactor) -> str:
    """Write the stacks of an exception and of its first leaves or causes, with short messages."""
    shown = (
        [error, *find_leaves(error).exceptions[:MAX_SHOWN]]
        if is_group(error)
        else _list_chain(error)
    )
    parts: list[str] = []
    for exception in shown:
        frames = [
            frame
            for frame in traceback.extract_tb(get_traceback(exception), limit=-_MAX_FRAMES)
            if not is_ours(frame.filename)
        ]
        message = _redact_text(_format_message(exception), _MAX_MESSAGE_CHARACTERS, redactor)
        parts += ["Traceback (most recent call last):\n", *traceback.format_list(frames)]
        parts.append(f"{name_exception(exception)}: {message}\n")
    return "\n".join(parts)


def _remove_own_frames(formatted: traceback.TracebackException) -> None:
    # Frames of decorators and of the runtime of generated workflows don't help a workflow's author.
    waiting: list[traceback.TracebackException | None] = [formatted]
    while waiting:
        current = waiting.pop()
        if current is not None:
            theirs = [frame for frame in current.stack if not is_ours(frame.filename)]
            current.stack = traceback.StackSummary.from_list(theirs)
            waiting += (current.__cause__, current.__context__, *(current.exceptions or ()))


def _redact_text(text: str, limit: int, redactor: Redactor) -> str:
    size = len(text)
    if size <= limit:
        return redactor.text(text)
    half = limit // 2
    first, last = redactor.part(text, 0, half), redactor.part(text, size - half, size)
    return first + _CUT.format(count=size - 2 * half) + last


def _cut(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    # Keep the first and the last frames, because both help more than the frames in the middle.
    half = limit // 2
    return text[:half] + _CUT.format(count=len(text) - 2 * half) + text[-half:]
