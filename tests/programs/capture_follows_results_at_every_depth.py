"""
Use coroutines and iterators of recorded functions with 1 to 80 frames of stack left.

Usage: SPOOL_DIR.
"""

from __future__ import annotations

import gc
import sys
import warnings
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

from flightlog.capture import Recorder

recorder = Recorder("w", "W", url="http://127.0.0.1:9", spool_dir=sys.argv[1], drain_timeout_s=1)
warnings.simplefilter("ignore")


async def body() -> int:
    return 3


@recorder.node
def fetch() -> Coroutine[Any, Any, int]:
    return body()


@recorder.node
def rows() -> Iterator[int]:
    return (number for number in range(3))


@recorder.node
def texts() -> Iterator[str]:
    return map(str, range(3))


def await_fetched() -> Any:
    try:
        fetch().send(None)
    except StopIteration as ended:
        return ended.value


def at(depth: int, function: Callable[[], Any]) -> Any:
    return at(depth - 1, function) if depth else function()


def list_rows() -> list[int]:
    return list(rows())


def list_texts() -> list[str]:
    return list(texts())


expected: dict[Callable[[], Any], Any] = {
    await_fetched: 3,
    list_rows: [0, 1, 2],
    list_texts: ["0", "1", "2"],
}
passed = 0
with recorder.execution():
    for left in range(1, 81):
        for function, result in expected.items():
            try:
                assert at(sys.getrecursionlimit() - left, function) == result
                passed += 1
            except RecursionError:
                pass
gc.collect()
assert passed > 150
assert not recorder.context.pipeline.running
