"""
`RetentionThread`: removes old executions in portions, between the commits of ingest.

`flightlog.store.pruning` chooses what goes.
"""

from __future__ import annotations

import time
from typing import Final

from flightlog.clock import Clock, utc_now
from flightlog.receiver.histories import History, HistoryProvider
from flightlog.receiver.upkeep import UpkeepThread
from flightlog.store.retention import RetentionPolicy

_SHORTEST_PAUSE_S: Final = 0.005
_LONGEST_PAUSE_S: Final = 0.03
"""A portion takes longer only if it waits for others, who therefore have had their turn."""
_IDLE_FACTOR: Final = 5
_LONGEST_IDLE_S: Final = 10.0
"""Finding nothing takes long where a search reads whole columns, as in ClickHouse."""


class RetentionThread(UpkeepThread):
    """
    Keeps the open histories within a policy, in a separate thread.

    After each portion the thread pauses as long as the portion took, at most 30 ms, so that ingest
    gets the store about half of the time. Without limits there is no thread.

    Args:
        histories: The histories.
        policy: The limits of each history.
        clock: The time from which ages are computed.
    """

    name = "flightlog-retention"
    failure = "Old executions can't be removed now"
    interval_s = 1.0
    longest_pause_s = 4.0

    def __init__(
        self, histories: HistoryProvider, policy: RetentionPolicy, clock: Clock = utc_now
    ) -> None:
        self._policy = policy
        self._clock = clock
        super().__init__(histories, is_needed=not policy.limits_at(clock()).are_none)

    def work_on(self, history: History) -> None:
        """Remove what exceeds the limits of a history; see `UpkeepThread.work_on`."""
        while self._prune_portion(history) and not self._ending.is_set():
            pass

    def _prune_portion(self, history: History) -> bool:
        begin = time.monotonic()
        with history.lend() as logger:
            removed = logger.writer.prune(self._policy.limits_at(self._clock()))
        took_s = time.monotonic() - begin
        idle_s = min(_IDLE_FACTOR * took_s, _LONGEST_IDLE_S)
        self._ending.wait(choose_pause_s(took_s) if removed.more else idle_s)
        return removed.more


def choose_pause_s(took_s: float) -> float:
    """
    Choose the pause after a portion, so that ingest gets the store at least half of the time.

    Args:
        took_s: The time of the portion with its waiting, seconds.

    Returns:
        The pause in seconds.
    """
    return min(max(_SHORTEST_PAUSE_S, took_s), _LONGEST_PAUSE_S)
