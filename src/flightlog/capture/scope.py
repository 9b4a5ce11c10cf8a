"""
Which execution and node the running code belongs to.

A context variable: tasks of asyncio inherit it, and so do threads that are started with a copy of
the context (`asyncio.to_thread`, `carry`). `flightlog.capture.threads` hands it to others.
"""

from __future__ import annotations

import contextvars
import os
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Final, NamedTuple, ParamSpec, TypeAlias, TypeVar

if TYPE_CHECKING:
    from flightlog.capture.execution import Execution
    from flightlog.capture.node import NodeRun

P = ParamSpec("P")
R = TypeVar("R")

Scope: TypeAlias = "Execution | NodeRun"
"""An execution, or a node within one."""

_innermost: Final[contextvars.ContextVar[Scope | None]] = contextvars.ContextVar(
    "flightlog_scope", default=None
)


class ParentRun(NamedTuple):
    """The run that an execution which begins is to be linked to."""

    execution_id: str
    run_id: str | None
    """Which run of that id; None where it is not known."""


_ancestor: Final[contextvars.ContextVar[ParentRun | None]] = contextvars.ContextVar(
    "flightlog_ancestor", default=None
)

process: object = object()
"""Stands for this process; a forked child has another."""


enter: Final[Callable[[Scope | None], contextvars.Token[Scope | None]]] = _innermost.set
"""Makes a scope the innermost one of the running code."""


def innermost() -> Scope | None:
    """The innermost scope that has not ended; a generator may have left an ended one behind."""
    scope = _innermost.get()
    if scope is None or not scope.ended:
        return scope
    # A scope that was begun again within itself is its own outer one: don't go round for ever.
    seen: set[int] = set()
    while scope is not None and scope.ended and id(scope) not in seen:
        seen.add(id(scope))
        scope = scope.outer
    return None if scope is None or scope.ended else scope


class Origin(NamedTuple):
    """What the running code hands to a thread or task that it starts."""

    scope: Scope | None
    """Its innermost scope, which may have ended."""
    ancestor: ParentRun | None
    """The run that started this thread, where the thread runs in no scope of its own."""


_NO_ORIGIN: Final = Origin(None, None)


def origin() -> Origin | None:
    """Say what the running code hands on; None where it comes from no execution."""
    scope = _innermost.get()
    if scope is not None and scope.ended and innermost() is None and _was_entered_here(scope):
        scope = None
    found = Origin(scope, _ancestor.get())
    return None if found == _NO_ORIGIN else found


def parent_run() -> ParentRun | None:
    """
    Find the run that an execution which begins now is to be linked to.

    That is the innermost one. It may have ended, where a task or thread that was started within it
    outlives it.
    """
    scope = innermost()
    found = origin() if scope is None else Origin(scope, None)
    if found is None or found.scope is None:
        return None if found is None else found.ancestor
    execution = found.scope.execution
    return ParentRun(execution.id, execution.run_id)


class within:  # noqa: N801 - used as a function
    """
    Makes an origin that of the running code, and restores the code's own at the end.

    Args:
        origin: What was handed on; None: nothing, as if the code ran in no execution.
    """

    __slots__ = ("_before", "_origin")

    def __init__(self, origin: Origin | None) -> None:
        self._origin = origin or _NO_ORIGIN
        self._before = _NO_ORIGIN

    def __enter__(self) -> None:
        self._before = Origin(_innermost.get(), _ancestor.get())
        _innermost.set(self._origin.scope)
        _ancestor.set(self._origin.ancestor)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _innermost.set(self._before.scope)
        _ancestor.set(self._before.ancestor)


def _was_entered_here(scope: Scope) -> bool:
    """
    Whether an ended scope is left over in the very context that its execution was entered in.

    A generator that was left early leaves it behind there; what runs later in that context has
    nothing to do with it. A task or thread has a copy of the context.
    """
    token = scope.execution.token
    if token is None:
        return False
    try:
        _innermost.reset(token)
    except (ValueError, RuntimeError):
        # Another context; or the same one, where this check has forgotten the scope before.
        return False
    _innermost.set(None)
    return True


def carry(function: Callable[P, R]) -> Callable[P, R]:
    """
    Make a function that runs within the scope of now, wherever it is called.

    For threads, which don't inherit it: `pool.submit(carry(charge), order)`.

    Args:
        function: What to run.
    """
    context = contextvars.copy_context()

    def carried(*args: P.args, **kwargs: P.kwargs) -> R:
        return context.copy().run(function, *args, **kwargs)

    return carried


def _after_fork() -> None:
    global process  # noqa: PLW0603 - a fork changes it for all
    process = object()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
