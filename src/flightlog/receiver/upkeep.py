"""
Threads that work on the open histories in the background, as long as the receiver runs.

They fill the search index, check and salvage histories that were not closed, and empty write-ahead
logs. `flightlog.receiver.retention` removes old executions in the same way.
"""

from __future__ import annotations

import logging
import threading
from abc import ABC, abstractmethod
from typing import ClassVar, Final

from flightlog.errors import FlightlogError, StoreCapabilityError
from flightlog.receiver.histories import History, HistoryProvider
from flightlog.store.results import IndexContent

_log: Final = logging.getLogger(__name__)
_SHORTEST_PAUSE_S: Final = 0.002
_BUSY_FACTOR: Final = 4
"""
With all the time taken by ingest, indexing pauses for this many times the time of a portion. With
half of the time, it pauses for a quarter of that: while ingest leaves time, the index must follow.
"""


class UpkeepThread(ABC):
    """
    Works on each open history at intervals, in a separate thread.

    A failure is logged, and the next attempt may succeed. With histories that are open for reading
    only, there is no thread.

    Args:
        histories: The histories.
        is_needed: Whether there is anything to do.
    """

    name: ClassVar[str]
    """The name of the thread."""
    failure: ClassVar[str]
    """The log's words for a failure: "Executions can't be indexed now"."""
    interval_s: ClassVar[float]
    """How long the thread waits after it has worked on all histories, seconds."""
    longest_pause_s: ClassVar[float | None] = None
    """After each failure the thread waits twice as long, up to this time; None: no longer."""

    def __init__(self, histories: HistoryProvider, *, is_needed: bool = True) -> None:
        self._histories = histories
        self._unable: list[History] = []
        self._ending = threading.Event()
        self._pause_s = self.interval_s
        self._thread = threading.Thread(target=self._run, name=self.name)
        if is_needed and not histories.is_read_only:
            self._thread.start()

    def close(self) -> None:
        """End the thread after its current portion of work."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join()

    @abstractmethod
    def work_on(self, history: History) -> None:
        """
        Do what there is to do in one history, in portions, and stop early if the thread ends.

        Args:
            history: The history.

        Raises:
            FlightlogError: The history is busy, full or away.
        """

    def _run(self) -> None:
        while not self._ending.is_set():
            for history in self._histories.list_open():
                if history not in self._unable:
                    self._try(history)
            self._ending.wait(self._pause_s)

    def _try(self, history: History) -> None:
        try:
            self.work_on(history)
        except StoreCapabilityError as error:
            # The kind of store can't do it, so say so once and leave the history alone.
            _log.warning("%s: %s", self.failure, error)
            self._unable.append(history)
        except FlightlogError as error:
            _log.warning("%s: %s", self.failure, error)
        except Exception:  # noqa: BLE001  logged; the next attempt may succeed
            _log.exception("%s.", self.failure)
        else:
            self._pause_s = self.interval_s
            return
        longest_s = self.interval_s if self.longest_pause_s is None else self.longest_pause_s
        self._pause_s = min(2 * self._pause_s, longest_s)


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
        pause_s = _BUSY_FACTOR * indexed.ingest_share**2 * indexed.took_s
        self._ending.wait(max(_SHORTEST_PAUSE_S, pause_s))
        return indexed.more


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
