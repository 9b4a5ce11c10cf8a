"""
`ResilientThread`: a thread in the workflow's process that outlives every exception.

Recording depends on such threads for as long as the process lives, and nobody restarts them. So
they end only when they are asked to, also where memory or stack is used up for a while.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

from flightlog.spool import Wakeup

PAUSE_S: Final = 0.5
"""How long a worker waits after an exception, so that one that lasts doesn't keep it busy."""


class ResilientThread:
    """
    Runs a step again and again, in a thread of its own.

    Args:
        name: The thread's name.
        step: Does a bounded amount of work, or waits; returns whether to go on. It deals with its
            faults itself; one that it can't deal with, e.g. a MemoryError, costs that step only.
    """

    def __init__(self, name: str, step: Callable[[], bool]) -> None:
        self._name = name
        self._step = step
        self._turns: list[None] = [None]
        self._has_ended = False
        self._has_started = False
        self._end = Wakeup()

    def start(self) -> None:
        """
        Start the thread.

        An exception may strike when the thread runs already. To start it again does no harm then.

        Raises:
            RuntimeError: No thread can be started.
        """
        threading.Thread(target=self._run, name=self._name, daemon=True).start()
        self._has_started = True

    def join(self, timeout_s: float) -> None:
        """
        Wait until the thread has ended; not at all if it was never started.

        Args:
            timeout_s: How long at most.
        """
        if self._has_started and not self._has_ended:
            self._end.wait(timeout_s)

    def _run(self) -> None:
        try:
            self._turns.pop()
        except IndexError:
            # It was started before.
            return
        # In two loops: a second exception may strike where the first one is dealt with.
        is_going = True
        while is_going:
            try:
                is_going = self._take_steps()
            except BaseException:  # noqa: BLE001 - the thread must live; nobody else waits for this
                time.sleep(PAUSE_S)
        self._has_ended = True
        self._end.ring()

    def _take_steps(self) -> bool:
        is_going = True
        while is_going:
            try:
                is_going = self._step()
            except BaseException:  # noqa: BLE001 - as in `_run`
                time.sleep(PAUSE_S)
        return False
