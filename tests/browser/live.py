"""Records runs while a viewer is open: a run that draws itself, and new runs at a set rate."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from random import Random
from typing import Final

from browser.bulk import run
from browser.runs import Run
from flightlog.logger import ExecutionLogger

LIVE_ID: Final = "live-1"
_LIVE: Final = ("live", "Live import")
_NODES: Final = 400
_STEP_S: Final = 0.5


class Goings:
    """
    Threads that record while a `with` block runs.

    Args:
        logger: The history that the threads write.
        rate: New runs per second beside the run that draws itself; 0 for none.
        live: Whether a run draws itself.
    """

    def __init__(self, logger: ExecutionLogger, *, rate: float, live: bool) -> None:
        self._logger = logger
        self._rate = rate
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._draw)] if live else []
        if rate:
            self._threads.append(threading.Thread(target=self._arrive))

    def __enter__(self) -> None:
        for thread in self._threads:
            thread.start()

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _draw(self) -> None:
        started = datetime.now(UTC)
        drawn = Run(LIVE_ID, _LIVE, started)
        for number in range(_NODES):
            node = (f"row-{number % 8}", f"Import part {number % 8}", "pythonFunction")
            drawn.now_ms = (datetime.now(UTC) - started).total_seconds() * 1000
            sequence = drawn.node(node, None, status="running", given={"part": number})
            self._logger.log_execution(drawn.record("running", revision=2 * number))
            if self._ended.wait(_STEP_S):
                return
            began_ms = drawn.now_ms
            took_ms = (datetime.now(UTC) - started).total_seconds() * 1000 - began_ms
            del drawn.nodes[sequence]
            drawn.node(node, took_ms, given={"part": number}, returned={"rows": number * 7})
            self._logger.log_execution(drawn.record("running", revision=2 * number + 1))
        self._logger.log_execution(drawn.record(revision=2 * _NODES))

    def _arrive(self) -> None:
        rng, number = Random(5), 0
        pause_s = max(1 / self._rate, 0.05)
        at_once = max(1, round(self._rate * pause_s))
        while not self._ended.wait(pause_s):
            now = datetime.now(UTC)
            stamp = f"{now:%H%M%S%f}"
            self._logger.log_executions(
                [run(f"new-{stamp}-{number + place}", now, rng) for place in range(at_once)]
            )
            number += at_once
