"""`IndexProcess`: reads executions for the search index ahead, in a process of its own."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from pathlib import Path
from typing import Final

import msgspec

from flightlog.child_process import ChildProcess, read_frame, write_frame
from flightlog.store.sqlite import index_worker
from flightlog.store.sqlite.index_reading import EntryBatch
from flightlog.store.sqlite.index_worker import Request

PORTIONS_BEHIND: Final = 3
"""The process starts after so many portions in a row that left others waiting."""
_IDLE_S: Final = 30.0
"""The process ends when nothing has waited for this time."""
_LONGEST_S: Final = 30.0
"""The longest time for an answer."""

_logger: Final = logging.getLogger(__name__)


class IndexProcess:
    """
    Reads portions while the portions before are written; used by one thread at a time.

    The process runs only while the index is behind. After a failure, and at first, `read` returns
    None, and the caller reads by itself.

    Args:
        path: The history.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._behind = 0
        self._child: ChildProcess | None = None
        self._is_asked = False
        self._used_at = 0.0

    def note(self, *, more: bool) -> None:
        """
        Note a portion that the caller has read, and start the process if the index is behind.

        Args:
            more: Whether others wait.
        """
        self._behind = self._behind + 1 if more else 0
        if self._behind < PORTIONS_BEHIND:
            return
        self._used_at = time.monotonic()
        try:
            self._child = ChildProcess(index_worker.__name__)
            write_frame(self._child.input, os.fsencode(self._path.absolute()))
        except OSError as error:
            self._give_up(error)

    def read(self, now_s: float, most_bytes: int) -> EntryBatch | None:
        """
        Read the next executions, and let the process read those after them.

        Args:
            now_s: The current time, seconds since 1970.
            most_bytes: The size of the entries after which a portion ends.

        Returns:
            The portion; None if the process doesn't run.
        """
        if self._child is None:
            return None
        request = msgspec.msgpack.encode(Request(now_s=now_s, most_bytes=most_bytes))
        try:
            if not self._is_asked:
                write_frame(self._child.input, request)
            portion = self._receive(self._child)
            self._is_asked = portion.more
            if portion.more:
                write_frame(self._child.input, request)
        except (OSError, EOFError, msgspec.MsgspecError) as error:
            self._give_up(error)
            return None
        now = time.monotonic()
        if portion.entries:
            self._used_at = now
        elif now - self._used_at > _IDLE_S:
            self.close()
        return portion

    def _receive(self, child: ChildProcess) -> EntryBatch:
        # A process that hangs must not keep this one from ending.
        watchdog = threading.Timer(_LONGEST_S, child.kill)
        watchdog.start()
        try:
            return msgspec.msgpack.decode(read_frame(child.output), type=EntryBatch)
        finally:
            watchdog.cancel()

    def _give_up(self, error: Exception) -> None:
        _logger.warning(
            "The process that reads for the search index ended (%s: %s); its work goes on here.",
            type(error).__name__,
            error,
        )
        self.close()
        # Each start after a failure would probably fail, too.
        self._behind = -100 * PORTIONS_BEHIND

    def close(self) -> None:
        """End the process."""
        child, self._child = self._child, None
        self._behind, self._is_asked = 0, False
        if child is not None:
            child.kill()
            with contextlib.suppress(OSError):
                child.wait()
