"""
A workflow whose recording is struck by an exception at each line in turn.

Run as `python -m support.faults.struck ASSIGNMENT`; the process prints its account as JSON.
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
"""The time limit for another thread to record a run, in seconds; a healthy thread takes 1 ms."""
_FLUSHED: Final = 50
_FOLDER: Final = str(Path(flightlog.__file__).parent)


class CustomError(Exception):
    """An exception of the workflow."""


KINDS: Final[dict[str, type[BaseException]]] = {
    kind.__name__: kind for kind in (RecursionError, MemoryError, KeyboardInterrupt, CustomError)
}


class Assignment(Struct, frozen=True, kw_only=True):
    """The parameters of the process."""

    module: str
    """The path of the compiled trace function."""
    url: str
    """The destination of the records."""
    kind: str
    """The kind of the exception, one of `KINDS`."""
    times: int
    """The number of consecutive lines that raise."""
    opening: bool
    """Whether each run opens a new recorder, with its spool and its threads."""
    first: int
    """The first line to strike."""
    step: int
    """The number of lines between strikes."""
    last: int
    """The last line to strike, if a run has more lines."""


class Account(Struct, kw_only=True):
    """The results of the process."""

    strikes: int = 0
    """The number of runs in which the exception was raised."""
    lines: int = 0
    """The number of lines of recording in the last run, which had no exception."""
    reached: int = 0
    """The number of runs in which the exception reached the workflow."""
    succeeded: list[str] = []
    """Runs that ended without an exception."""
    failed: list[str] = []
    """Runs that ended with an exception."""
    nodes: dict[str, list[str]] = {}
    """Nodes that ended well, by run."""
    hung: str = ""
    """The place where another thread hung."""
    counted: list[str] = []
    """The runs in which the recorder counted that stack or memory was lacking."""
    undelivered: int = 0
    """The number of times that recorded messages weren't delivered in the end."""
    lost: int = 0
    """The number of messages that the recorder reports as lost."""


class _Other:
    """Another thread of the workflow."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._asked: SimpleQueue[str] = SimpleQueue()
        self._answers: SimpleQueue[str] = SimpleQueue()
        threading.Thread(target=self._run, daemon=True).start()

    def record(self, name: str) -> None:
        """Record a run, or raise `queue.Empty` if the thread hangs."""
        self._asked.put(name)
        self._answers.get(timeout=HANG_S)

    def _run(self) -> None:
        while True:
            name = self._asked.get()
            with self._recorder.execution(execution_id=name):
                pass
            self._answers.put(name)


def work(recorder: Recorder, name: str, ended: list[str]) -> None:
    """
    Run nodes within nodes, a decorated function, a failure, a set and a secret.

    Args:
        recorder: The recorder that is struck.
        name: The id of the run.
        ended: Receives the nodes that ended well.
    """

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
    """
    Strike each line in turn, until a run has no further line.

    Args:
        assignment: The parameters.

    Returns:
        The results.
    """
    striking = load(Path(assignment.module))
    account = Account()
    # The spool is small, so that a file fills every few runs.
    recorder = Recorder("struck", url=assignment.url, max_spool_bytes=4 * 1024 * 1024)
    other = _Other(recorder)
    work(recorder, "before", [])
    number = assignment.first
    while number <= assignment.last and not account.hung:
        name = f"{assignment.kind}-{assignment.times}-{int(assignment.opening)}-{number}"
        if assignment.opening:
            recorder.close()
        ended: list[str] = []
        counted = recorder.status().swallowed
        striking.arm(_FOLDER, KINDS[assignment.kind], number, assignment.times)
        try:
            work(recorder, name, ended)
        except BaseException as error:  # noqa: BLE001 - every exception counts
            account.failed.append(name)
            is_own = type(error) is KINDS[assignment.kind] and str(error) == "struck"
        else:
            account.succeeded.append(name)
            is_own = False
        finally:
            account.lines = striking.disarm()
        account.nodes[name] = ended
        if recorder.status().swallowed > counted:
            account.counted.append(name)
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
