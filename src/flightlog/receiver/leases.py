"""
Keep leases: the time until which a silent process is believed to be alive.

Each message of a process renews its lease. `orphan_collector` checks the leases and marks processes
as crashed.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Final

MAX_LEASES: Final = 65_536
LONGEST_STEP_S: Final = 5.0
"""The most time that one step of the clock counts, seconds; a lease may be shorter by so much."""


class Leases:
    """
    The leases of the processes that this receiver hears of; safe to use from several threads.

    The clock of the leases counts only time in which the receiver could receive messages. If the
    receiver was stopped, or its machine slept, no process could be heard, so no lease runs out.

    Args:
        lease_s: The length of a lease, seconds.
    """

    def __init__(self, lease_s: float) -> None:
        self.lease_s = lease_s
        self._lock = threading.Lock()
        self._ends: dict[str, float] = {}
        self.heard_s = 0.0
        """How long this receiver has been listening, seconds; the clock of the leases."""
        self._last: float | None = None

    def renew(self, process_ids: Iterable[str]) -> None:
        """
        Give processes a full lease; beyond `MAX_LEASES`, new processes get none.

        Args:
            process_ids: The processes.
        """
        with self._lock:
            end = self.heard_s + self.lease_s
            for process_id in process_ids:
                if len(self._ends) < MAX_LEASES or process_id in self._ends:
                    self._ends[process_id] = end

    def begin(self, process_ids: Iterable[str]) -> None:
        """
        Give a full lease to processes without a lease.

        Args:
            process_ids: The processes.
        """
        with self._lock:
            unknown = [process_id for process_id in process_ids if process_id not in self._ends]
        self.renew(unknown)

    def end(self, process_id: str) -> None:
        """
        Remove the lease of a process that has ended or was marked as crashed.

        Args:
            process_id: The process.
        """
        with self._lock:
            self._ends.pop(process_id, None)

    def advance(self, monotonic_s: float) -> None:
        """
        Advance the clock of the leases.

        Args:
            monotonic_s: The current time of a monotonic clock, seconds.
        """
        with self._lock:
            if self._last is not None:
                self.heard_s += min(max(0.0, monotonic_s - self._last), LONGEST_STEP_S)
            self._last = monotonic_s

    def run_out(self) -> list[str]:
        """
        Find the processes whose leases have run out.

        Returns:
            The ids of the processes.
        """
        with self._lock:
            return [process_id for process_id, end in self._ends.items() if end <= self.heard_s]

    def __len__(self) -> int:
        with self._lock:
            return len(self._ends)
