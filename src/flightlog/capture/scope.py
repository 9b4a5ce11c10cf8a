"""
Which execution and node the running code belongs to.

A context variable: tasks of asyncio inherit it, and so do threads that are started with a copy of
the context (`asyncio.to_thread`, `carry`).
"""

from __future__ import annotations

import contextvars
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, ParamSpec, TypeAlias, TypeVar

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

process: object = object()
"""Stands for this process; a forked child has another."""


enter: Final[Callable[[Scope | None], object]] = _innermost.set
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
