"""`IndexThread`: fills the search index in portions, between the commits of ingest."""

from __future__ import annotations

from typing import Final

from flightlog.receiver.histories import History, HistoryProvider
from flightlog.receiver.upkeep import UpkeepThread
from flightlog.store.results import IndexContent

_SHORTEST_PAUSE_S: Final = 0.002
_BUSY_FACTOR: Final = 2
"""
With all the time taken by ingest, the thread pauses for this many times the time of a portion.
With less, it pauses for less.
"""


class IndexThread(UpkeepThread):
    """
    Indexes the executions of open histories, in a separate thread.

    While records arrive, the thread works a part of the time, which is smaller the more of the time
    is taken by storing records, so that ingest keeps its speed. Queries scan what is not indexed
    yet.

    Args:
        histories: The histories.
        content: The content of the index; None leaves it as it is.
    """

    name = "flightlog-index"
    failure = "Executions can't be indexed now"
    interval_s = 0.5
    longest_pause_s = 10.0

    def __init__(self, histories: HistoryProvider, content: IndexContent | None = None) -> None:
        self._content = content
        super().__init__(histories)

    def work_on(self, history: History) -> None:
        """Index the executions of a history; see `UpkeepThread.work_on`."""
        if self._content is not None:
            with history.lend() as logger:
                logger.writer.choose_index(self._content)
        while self._index_portion(history) and not self._ending.is_set():
            pass

    def _index_portion(self, history: History) -> bool:
        with history.lend() as logger:
            indexed = logger.writer.index_portion()
        pause_s = _BUSY_FACTOR * indexed.ingest_share * indexed.took_s
        self._ending.wait(max(_SHORTEST_PAUSE_S, pause_s))
        return indexed.more
