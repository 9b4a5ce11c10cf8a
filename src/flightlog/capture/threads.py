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
        current = vars(owner)[self._name]
        if self._original is None or current is self._original:
            self._original = current
            setattr(owner, self._name, self._wrap(getattr(owner, self._name)))


def _wrap_submit(submit: Callable[..., R]) -> Callable[..., R]:
    @functools.wraps(submit)
    def submit_in_scope(self: Any, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> R:
        origin = _origin()
        if origin is None or _is_left_alone(origin):
            return submit(self, fn, *args, **kwargs)
        # The pool may start a thread now, which serves other tasks, too: it inherits nothing.
        with scope.within(None):
            return submit(self, _run_within, origin, fn, *args, **kwargs)

    return submit_in_scope


def _wrap_start(start: Callable[..., R]) -> Callable[..., R]:
    @functools.wraps(start)
    def start_in_scope(self: threading.Thread) -> R:
        origin = _origin()
        handed = None if origin is None else _handed_to(self, origin)
        if handed is None:
            return start(self)
        # Subclasses have a `run` of their own, so the instance gets the one that enters the scope.
        before = vars(self).get("run")
        self.run = functools.partial(_run_thread, self, self.run, before, handed)  # type: ignore[method-assign]
        try:
            return start(self)
        except BaseException:
            _restore_run(self, before)
            raise

    return start_in_scope


def _origin() -> scope.Origin | None:
    try:
        return scope.origin()
    except BaseException as error:  # noqa: BLE001 - the outer wall of recording, written out
        if _faults.swallow is not None:
            _faults.swallow(error)
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
    return origin if execution.threads == "all" else scope.Origin(None, execution.id)


def _run_within(origin: scope.Origin, fn: Callable[..., R], /, *args: Any, **kwargs: Any) -> R:
    with scope.within(origin):
        return fn(*args, **kwargs)


def _run_thread(
    thread: threading.Thread, run: Callable[[], None], before: Any, origin: scope.Origin
) -> None:
    _restore_run(thread, before)
    with scope.within(origin):
        run()


def _restore_run(thread: threading.Thread, before: Any) -> None:
    if before is None:
        vars(thread).pop("run", None)
    else:
        thread.run = before  # type: ignore[method-assign]


_faults: Final = _Faults()
_submit: Final = _Replacement("submit", _wrap_submit)
_start: Final = _Replacement("start", _wrap_start)
