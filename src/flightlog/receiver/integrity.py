"""
`IntegrityThread`: checks histories that were not closed, while the receiver serves them.

`flightlog.store.sqlite.repair` checks, sets damaged files aside and salvages their records.
"""

from __future__ import annotations

import logging
from typing import Final

from flightlog.receiver.histories import History
from flightlog.receiver.upkeep import UpkeepThread

_log: Final = logging.getLogger(__name__)


class IntegrityThread(UpkeepThread):
    """
    Checks each open history that may be damaged, in a separate thread.

    After a failure, e.g. on a full disk, the thread waits longer each time.

    Args:
        histories: The histories.
    """

    name = "flightlog-integrity"
    failure = "The history can't be checked now"
    interval_s = 2.0
    longest_pause_s = 600.0

    def work_on(self, history: History) -> None:
        """Check a history, and salvage a damaged one; see `UpkeepThread.work_on`."""
        with history.lend() as logger:
            if not logger.writer.needs_check():
                return
            found = logger.writer.repair(self._ending.is_set)
        if found.executions or found.damage is not None:
            _log.warning("Salvaged %s.", found.describe())
