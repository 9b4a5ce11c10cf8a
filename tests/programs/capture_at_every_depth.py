"""
Record with 1 to 80 frames of stack left, and in another thread; print the ids of what ended.

Usage: SPOOL_DIR.
"""

from __future__ import annotations

import inspect
import sys
import threading
from collections.abc import Callable
from queue import SimpleQueue

from flightlog.capture import Recorder

recorder = Recorder("w", "W", url="http://127.0.0.1:9", spool_dir=sys.argv[1], drain_timeout_s=1)
asked: SimpleQueue[str] = SimpleQueue()
answers: SimpleQueue[str] = SimpleQueue()


@recorder.node("other")
def node() -> None:
    pass


def work() -> None:
    while True:
        name = asked.get()
        with recorder.execution(execution_id=name):
            node()
        answers.put(name)


def down(levels: int, function: Callable[[], bool]) -> bool:
    return function() if levels == 0 else down(levels - 1, function)


def record_with(left: int) -> Callable[[], bool]:
    def act() -> bool:
        with recorder.execution(execution_id=f"left-{left}") as execution:
            with execution.node("n", input={"a": [1, {"b": "x"}]}) as node:
                node.output = [1, [2]]
        return True

    return act


threading.Thread(target=work, daemon=True).start()
ended = []
for left in range(1, 81):
    act = record_with(left)
    try:
        if down(sys.getrecursionlimit() - len(inspect.stack(0)) - left, act):
            ended.append(f"left-{left}")
    except RecursionError:
        pass
    asked.put(f"other-{left}")
    ended.append(answers.get(timeout=30))
recorder.close()
print(*ended)
