"""
Owns `ResilientThread`: a thread in the workflow's process that survives every exception.

Recording depends on such threads as long as the process lives, and no other code restarts them. So
a thread ends only when its step ends it, even if memory or stack runs out for a while.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

from flightlog.spool import Wakeup

PAUSE_S: Final = 0.5
"""
How long a thread waits after an exception, in seconds, so that a lasting fault doesn't keep it
busy.
"""


class ResilientThread:
    """
    Runs a step repeatedly, in a thread of its own.

    Args:
        name: The thread's name.
        step: Does a bounded amount of work, or waits; returns whether to continue. The step handles
            its own faults; a fault that it can't handle, e.g. a MemoryError, only ends that step.
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

        An exception may interrupt this method when the thread already runs. Starting the thread
        again is then harmless.

        Raises:
            RuntimeError: No thread can be started.
        """
        threading.Thread(target=self._run, name=self._name, daemon=True).start()
        self._has_started = True

    def join(self, timeout_s: float) -> None:
        """
        Wait until the thread has ended; return at once if the thread was never started.

        Args:
            timeout_s: How long to wait at most, in seconds.
        """
        if self._has_started and not self._has_ended:
            self._end.wait(timeout_s)

    def _run(self) -> None:
        try:
            self._turns.pop()
        except IndexError:
            # The thread was started before.
            return
        # Use two loops, because a second exception may be raised while the first one is handled.
        is_going = True
        while is_going:
            try:
                is_going = self._take_steps()
            except BaseException:  # noqa: BLE001 - the thread must survive every fault
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
