"""
Leases: until when a process that isn't seen otherwise is believed to live.

Capture renews them with every message. Who looks at them, and judges, is `pickup`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Final

MAX_LEASES: Final = 65_536
_LONGEST_STEP_S: Final = 5.0


class Leases:
    """
    The leases of the processes that this receiver hears of. Safe to use from several threads.

    Their clock counts only time in which the receiver could hear: one that was stopped, or whose
    machine slept, has heard nobody meanwhile, and blames nobody for it.

    Args:
        lease_s: How long one lasts, seconds.
    """

    def __init__(self, lease_s: float) -> None:
        self.lease_s = lease_s
        self._lock = threading.Lock()
        self._ends: dict[str, float] = {}
        self.heard_s = 0.0
        """How long this receiver has been listening, seconds; what leases are measured by."""
        self._last: float | None = None

    def renew(self, process_ids: Iterable[str]) -> None:
        """Give these processes a full lease; where there are too many, new ones get none."""
        with self._lock:
            end = self.heard_s + self.lease_s
            for process_id in process_ids:
                if len(self._ends) < MAX_LEASES or process_id in self._ends:
                    self._ends[process_id] = end

    def begin(self, process_ids: Iterable[str]) -> None:
        """Give those of these processes a full lease that have none."""
        with self._lock:
            unknown = [one for one in process_ids if one not in self._ends]
        self.renew(unknown)

    def end(self, process_id: str) -> None:
        """Forget a process: it has ended, or has been judged."""
        with self._lock:
            self._ends.pop(process_id, None)

    def advance(self, monotonic_s: float) -> None:
        """
        Let time pass.

        Args:
            monotonic_s: A monotonic clock, now.
        """
        with self._lock:
            if self._last is not None:
                self.heard_s += min(max(0.0, monotonic_s - self._last), _LONGEST_STEP_S)
            self._last = monotonic_s

    def run_out(self) -> list[str]:
        """The processes whose leases have run out."""
        with self._lock:
            return [one for one, end in self._ends.items() if end <= self.heard_s]

    def __len__(self) -> int:
        with self._lock:
            return len(self._ends)
