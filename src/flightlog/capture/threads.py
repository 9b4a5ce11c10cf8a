"""
Hands the scope of the running code to the tasks of thread pools, and to threads.

A context variable doesn't reach the threads of a `ThreadPoolExecutor`, so nodes called there would
each be an execution of their own. `install` therefore replaces `ThreadPoolExecutor.submit`, which
`map` and asyncio's `run_in_executor` call, and `Thread.start`. Only our own context variables go
along, and only where there is something to hand on; all else is passed through.

A thread, unlike a task of a pool, may serve many runs. So by default what is recorded in it stays
an execution of its own, which is only linked to the execution that started the thread.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from types import MethodType
from typing import Any, Final, TypeVar

from flightlog.capture import scope

R = TypeVar("R")

Swallow = Callable[[BaseException], None]
"""Counts a fault of recording; raises again what is the workflow's own."""

_OURS: Final = "flightlog-"
_POOLS: Final = "concurrent.futures."


def install(swallow: Swallow) -> None:
    """
    Have pools and threads take the scope along from now on; may be called again.

    Args:
        swallow: Takes what goes wrong in handing on, instead of the one of the call before; the
            task or thread then starts without a scope.
    """
    _faults.swallow = swallow
    # A workflow without pools needs the module for nothing else; it takes 2 ms to import.
    from concurrent.futures.thread import ThreadPoolExecutor  # noqa: PLC0415

    _submit.install(ThreadPoolExecutor)
    _start.install(threading.Thread)
    # OpenTelemetry gives timers a `start` of their own, around the one from before.
    if "start" in vars(threading.Timer):
        _start_timer.install(threading.Timer)


class _Faults:
    """Where faults go."""

    swallow: Swallow | None = None


class _Replacement:
    """
    One method of a class that is replaced.

    Other libraries replace the same methods. Whoever comes later wraps what is there, so ours stays
    within theirs; it is put in place again only where somebody has restored what ours had wrapped.
    """

    def __init__(self, name: str, wrap: Callable[[Any], Any]) -> None:
        self._name = name
        self._wrap = wrap
        self._original: object = None

    def install(self, owner: type) -> None:
        """Put it in place, unless it is."""
        # gevent, for example, has a `Thread` of its own that inherits the method.
        current = next(vars(base)[self._name] for base in owner.__mro__ if self._name in vars(base))
        if self._original is None or current is self._original:
            self._original = current
            setattr(owner, self._name, self._wrap(getattr(owner, self._name)))


def _wrap_submit(submit: Callable[..., R]) -> Callable[..., R]:
    @functools.wraps(submit)
    def submit_in_scope(self: Any, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> R:
        origin = _find_origin()
        if origin is None or _is_left_alone(origin):
            return submit(self, fn, *args, **kwargs)
        # The pool may start a thread now, which serves other tasks, too: it inherits nothing.
        with scope.within(None):
            return submit(self, _run_within, origin, fn, *args, **kwargs)

    return submit_in_scope


def _wrap_start(start: Callable[..., R]) -> Callable[..., R]:
    @functools.wraps(start)
    def start_in_scope(self: threading.Thread) -> R:
        run = _put_run(self)
        if run is None:
            return start(self)
        try:
            return start(self)
        except BaseException:
            run.remove()
            raise

    return start_in_scope


def _find_origin() -> scope.Origin | None:
    try:
        return scope.origin()
    except BaseException as error:  # noqa: BLE001 - the outer wall of recording, written out
        _swallow(error)
        return None


def _swallow(error: BaseException) -> None:
    if _faults.swallow is not None:
        _faults.swallow(error)


def _put_run(thread: threading.Thread) -> _Run | None:
    try:
        origin = scope.origin()
        handed = None if origin is None else _handed_to(thread, origin)
        return None if handed is None else _Run(thread, handed)
    except BaseException as error:  # noqa: BLE001 - as in `_find_origin`
        _swallow(error)
        return None


def _is_left_alone(origin: scope.Origin) -> bool:
    return origin.scope is not None and origin.scope.execution.threads == "none"


def _handed_to(thread: threading.Thread, origin: scope.Origin) -> scope.Origin | None:
    """What a thread gets: the scope itself, or the id of its execution; None for nothing."""
    # A pool's own threads serve the tasks of all; ours record nothing; one that runs can't start.
    internal = thread.name.startswith(_OURS) or type(thread).__module__.startswith(_POOLS)
    if internal or thread.ident is not None or _is_left_alone(origin):
        return None
    if origin.scope is None:
        return origin
    execution = origin.scope.execution
    return (
        origin
        if execution.threads == "all"
        else scope.Origin(None, scope.ParentRun(execution.id, execution.run_id))
    )


def _run_within(origin: scope.Origin, fn: Callable[..., R], /, *args: Any, **kwargs: Any) -> R:
    with scope.within(origin):
        return fn(*args, **kwargs)


class _Run:
    """
    A thread's `run` that enters a scope; subclasses have their own, so the instance gets it.

    Args:
        thread: Whose it is.
        origin: What the thread gets.
    """

    def __init__(self, thread: threading.Thread, origin: scope.Origin) -> None:
        self._thread = thread
        self._origin = origin
        self._run = thread.run
        self._before = vars(thread).get("run")
        # A method, as any `run` is: other libraries take it apart to wrap it.
        self._method = MethodType(lambda _: self.run_within(), thread)
        thread.run = self._method  # type: ignore[method-assign]

    def run_within(self) -> None:
        """Run in the thread."""
        self.remove()
        with scope.within(self._origin):
            self._run()

    def remove(self) -> None:
        """Give the thread its own `run` back, unless somebody has replaced this one."""
        attributes = vars(self._thread)
        if attributes.get("run") is not self._method:
            return
        if self._before is None:
            del attributes["run"]
        else:
            attributes["run"] = self._before


_faults: Final = _Faults()
_submit: Final = _Replacement("submit", _wrap_submit)
_start: Final = _Replacement("start", _wrap_start)
_start_timer: Final = _Replacement("start", _wrap_start)
