"""
A workflow whose recording is struck by an exception at one line after the other.

Run as `python -m support.faults.struck ASSIGNMENT`; notes on standard output what had happened.
"""

from __future__ import annotations

import os
import sys
import threading
import traceback
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Final

import msgspec
from msgspec import Struct

import flightlog
from flightlog.capture import Recorder
from support.strikes import load

HANG_S: Final = 60.0
"""How long another thread may take at most to record a run; a healthy one takes a millisecond."""
_FLUSHED: Final = 50
_FOLDER: Final = str(Path(flightlog.__file__).parent)


class CustomError(Exception):
    """An exception of the workflow's own."""


KINDS: Final[dict[str, type[BaseException]]] = {
    kind.__name__: kind for kind in (RecursionError, MemoryError, KeyboardInterrupt, CustomError)
}


class Assignment(Struct, frozen=True, kw_only=True):
    """What to do."""

    module: str
    """The compiled trace function."""
    url: str
    """Where records go."""
    kind: str
    """What is raised, one of `KINDS`."""
    times: int
    """At how many lines in a row."""
    opening: bool
    """Whether the recorder begins anew each time, with its spool and its threads."""
    first: int
    """The first line."""
    step: int
    """From one strike to the next, lines."""
    last: int
    """The last line, should a run have more."""


class Account(Struct, kw_only=True):
    """What happened."""

    strikes: int = 0
    """Runs in which the exception was raised."""
    lines: int = 0
    """Lines of recording that ran in the last one, in which it wasn't."""
    reached: int = 0
    """Runs from which it reached the workflow."""
    succeeded: list[str] = []
    """Runs that ended well: no exception left them."""
    failed: list[str] = []
    """Runs that an exception left."""
    nodes: dict[str, list[str]] = {}
    """Nodes that ended well, for each run."""
    hung: str = ""
    """Where another thread hung."""
    undelivered: int = 0
    """How often what was recorded wasn't delivered in the end."""
    lost: int = 0
    """Messages that the recorder says it lost."""


class _Other:
    """Another thread of the workflow."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._asked: SimpleQueue[str] = SimpleQueue()
        self._answers: SimpleQueue[str] = SimpleQueue()
        threading.Thread(target=self._run, daemon=True).start()

    def record(self, name: str) -> None:
        """Record a run; raises `queue.Empty` if that hangs."""
        self._asked.put(name)
        self._answers.get(timeout=HANG_S)

    def _run(self) -> None:
        while True:
            name = self._asked.get()
            with self._recorder.execution(execution_id=name):
                pass
            self._answers.put(name)


def work(recorder: Recorder, name: str, ended: list[str]) -> None:
    """One run: nodes within nodes, a decorated function, a failure, a set and a secret."""

    @recorder.node("decorated")
    def decorated(value: object) -> object:
        return value

    data = {"order": 7, "lines": [1, [2.5, None]], "password": "hunter22"}
    with recorder.execution(execution_id=name, trigger={"type": "http", "data": data}) as execution:
        with execution.node("outer", input=data) as outer:
            with execution.node("inner") as inner:
                inner.output = {"set": {1, 2}, "text": "x" * 200}
            ended.append("inner")
            decorated(data)
            ended.append("decorated")
            outer.output = [1, 2]
        ended.append("outer")
        try:
            with execution.node("failing"):
                raise LookupError("as expected")
        except LookupError:
            ended.append("failing")


def main(assignment: Assignment) -> Account:
    """Strike one line after the other, until a run has no more."""
    striking = load(Path(assignment.module))
    account = Account()
    # Small, so that its files are full every few runs.
    recorder = Recorder("struck", url=assignment.url, max_spool_bytes=4 * 1024 * 1024)
    other = _Other(recorder)
    work(recorder, "before", [])
    number = assignment.first
    while number <= assignment.last and not account.hung:
        name = f"{assignment.kind}-{assignment.times}-{int(assignment.opening)}-{number}"
        if assignment.opening:
            recorder.close()
        ended: list[str] = []
        striking.arm(_FOLDER, KINDS[assignment.kind], number, assignment.times)
        try:
            work(recorder, name, ended)
        except BaseException as error:  # noqa: BLE001 - whichever it is, it is counted
            account.failed.append(name)
            is_own = type(error) is KINDS[assignment.kind] and str(error) == "struck"
        else:
            account.succeeded.append(name)
            is_own = False
        finally:
            account.lines = striking.disarm()
        account.nodes[name] = ended
        account.reached += is_own
        if account.lines < number:
            break
        account.strikes += 1
        try:
            other.record(f"other-{name}")
            account.succeeded.append(f"other-{name}")
        except Empty:
            account.hung = _stacks()
        number += assignment.step
        if account.strikes % _FLUSHED == 0:
            recorder.flush(HANG_S)
    account.undelivered = int(not account.hung and not recorder.flush(HANG_S))
    account.lost = recorder.status().lost
    return account


def _stacks() -> str:
    frames = sys._current_frames().values()
    return "\n".join("".join(traceback.format_stack(frame)) for frame in frames)


if __name__ == "__main__":
    given: Any = msgspec.json.decode(sys.argv[1], type=Assignment)
    made = main(given)
    sys.stdout.buffer.write(msgspec.json.encode(made))
    sys.stdout.flush()
    if made.hung:
        os._exit(0)
