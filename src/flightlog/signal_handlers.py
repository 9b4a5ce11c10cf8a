"""
Interruptions: exceptions that a signal handler of the workflow raises in the midst of our code.

A timeout by SIGALRM, Ctrl-C or a SIGTERM handler that exits may strike anywhere. What it raises is
the workflow's own, though it looks like a fault of ours, or of a value that is being encoded:
whoever stops faults asks here first.

An interruption must not leave a lock held either: `exclusive` is how recording holds locks.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from itertools import pairwise
from opcode import opmap
from types import FrameType, TracebackType
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

Owner = TypeVar("Owner")
P = ParamSpec("P")
R = TypeVar("R")

EXHAUSTED: Final = (RecursionError, MemoryError)
"""What is raised where no stack or memory is left: always a fault of ours, never passed on."""

_traceback_of: Final[Any] = BaseException.__dict__["__traceback__"].__get__
_RAISING: Final = frozenset({opmap["RAISE_VARARGS"], opmap["RERAISE"]})
_VARARGS: Final = 0x04


def exclusive(
    method: Callable[Concatenate[Owner, P], R],
) -> Callable[Concatenate[Owner, P], R]:
    """
    Make a method hold its object's `_lock`, and release the lock whatever is raised, wherever.

    A `finally` that releases, or a `with` of several lines, isn't enough: a second exception can
    strike at the line that ends the block. A `with` of a single line has no such line, and between
    taking a lock of the interpreter's own and entering the block nothing can be raised.

    Args:
        method: A method of an object whose `_lock` is a `threading.RLock`.
    """

    @functools.wraps(method)
    def locked(self: Owner, /, *args: P.args, **kwargs: P.kwargs) -> R:
        with self._lock: return method(self, *args, **kwargs)  # type: ignore[attr-defined]  # noqa: E701  # fmt: skip

    return locked


def reraise_from_signal_handler(error: BaseException) -> None:
    """
    Raise an exception again if it is an interruption; do nothing with any other.

    Args:
        error: What was caught.
    """
    # Where stack or memory is used up, there is none to look any closer.
    if not issubclass(type(error), EXHAUSTED) and is_interruption(error):
        raise error


def is_interruption(error: BaseException) -> bool:
    """
    Tell whether a signal handler raised an exception.

    Args:
        error: What was caught, and is about to be stopped.
    """
    trace: TracebackType | None = _traceback_of(error)
    entries = []
    while trace is not None:
        entries.append(trace)
        trace = trace.tb_next
    if any(_is_handler(inner.tb_frame, outer.tb_frame) for outer, inner in pairwise(entries)):
        return True
    if not entries or issubclass(type(error), Exception):
        return False
    # A debugger or a timeout that works by tracing raises from a trace function.
    if any(_is_tracer(inner.tb_frame, outer.tb_frame) for outer, inner in pairwise(entries)):
        return True
    # Python's own handler of SIGINT has no frame, and nothing else raises it but a statement.
    return issubclass(type(error), KeyboardInterrupt) and not _raises(entries[-1])


def _is_handler(frame: FrameType, below: FrameType) -> bool:
    """Whether it was called with a number and the very frame that it interrupted."""
    arguments = pairwise(_arguments(frame))
    return any(second is below and isinstance(first, int) for first, second in arguments)


def _is_tracer(frame: FrameType, below: FrameType) -> bool:
    """Whether it was called with the very frame that it interrupted and the name of an event."""
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
