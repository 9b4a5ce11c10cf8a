"""`UpkeepThread`: works on the open histories in the background, as long as the receiver runs."""

from __future__ import annotations

import logging
import threading
from abc import ABC, abstractmethod
from typing import ClassVar, Final

from flightlog.errors import FlightlogError, StoreCapabilityError
from flightlog.receiver.histories import History, HistoryProvider

_log: Final = logging.getLogger(__name__)


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
