"""
Interruptions: exceptions that a signal handler of the workflow raises while our code runs.

A timeout by SIGALRM, Ctrl-C, or a SIGTERM handler that exits can interrupt any line. Such an
exception belongs to the workflow, although it resembles a fault of ours or of a value that is being
encoded. So code that suppresses faults calls `reraise_from_signal_handler` first.

An interruption must not leave a lock held. Recording therefore holds its locks by `exclusive`.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from itertools import pairwise
from opcode import opmap
from types import CodeType, FrameType, FunctionType, MethodType, TracebackType
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

Owner = TypeVar("Owner")
P = ParamSpec("P")
R = TypeVar("R")

EXHAUSTED: Final = (RecursionError, MemoryError)
"""Raised when no stack or memory is left; always treated as our own fault and never passed on."""

# Read these attributes through the class, because a handler's own class may compute them.
_read_traceback: Final[Any] = BaseException.__dict__["__traceback__"].__get__
_read_context: Final[Any] = BaseException.__dict__["__context__"].__get__
_read_mro: Final[Any] = type.__dict__["__mro__"].__get__
_read_namespace: Final[Any] = type.__dict__["__dict__"].__get__
_read_partial: Final[Any] = functools.partial.__dict__["func"].__get__
_MOST_WRAPPED: Final = 16
_MOST_CHAINED: Final = 16
_RAISING: Final = frozenset({opmap["RAISE_VARARGS"], opmap["RERAISE"]})
_VARARGS: Final = 0x04


def exclusive(
    method: Callable[Concatenate[Owner, P], R],
) -> Callable[Concatenate[Owner, P], R]:
    """
    Make a method hold its object's `_lock`, and release the lock after any exception.

    A `finally` that releases the lock, or a `with` of several lines, isn't enough, because a second
    exception can be raised at the line that ends the block. A `with` of a single line has no such
    line. Between taking a lock of the interpreter's own and entering the block, nothing can be
    raised.

    Args:
        method: A method of an object whose `_lock` is a `threading.RLock`.

    Returns:
        The method that holds the lock while it runs.
    """

    @functools.wraps(method)
    def locked(self: Owner, /, *args: P.args, **kwargs: P.kwargs) -> R:
        with self._lock: return method(self, *args, **kwargs)  # type: ignore[attr-defined]  # noqa: E701  # fmt: skip

    return locked


def reraise_from_signal_handler(error: BaseException) -> None:
    """
    Raise the interruption that an exception is, or that it replaced; otherwise do nothing.

    An interruption within a `finally`, or before one, can make the block fail, e.g. because a lock
    is not held. Then the caught exception is the block's, and the interruption is its context.

    Args:
        error: The caught exception.
    """
    # With no stack or memory left, none is available for inspecting the traceback.
    if issubclass(type(error), EXHAUSTED):
        return
    interruption = find_interruption(error)
    if interruption is not None:
        raise interruption


def find_interruption(error: BaseException) -> BaseException | None:
    """
    Find the interruption among an exception and those that it replaced in the same code.

    Args:
        error: The caught exception, which the caller is about to suppress.

    Returns:
        The exception that a signal handler raised, or None. An exception that code outside the
        caller was handling already does not count, because the workflow has it.
    """
    frames: list[FrameType] = []
    found: BaseException | None = error
    for _ in range(_MOST_CHAINED):
        if found is None:
            break
        trace: TracebackType | None = _read_traceback(found)
        if found is error:
            while trace is not None:
                frames.append(trace.tb_frame)
                trace = trace.tb_next
        elif trace is None or trace.tb_frame not in frames:
            break
        if is_interruption(found):
            return found
        found = _read_context(found)
    return None


def is_interruption(error: BaseException) -> bool:
    """
    Determine whether a signal handler raised an exception.

    Args:
        error: The caught exception, which the caller is about to suppress.

    Returns:
        Whether a signal handler, or a trace function, raised the exception.
    """
    trace: TracebackType | None = _read_traceback(error)
    entries = []
    while trace is not None:
        entries.append(trace)
        trace = trace.tb_next
    if any(_is_handler(inner.tb_frame, outer.tb_frame) for outer, inner in pairwise(entries)):
        return True
    # A handler may have deleted its arguments.
    handlers = _find_handlers() if len(entries) > 1 else ()
    if any(inner.tb_frame.f_code in handlers for inner in entries[1:]):
        return True
    if not entries or issubclass(type(error), Exception):
        return False
    # A debugger, or a timeout that uses tracing, raises from a trace function.
    if any(_is_tracer(inner.tb_frame, outer.tb_frame) for outer, inner in pairwise(entries)):
        return True
    # Python's own SIGINT handler has no frame. Anywhere else, only a `raise` statement raises
    # KeyboardInterrupt.
    return issubclass(type(error), KeyboardInterrupt) and not _raises(entries[-1])


def _find_handlers() -> list[CodeType]:
    """List the code of the signal handlers that are installed."""
    # Where nothing has imported this module, no handler was installed.
    module = sys.modules.get("signal")
    if module is None:
        return []
    handlers = (module.getsignal(number) for number in range(1, module.NSIG))
    found = (_find_code(handler) for handler in handlers if callable(handler))
    return [code for code in found if code is not None]


def _find_code(handler: object) -> CodeType | None:
    """Find the code that a callable runs, without calling any code of the callable."""
    for _ in range(_MOST_WRAPPED):
        kind = type(handler)
        if kind is FunctionType:
            code: CodeType = handler.__code__  # type: ignore[attr-defined]  # `kind` proves the type
            return code
        if kind is MethodType or kind is staticmethod or kind is classmethod:
            handler = handler.__func__  # type: ignore[attr-defined]  # as above
        elif issubclass(kind, functools.partial):
            handler = _read_partial(handler)
        else:
            members = (_read_namespace(base) for base in _read_mro(kind))
            handler = next((found["__call__"] for found in members if "__call__" in found), None)
    return None


def _is_handler(frame: FrameType, below: FrameType) -> bool:
    """Whether the frame's arguments are a signal number and the frame that was interrupted."""
    arguments = pairwise(_arguments(frame))
    return any(second is below and isinstance(first, int) for first, second in arguments)


def _is_tracer(frame: FrameType, below: FrameType) -> bool:
    """Whether the frame's arguments are the frame that was interrupted and the name of an event."""
    arguments = pairwise(_arguments(frame))
    return any(first is below and type(second) is str for first, second in arguments)


def _arguments(frame: FrameType) -> list[object]:
    code, values = frame.f_code, frame.f_locals
    given: list[object] = [values.get(name) for name in code.co_varnames[: code.co_argcount]]
    if code.co_flags & _VARARGS:
        rest = values.get(code.co_varnames[code.co_argcount + code.co_kwonlyargcount])
        given += rest if type(rest) is tuple else ()
    return given


def _raises(entry: TracebackType) -> bool:
    return entry.tb_frame.f_code.co_code[entry.tb_lasti] in _RAISING
