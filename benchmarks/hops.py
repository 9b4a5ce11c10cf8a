"""
The way of one record: the files and calls between a node and its row on the disk.

One process runs a workflow with a clean node, a receiver, and its history. A profile function
counts the calls of Flightlog's own Python functions in all threads, from the beginning of the node
until the receiver has confirmed the node's last message. Two messages make this way: the node's
beginning with its input, and its end with its output.

Only the threads that the record passes through are traced: the workflow, the delivery, the
receiver's event loop and its ingest. The threads that sync the spool, index what is stored, and
keep the history within limits work beside it. Heartbeats run in the traced threads; so the node is
recorded several times, and only functions that ran each time are counted, with the fewest calls.
"""

from __future__ import annotations

import sys
import threading
from collections import Counter
from pathlib import Path
from types import CodeType, FrameType
from typing import Final, TypeAlias

import cyclopts
from rich.table import Table

import flightlog
from benchmarks.frame import Target, console, present
from flightlog.capture import Recorder
from flightlog.logger import ExecutionLogger
from flightlog.receiver import Receiver, ReceiverSettings

_PACKAGE: Final = str(Path(flightlog.__file__).parent)
_STAGES: Final = ("capture", "delivery", "receiver", "store")
_WORKFLOW: Final = threading.main_thread().name
_DELIVERY: Final = "flightlog-delivery"
_PASSED: Final = frozenset({_WORKFLOW, _DELIVERY, "flightlog-receiver", "flightlog-ingest"})
"""The threads that a record passes through."""
_PAYLOAD: Final = {"orderId": 7, "item": "chair", "amount": 4200}
Calls: TypeAlias = Counter[tuple[str, CodeType]]
"""How often each function was called, by its stage."""


class _Trace:
    """Counts the calls of Flightlog's functions in all threads that start after `install`."""

    def __init__(self) -> None:
        self.calls: Calls = Counter()
        self.is_on = False

    def install(self) -> None:
        """Count the calls of this thread, and of all threads that start from now on."""
        threading.setprofile(self._count)
        sys.setprofile(self._count)

    def remove(self) -> None:
        """Stop counting."""
        threading.setprofile(None)
        sys.setprofile(None)

    def _count(self, frame: FrameType, event: str, _: object) -> None:
        if self.is_on and event == "call" and frame.f_code.co_filename.startswith(_PACKAGE):
            thread = threading.current_thread().name
            if thread in _PASSED:
                self.calls[_find_stage(frame.f_code, thread), frame.f_code] += 1


def _find_stage(code: CodeType, thread: str) -> str:
    if thread == _WORKFLOW:
        return "capture"
    if thread == _DELIVERY:
        return "delivery"
    return "store" if "/store/" in code.co_filename else "receiver"


def measure(directory: Path, *, rounds: int = 5) -> list[Target]:
    """
    Trace a node several times, and count what all rounds have in common.

    Args:
        directory: The directory for the spool and the receiver's database.
        rounds: The number of rounds.

    Returns:
        The targets with their measured values.
    """
    calls = _trace(directory, rounds)
    table = Table(title="A clean node, from the call to the row on the disk", title_justify="left")
    for heading in ("", "files", "functions", "calls"):
        table.add_column(heading, justify="left" if not heading else "right")
    for stage in _STAGES:
        _add_row(table, stage, {code: count for (of, code), count in calls.items() if of == stage})
    whole: Counter[CodeType] = Counter()
    for (_, code), count in calls.items():
        whole[code] += count
    _add_row(table, "all", whole)
    console.print(table)
    assert all(any(of == stage for of, _ in calls) for stage in _STAGES), "threads have other names"
    recorded = {code.co_filename for stage, code in calls if stage == "capture"}
    return [
        Target(
            name="files from a node to its row on the disk",
            value=len({code.co_filename for code in whole}),
            bound=45,
            kind="at most",
            unit="files",
        ),
        Target(
            name="files that record a node",
            value=len(recorded),
            bound=18,
            kind="at most",
            unit="files",
        ),
        Target(
            name="calls that record a node",
            value=sum(count for (stage, _), count in calls.items() if stage == "capture"),
            bound=58,
            kind="at most",
            unit="calls",
        ),
    ]


def _add_row(table: Table, name: str, calls: dict[CodeType, int]) -> None:
    files = {code.co_filename for code in calls}
    table.add_row(name, str(len(files)), str(len(calls)), str(sum(calls.values())))


def _trace(directory: Path, rounds: int) -> Calls:
    trace = _Trace()
    trace.install()
    try:
        common: Calls | None = None
        with ExecutionLogger(directory / "history.db") as logger:
            settings = ReceiverSettings(port=0, spool_dir=directory / "receiver")
            with Receiver(logger, settings).running() as receiver:
                recorder = Recorder("w", url=receiver.url, spool_dir=directory / "spool")
                for number in range(rounds + 1):
                    calls = _record(trace, recorder)
                    # The first round pays for imports.
                    if number:
                        common = calls if common is None else common & calls
                recorder.close(10)
            assert logger.get_executions("w", limit=1)[0].node_executions
        assert common
    finally:
        trace.remove()
    return common


def _record(trace: _Trace, recorder: Recorder) -> Calls:
    with recorder.execution() as execution:
        assert recorder.flush(30)
        node = execution.node("charge", "Charge card", input=_PAYLOAD)
        trace.calls = Counter()
        trace.is_on = True
        with node:
            node.output = _PAYLOAD
        # Don't count how the workflow waits for the delivery.
        sys.setprofile(None)
        assert recorder.flush(30)
        trace.is_on = False
        sys.setprofile(trace._count)  # noqa: SLF001 - of this module
        return trace.calls


def main(*, rounds: int = 5) -> None:
    """
    Trace one record.

    Args:
        rounds: The number of rounds.
    """
    present(None, lambda place: measure(place, rounds=rounds))


if __name__ == "__main__":
    cyclopts.run(main)
