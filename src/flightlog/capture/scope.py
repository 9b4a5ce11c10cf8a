"""
Keeps the execution and node that the running code belongs to.

The scope is a context variable. The tasks of asyncio inherit it, and so do threads that are started
with a copy of the context (`asyncio.to_thread`, `carry`). `flightlog.capture.threads` hands the
scope to other threads.
"""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from types import TracebackType
from typing import Final, ParamSpec, Protocol, TypeVar

from msgspec import Struct

from flightlog.capture.settings import ThreadScope

P = ParamSpec("P")
R = TypeVar("R")


class Scope(Protocol):
    """An execution, or a node within an execution."""

    @property
    def execution(self) -> ExecutionScope:
        """The execution that the scope is, or belongs to."""
        ...

    @property
    def ended(self) -> bool:
        """Whether the execution or node has ended."""
        ...

    @property
    def outer(self) -> Scope | None:
        """The scope in which the execution or node began."""
        ...

    def sequence_for_child(self) -> int | None:
        """Return the sequence number of the node, for a node that begins within it."""
        ...


class ExecutionScope(Scope, Protocol):
    """An execution, as far as its scope is concerned."""

    @property
    def id(self) -> str:
        """The execution's id in the history."""
        ...

    @property
    def run_id(self) -> str | None:
        """Which run of that id this is; None before the first message."""
        ...

    @property
    def token(self) -> contextvars.Token[Scope | None] | None:
        """Knows the context in which the execution began."""
        ...

    @property
    def threads(self) -> ThreadScope:
        """The threads that get the scope of the execution."""
        ...


_innermost: Final[contextvars.ContextVar[Scope | None]] = contextvars.ContextVar(
    "flightlog_scope", default=None
)


class ParentRun(Struct, frozen=True):
    """The run to which a new execution is linked."""

    execution_id: str
    run_id: str | None
    """Which run of that execution id; None where the run is not known."""


_ancestor: Final[contextvars.ContextVar[ParentRun | None]] = contextvars.ContextVar(
    "flightlog_ancestor", default=None
)

enter: Final[Callable[[Scope | None], contextvars.Token[Scope | None]]] = _innermost.set
"""Makes a scope the innermost scope of the running code."""


def find_innermost() -> Scope | None:
    """
    Return the innermost scope that has not ended.

    Returns:
        The scope; None where there is none. Ended scopes that a generator left behind are skipped.
    """
    scope = _innermost.get()
    if scope is None or not scope.ended:
        return scope
    # A scope that was begun again within itself is its own outer scope, so stop at a repetition.
    seen: set[int] = set()
    while scope is not None and scope.ended and id(scope) not in seen:
        seen.add(id(scope))
        scope = scope.outer
    return None if scope is None or scope.ended else scope


class Origin(Struct, frozen=True):
    """The scope that the running code hands to a thread or task that it starts."""

    scope: Scope | None
    """The innermost scope of the running code; the scope may have ended."""
    ancestor: ParentRun | None
    """The run that started this thread, where the thread runs in no scope of its own."""


_NO_ORIGIN: Final = Origin(None, None)


def find_origin() -> Origin | None:
    """
    Return the origin that the running code hands on.

    Returns:
        The origin; None where the running code belongs to no execution.
    """
    scope = _innermost.get()
    if scope is not None and scope.ended and find_innermost() is None and _was_entered_here(scope):
        scope = None
    found = Origin(scope, _ancestor.get())
    return None if found == _NO_ORIGIN else found


def find_parent_run() -> ParentRun | None:
    """
    Find the run to which an execution that begins now is linked.

    Returns:
        The innermost run; None where there is none. The run may have ended, because a task or
        thread can outlive the run that started it.
    """
    scope = find_innermost()
    found = find_origin() if scope is None else Origin(scope, None)
    if found is None or found.scope is None:
        return None if found is None else found.ancestor
    execution = found.scope.execution
    return ParentRun(execution.id, execution.run_id)


class within:  # noqa: N801 - used as a function
    """
    Makes an origin the origin of the running code; restores the previous origin at the end.

    Args:
        origin: The origin that was handed on; None: the code runs as if in no execution.
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
    Return whether an ended scope is left over in the context that its execution was entered in.

    A generator that was left early leaves its scope behind in that context, but code that runs
    later in the context does not belong to the scope. A task or thread has a copy of the context.
    """
    token = scope.execution.token
    if token is None:
        return False
    try:
        _innermost.reset(token)
    except (ValueError, RuntimeError):
        # This is another context, or this check has removed the scope from the same context before.
        return False
    _innermost.set(None)
    return True


def carry(function: Callable[P, R]) -> Callable[P, R]:
    """
    Wrap a function so that it runs within the current scope, wherever it is called.

    Use it for threads, because threads don't inherit the scope: `pool.submit(carry(charge),
    order)`.

    Args:
        function: The function to run.

    Returns:
        A function with the same parameters and result.
    """
    context = contextvars.copy_context()

    def carried(*args: P.args, **kwargs: P.kwargs) -> R:
        return context.copy().run(function, *args, **kwargs)

    return carried
