"""
Print how many more frames of the stack each kind of function needs when it is recorded.

Usage: SPOOL_DIR.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from types import FrameType
from typing import Any

from flightlog.capture import Recorder

recorder = Recorder("w", "W", url="http://127.0.0.1:9", spool_dir=sys.argv[1], drain_timeout_s=1)
Function = Callable[[int], Any]


def inner(levels: int) -> int:
    return 1 if levels == 0 else inner(levels - 1)


def plain(_: int) -> int:
    return inner(4)


def failing(_: int) -> int:
    inner(4)
    raise KeyError


def generator(_: int) -> Iterator[int]:
    yield inner(4)


async def coroutine(_: int) -> int:
    return inner(4)


def returned(_: int) -> Coroutine[Any, Any, int]:
    return coroutine(_)


async def asynchronous_generator(_: int) -> AsyncIterator[int]:
    yield inner(4)


def mapped(_: int) -> Iterator[int]:
    return map(inner, [4])


def drive(awaited: Any) -> Any:
    try:
        awaited.send(None)
    except StopIteration as end:
        return end.value


def call(function: Function) -> Any:
    try:
        return function(1)
    except KeyError:
        return 1


def read(function: Function) -> Any:
    return next(function(1))


def wait(function: Function) -> Any:
    return drive(function(1))


def read_asynchronously(function: Function) -> Any:
    return drive(function(1).__anext__())


def fails_at(use: Callable[[Function], Any], function: Function) -> int:
    fails: set[int] = set()
    limit, depth = sys.getrecursionlimit(), 0
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        depth, frame = depth + 1, frame.f_back
    for left in range(60, 3, -1):
        sys.setrecursionlimit(depth + left)
        try:
            use(function)
        except RecursionError:
            fails.add(left)
        finally:
            sys.setrecursionlimit(limit)
    return max(fails, default=0)


USES: tuple[tuple[Callable[[Function], Any], Function], ...] = (
    (call, plain),
    (call, failing),
    (read, generator),
    (wait, coroutine),
    (wait, returned),
    (read_asynchronously, asynchronous_generator),
    (read, mapped),
)
for use, function in USES:
    most = fails_at(use, function)
    for decorated in (recorder.node(function), recorder.workflow(function)):
        use(decorated)
        found = [fails_at(use, decorated)]
        with recorder.execution():
            found.append(fails_at(use, decorated))
        print(function.__name__, max(found) - most)
