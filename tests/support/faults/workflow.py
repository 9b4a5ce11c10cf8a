"""
The tortured workflow, which runs executions until its standard input ends.

The workflow notes each event in a file of the test, after the event and with one write. The test
therefore knows what the history must hold, whatever happens to this process.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from random import Random
from time import perf_counter_ns
from typing import Any, Final

import msgspec
from msgspec import Struct

from flightlog.capture import Execution, Recorder, carry
from flightlog.spool import SpoolLimits

WORKFLOW_ID: Final = "tortured"
_LARGE: Final = 0.02
_LARGE_OF_BUSY: Final = 0.5
_SMALL_SPOOL_BYTES: Final = 16 * 1024**2


class Orders(Struct, frozen=True, kw_only=True):
    """The parameters of a tortured workflow."""

    notes: str
    """The path of the notes."""
    name: str
    """A name that makes the markers differ from the markers of other processes."""
    seed: int
    """The seed of the random choices."""
    pace_ms: float = 10.0
    """The average duration of a node, in milliseconds."""
    hurried: bool = False
    """Whether to request delivery all the time, and so to meet a fault more often."""
    busy: bool = False
    """Whether half the payloads are large, so that the spool's files fill within moments."""
    clock_steps: bool = False
    """Whether the clock is set back at intervals."""


class Refused(Exception):  # noqa: N818 - an exception of the workflow
    """A failure that a workflow raises at intervals."""


class Notes:
    """The file of notes: each line is a JSON array and a single write."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)

    def write(self, *words: object) -> None:
        """
        Add a line.

        Args:
            words: The values of the line.
        """
        os.write(self._file, json.dumps(words).encode() + b"\n")


class TorturedWorkflow:
    """Runs executions of several shapes in turn: serial and nested, tasks, threads."""

    def __init__(self, recorder: Recorder, notes: Notes, orders: Orders) -> None:
        self._recorder = recorder
        self._notes = notes
        self._name = orders.name
        self._pace_s = orders.pace_ms / 1000
        self._large = _LARGE_OF_BUSY if orders.busy else _LARGE
        self._random = Random(orders.seed)
        self._numbers = itertools.count()
        self._pool = ThreadPoolExecutor(3)
        self._shapes: list[Callable[[Execution], None]] = [
            self._in_a_row,
            self._in_tasks,
            self._in_threads,
        ]

    def run(self) -> None:
        """Run an execution."""
        trigger = {"type": "http", "data": {"name": self._name, "text": self._text()}}
        started = perf_counter_ns()
        with self._recorder.execution(trigger=trigger) as execution:
            waited = perf_counter_ns() - started
            self._notes.write("began", execution.id, waited // 1000)
            self._random.choice(self._shapes)(execution)
            started = perf_counter_ns()
        self._notes.write("done", execution.id, (perf_counter_ns() - started) // 1000)

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown()

    @contextmanager
    def _node(self, execution: Execution, node_id: str) -> Iterator[None]:
        marker = f"{self._name}.{next(self._numbers)}"
        progress: tuple[object, ...] = ()
        status = "success"
        started = perf_counter_ns()
        try:
            given = {"marker": marker, "text": self._text()}
            with execution.node(node_id, marker, input=given) as node:
                waited = perf_counter_ns() - started
                progress = (execution.id, node.sequence, marker)
                self._notes.write("begun", *progress)
                try:
                    yield
                finally:
                    started = perf_counter_ns()
                    node.output = {"marker": marker, "text": self._text()}
        except Refused:
            status = "error"
            raise
        finally:
            waited = max(waited, perf_counter_ns() - started)
            self._notes.write("ended", *progress, status, waited // 1000)

    def _in_a_row(self, execution: Execution) -> None:
        for number in range(self._random.randrange(2, 5)):
            with self._node(execution, f"step-{number}"):
                self._work()
                with self._node(execution, "inner"):
                    self._work()
        try:
            with self._node(execution, "refuses"):
                raise Refused(f"order {execution.id} is refused")
        except Refused:
            with self._node(execution, "makes good"):
                self._work()

    def _in_tasks(self, execution: Execution) -> None:
        async def branch(number: int) -> None:
            with self._node(execution, f"branch-{number}"):
                await asyncio.sleep(self._pause_s())
                with self._node(execution, "leaf"):
                    await asyncio.sleep(self._pause_s())

        async def branches() -> None:
            async with asyncio.TaskGroup() as group:
                for number in range(3):
                    group.create_task(branch(number))

        asyncio.run(branches())

    def _in_threads(self, execution: Execution) -> None:
        def work() -> None:
            with self._node(execution, "threaded"):
                self._work()

        with self._node(execution, "fans out"):
            futures = [self._pool.submit(carry(work)) for _ in range(3)]
            for future in futures:
                future.result()

    def _work(self) -> None:
        time.sleep(self._pause_s())

    def _pause_s(self) -> float:
        return self._random.uniform(0.1, 1.9) * self._pace_s

    def _text(self) -> str:
        large = self._random.random() < self._large
        return "Grüße " * self._random.randrange(20_000 if large else 100)


def step_clock_back(random: Random, notes: Notes, ending: threading.Event) -> None:
    """
    Set this process's wall clock back repeatedly.

    Args:
        random: The source of random choices.
        notes: Receives a note of each step.
        ending: The event that ends the steps.
    """
    real, real_ns = time.time, time.time_ns
    behind_ns = 0
    time.time = lambda: real() - behind_ns / 1e9
    time.time_ns = lambda: real_ns() - behind_ns
    while not ending.wait(random.uniform(0.02, 0.2)):
        behind_ns += random.randrange(3_600_000_000_000)
        notes.write("stepped")


def main() -> None:
    """Follow the orders in the only argument."""
    orders = msgspec.json.decode(sys.argv[1], type=Orders)
    notes = Notes(orders.notes)
    ending = threading.Event()

    def raised(*what: Any) -> None:
        notes.write("raised", repr(what))

    sys.unraisablehook = raised
    threading.excepthook = raised

    def watch_for_the_end() -> None:
        sys.stdin.buffer.read()
        ending.set()

    threads = [threading.Thread(target=watch_for_the_end, daemon=True)]
    room_bytes = _SMALL_SPOOL_BYTES if orders.busy else SpoolLimits().max_bytes
    recorder = Recorder(WORKFLOW_ID, "Tortured", max_spool_bytes=room_bytes)
    random = Random(orders.seed + 1)
    if orders.clock_steps:
        threads.append(threading.Thread(target=step_clock_back, args=(random, notes, ending)))
    if orders.hurried:

        def hurry() -> None:
            while not ending.wait(random.uniform(0.01, 0.1)):
                recorder.flush(1.0)

        threads.append(threading.Thread(target=hurry))
    for thread in threads:
        thread.start()
    workflow = TorturedWorkflow(recorder, notes, orders)
    while not ending.is_set():
        try:
            workflow.run()
        except BaseException:  # noqa: BLE001 - every exception reached the workflow
            notes.write("raised", traceback.format_exc())
    workflow.close()
    status = recorder.status()
    notes.write("status", status.lost, status.stripped, status.swallowed)


if __name__ == "__main__":
    main()
