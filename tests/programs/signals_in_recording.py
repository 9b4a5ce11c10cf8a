"""
Let a signal handler raise 60 times in the middle of recording; print how often it was caught.

Usage: SPOOL_DIR EXCEPTION HANDLER, where HANDLER is a name in `HANDLERS`.
"""

from __future__ import annotations

import builtins
import functools
import random
import signal
import sys
from collections.abc import Callable
from typing import Any

from flightlog.capture import Recorder

recorder = Recorder("w", "W", url="http://127.0.0.1:9", spool_dir=sys.argv[1], drain_timeout_s=1)
STRIKES = 60
Kind: type[BaseException] = getattr(builtins, sys.argv[2])


def handle(_number: int, _frame: Any) -> None:
    raise Kind("struck")


def handle_without_arguments(number: int, frame: Any) -> None:
    del number, frame
    raise Kind("struck")


def handle_with_more(first: int, second: int, number: int, frame: Any) -> None:
    del number, frame
    handle(first, second)


def handle_and_restore(_number: int, _frame: Any) -> None:
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    raise Kind("struck")


class Handler:
    def handle(self, _number: int, _frame: Any) -> None:
        handle(0, 0)

    def handle_without_arguments(self, number: int, frame: Any) -> None:
        del number, frame
        handle(0, 0)

    __call__ = handle


class CallableHandler:
    __call__ = Handler.handle_without_arguments


HANDLERS: dict[str, Callable[[], Any]] = {
    "function": lambda: handle,
    "method": lambda: Handler().handle,
    "object": Handler,
    "lambda": lambda: lambda *_: handle(0, 0),
    "function without arguments": lambda: handle_without_arguments,
    "partial of partial": lambda: functools.partial(functools.partial(handle_with_more, 7), 8),
    "method without arguments": lambda: Handler().handle_without_arguments,
    "partial of method": lambda: functools.partial(Handler().handle_without_arguments),
    "object without arguments": CallableHandler,
    "function that restores": lambda: handle_and_restore,
}
make_handler = HANDLERS[sys.argv[3]]
value = {"rows": [1, 2, 3] * 50, "set": {1, 2}, "bytes": b"raw", "error": OSError("x")}
caught = 0
# Start the threads first: an exception within `Thread.start` is the standard library's to handle.
with recorder.execution(trigger="struck"):
    pass
for _ in range(STRIKES):
    try:
        signal.signal(signal.SIGALRM, make_handler())
        with recorder.execution(trigger="struck") as execution:
            signal.setitimer(signal.ITIMER_REAL, random.uniform(0.0001, 0.002))
            for _ in range(5000):
                with execution.node("n", input=value) as node:
                    node.output = value
    except Kind as error:
        caught += error.args == ("struck",)
print(caught, recorder.status().swallowed, recorder.status().lost)
