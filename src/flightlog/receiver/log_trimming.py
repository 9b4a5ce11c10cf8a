"""`LogThread`: empties write-ahead logs that readers have kept large."""

from __future__ import annotations

from flightlog.receiver.histories import History
from flightlog.receiver.upkeep import UpkeepThread


class LogThread(UpkeepThread):
    """
    Empties the write-ahead logs of the open histories, in a separate thread.

    Commits keep the log small as long as records arrive. This thread also does so when no record
    arrives after a reader has let go of the log.

    Args:
        histories: The histories.
    """

    name = "flightlog-log"
    failure = "The write-ahead log can't be emptied now"
    interval_s = 1.0
    longest_pause_s = 60.0

    def work_on(self, history: History) -> None:
        """Empty the log of a history if it is large; see `UpkeepThread.work_on`."""
        with history.lend() as logger:
            logger.writer.trim_log()
