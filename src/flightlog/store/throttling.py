"""
The time that storing, removing and indexing share at the one connection that writes.

`Stopwatch` and `Share` measure it, `PortionSizer` and `SliceSize` adapt the size of portions of
work, and `RemovalTurns` lets the thread that removes executions write between the calls that store
records.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

PORTION_S: Final = 0.007
"""The time that a portion of removing, or of returning free pages, should take, seconds."""
LONGEST_WAY_S: Final = 0.05
"""How long removing, indexing and returning pages wait for calls that store records, seconds."""
_LONGEST_REMOVAL_S: Final = 0.05
"""How long calls that store records wait for a thread that removes, seconds."""
_PATIENCE_S: Final = 0.02
"""How long removing waits for the lock before new calls that store records wait, seconds."""
_LONGEST_DELAY_S: Final = 0.25
"""How long a call that stores records waits while the history is far over its budget, seconds."""
_BEHIND_S: Final = 1.0


class Stopwatch:
    """
    Measures how long a transaction keeps others from writing.

    That is the processor's time of this thread. All time counts a third, because most waiting is
    due to other threads and programs, and shorter transactions would only be more of them.
    """

    def __init__(self) -> None:
        self._clock_s = time.perf_counter()
        self._processor_s = time.thread_time()

    def read_s(self) -> float:
        """Return the time since the beginning, seconds."""
        processor_s = time.thread_time() - self._processor_s
        return max(processor_s, (time.perf_counter() - self._clock_s) / 3)


class Share:
    """
    Measures the share of the time that some work takes.

    One thread at a time does the work, and another thread may take the share.
    """

    def __init__(self) -> None:
        self._worked_s = 0.0
        self._taken_s = 0.0
        self._since_s = time.perf_counter()

    @contextmanager
    def measuring(self) -> Iterator[None]:
        """Count the time of the `with` block as work."""
        begin = time.perf_counter()
        try:
            yield
        finally:
            self._worked_s += time.perf_counter() - begin

    def take(self) -> float:
        """Return the share since the call before, 0 to 1; work under way counts at its end."""
        now, worked_s = time.perf_counter(), self._worked_s
        share = (worked_s - self._taken_s) / max(now - self._since_s, 1e-6)
        self._taken_s, self._since_s = worked_s, now
        return min(share, 1.0)


class PortionSizer:
    """
    Chooses how much one portion does.

    Args:
        first: The size of the first portion.
        largest: The largest size.
    """

    def __init__(self, first: int, largest: int) -> None:
        self.size = first
        """The size of the next portion."""
        self._largest = largest
        self._stopwatch = Stopwatch()

    def begin(self) -> None:
        """Start the time of a portion."""
        self._stopwatch = Stopwatch()

    def end(self, done: int) -> None:
        """
        Adapt the size to the time of a portion.

        Args:
            done: The size that the portion really had.
        """
        if done:
            fitting = int(done * PORTION_S / max(self._stopwatch.read_s(), 1e-6))
            self.size = max(1, min(fitting, 2 * self.size, self._largest))


class SliceSize:
    """
    Adapts the size of slices of work to the time that the slices before took.

    Args:
        first: The size of the first slice.
        fewest: The smallest size, however slow the machine is.
        most: The largest size.
        target_s: The time that a slice should take, seconds.
    """

    def __init__(self, first: int, fewest: int, most: int, target_s: float) -> None:
        self.size = first
        """The size of the next slice."""
        self._fewest = fewest
        self._most = most
        self._target_s = target_s

    def adapt(self, done: int, took_s: float) -> None:
        """
        Adapt the size to the time that a slice took.

        Args:
            done: The size that the slice really had.
            took_s: The time by a `Stopwatch`, seconds.
        """
        fitting = int(done * self._target_s / max(took_s, 1e-6))
        fitting = max(self._fewest, min(fitting, 2 * done, self._most))
        # A slice that was much smaller than wanted says nothing about larger ones.
        self.size = max(fitting, self.size) if done < self.size // 2 else fitting


class RemovalTurns:
    """
    Lets a thread that removes executions write between the calls that store records.

    Args:
        lock: Held by whoever writes.
        give_way: Waits until a transaction has begun for the calls that store records; takes the
            longest time to wait, seconds.
    """

    def __init__(self, lock: threading.Lock, give_way: Callable[[float], None]) -> None:
        self._lock = lock
        self._give_way = give_way
        self._no_removal_waits = threading.Event()
        self._no_removal_waits.set()
        self._keeps_up = threading.Event()
        self._keeps_up.set()
        self._behind_until = 0.0

    def wait_for_removal(self) -> None:
        """Wait a short time for a removal that waits; calls that store records begin with this."""
        if time.monotonic() < self._behind_until:
            # Records arrive faster than old ones go, and the history would exceed its budget.
            self._keeps_up.wait(_LONGEST_DELAY_S)
        self._no_removal_waits.wait(_LONGEST_REMOVAL_S)

    def note_progress(self, *, is_behind: bool) -> None:
        """
        Note whether removing keeps up with the records that arrive.

        Args:
            is_behind: Whether the history is far over its budget, and more must be removed.
        """
        if is_behind:
            # The time limit counts if the thread that removes ends.
            self._behind_until = time.monotonic() + _BEHIND_S
            self._keeps_up.clear()
        else:
            self._behind_until = 0.0
            self._keeps_up.set()

    @contextmanager
    def take(self) -> Iterator[None]:
        """
        Take the lock after the calls that wait to store records, but not after all later ones.

        A thread that stores all the time takes the lock again before another thread has noticed
        that the lock was free. The history would then grow beyond its budget.
        """
        self._give_way(LONGEST_WAY_S)
        try:
            if not self._lock.acquire(timeout=_PATIENCE_S):
                self._no_removal_waits.clear()
                self._lock.acquire()
            self._no_removal_waits.set()
            try:
                yield
            finally:
                self._lock.release()
        finally:
            self._no_removal_waits.set()
