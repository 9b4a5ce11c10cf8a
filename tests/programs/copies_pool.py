"""
Run decorated functions, methods, partials and a recorder in a pool of processes.

Usage: SPOOL_DIR METHOD, where METHOD is a start method of multiprocessing.
"""

from __future__ import annotations

import functools
import multiprocessing
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from flightlog.capture import Recorder

recorder = Recorder("w", "W", url="http://127.0.0.1:9", spool_dir=sys.argv[1], drain_timeout_s=1)


@recorder.node("square")
def square(number: int) -> int:
    return number * number


class Shop:
    def __init__(self) -> None:
        self.recorder = recorder

    @recorder.node("method")
    def square(self, number: int) -> int:
        return number * number

    @recorder.node("static")
    @staticmethod
    def static(number: int) -> int:
        return number * number


def raw(number: int, power: int) -> int:
    return int(number**power)


part = recorder.node("part")(functools.partial(raw, power=2))


def by_hand(given: tuple[Recorder, int]) -> int:
    recorder, number = given
    with recorder.execution() as execution, execution.node("by-hand") as node:
        node.output = number * number
    return number * number


if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[2])
    functions: list[Callable[..., Any]] = [square, Shop().square, Shop.static, part]
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        for function in functions:
            assert list(pool.map(function, range(3))) == [0, 1, 4]
        assert list(pool.map(by_hand, [(recorder, n) for n in range(3)])) == [0, 1, 4]
