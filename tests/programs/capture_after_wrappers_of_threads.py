"""
Wrap the methods of pools and threads before and after Flightlog replaces them.

Usage: SPOOL_DIR.
"""

from __future__ import annotations

import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

seen: list[int] = []


class Wrapper:
    def __init__(self, wrapped: Any, instance: Any = None) -> None:
        self.wrapped, self.instance = wrapped, instance

    def __get__(self, instance: Any, owner: type) -> Wrapper:
        return Wrapper(self.wrapped, instance)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        seen.append(1)
        args = args if self.instance is None else (self.instance, *args)
        return self.wrapped(*args, **kwargs)


pool_class: Any = ThreadPoolExecutor
thread_class: Any = threading.Thread
timer_class: Any = threading.Timer
start = thread_class.start
pool_class.submit = Wrapper(pool_class.submit)
thread_class.start = Wrapper(start)
timer_class.start = Wrapper(start)

import flightlog.capture  # noqa: E402 - after the wrappers

recorder = flightlog.capture.Recorder(
    "w", url="http://127.0.0.1:9", spool_dir=sys.argv[1], threads="all"
)


def take_apart(thread: Any) -> Any:
    # As Sentry does, and as a later library may.
    run = thread.run.__func__
    thread.run = lambda: run(thread)
    return thread


found: list[Any] = []


def find() -> None:
    found.append(recorder.current)


with recorder.execution() as execution, ThreadPoolExecutor(1) as pool:
    seen.clear()
    pool.submit(find).result()
    assert len(seen) == 2, "submit, and the start of its thread"
    ours = thread_class.start
    thread_class.start = lambda self: ours(take_apart(self))
    for thread in (threading.Thread(target=find), threading.Timer(0, find)):
        thread.start()
        thread.join()
assert found == [execution] * 3, found
assert len(seen) == 4
