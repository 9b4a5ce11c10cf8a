"""
Hands the scope of the running code to the tasks of thread pools, and to threads.

The threads of a `ThreadPoolExecutor` don't inherit context variables, so each node called there
would become an execution of its own. `install` therefore replaces `ThreadPoolExecutor.submit`,
which `map` and asyncio's `run_in_executor` call, and `Thread.start`. The replacements hand on only
Flightlog's own context variables, and only where a scope exists; they pass everything else through.

A thread may serve many runs, unlike a task of a pool. By default, code that records in a thread
therefore begins an execution of its own, which is linked to the execution that started the thread.
`flightlog.capture.scope` owns the context variables.
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
"""Counts a fault of recording; raises the workflow's own exceptions again."""

_OURS: Final = "flightlog-"
_POOLS: Final = "concurrent.futures."


def install(swallow: Swallow) -> None:
    """
    Make thread pools and threads hand on the scope from now on; repeated calls are allowed.

    Args:
        swallow: Receives each fault that occurs while a scope is handed on; the task or thread then
            starts without a scope. A later call replaces the `swallow` of an earlier call.
    """
    _faults.swallow = swallow
    # The import takes 2 ms, and a workflow without thread pools doesn't need this module.
    from concurrent.futures.thread import ThreadPoolExecutor  # noqa: PLC0415

    _submit.install(ThreadPoolExecutor)
    _start.install(threading.Thread)
    # OpenTelemetry gives `threading.Timer` its own `start`, which wraps the previous `start`.
    if "start" in vars(threading.Timer):
        _start_timer.install(threading.Timer)


class _Faults:
    """Holds the function that receives faults."""

    swallow: Swallow | None = None


class _Replacement:
    """
    Replaces one method of a class.

    Other libraries replace the same methods. A later replacement wraps the current method, so
    Flightlog's replacement stays inside the later one. `install` replaces the method again only
    where another library has restored the method that Flightlog had wrapped.
    """

    def __init__(self, name: str, wrap: Callable[[Any], Any]) -> None:
        self._name = name
        self._wrap = wrap
        self._original: object = None

    def install(self, owner: type) -> None:
        """
        Replace the method, unless the replacement is in place.

        Args:
            owner: The class whose method is replaced.
        """
        # A subclass may inherit the method: gevent, for example, has its own `Thread` class.
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
        # The pool may start a thread now. The thread inherits nothing, because it also serves other
        # tasks.
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
        return scope.find_origin()
    except BaseException as error:  # noqa: BLE001 - the fault barrier, written out
        _swallow(error)
        return None


def _swallow(error: BaseException) -> None:
    if _faults.swallow is not None:
        _faults.swallow(error)


def _put_run(thread: threading.Thread) -> _Run | None:
    try:
        origin = scope.find_origin()
        handed = None if origin is None else _choose_origin(thread, origin)
        return None if handed is None else _Run(thread, handed)
    except BaseException as error:  # noqa: BLE001 - as in `_find_origin`
        _swallow(error)
        return None


def _is_left_alone(origin: scope.Origin) -> bool:
    return origin.scope is not None and origin.scope.execution.threads == "none"


def _choose_origin(thread: threading.Thread, origin: scope.Origin) -> scope.Origin | None:
    """Return the thread's scope, or only its execution's id; None if the thread gets nothing."""
    # A pool's own threads serve the tasks of all callers. Flightlog's threads record nothing. A
    # running thread can't be started again.
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
    Replaces a thread's `run` with a method that enters a scope.

    The replacement is set on the instance, because subclasses define their own `run`.

    Args:
        thread: The thread whose `run` is replaced.
        origin: The scope that the thread gets.
    """

    def __init__(self, thread: threading.Thread, origin: scope.Origin) -> None:
        self._thread = thread
        self._origin = origin
        self._run = thread.run
        self._before = vars(thread).get("run")
        # Other libraries take `run` apart to wrap it, so the replacement must be a method, too.
        self._method = MethodType(lambda _: self.run_within(), thread)
        thread.run = self._method  # type: ignore[method-assign]

    def run_within(self) -> None:
        """Run the thread's own `run` within the scope; called in the thread."""
        self.remove()
        with scope.within(self._origin):
            self._run()

    def remove(self) -> None:
        """Restore the thread's own `run`, unless other code has replaced this replacement."""
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
