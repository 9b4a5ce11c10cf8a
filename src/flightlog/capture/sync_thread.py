"""
Owns the thread that syncs the spool of this process and keeps the spool's files in place.

`flightlog.spool` knows how; this thread only decides when.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from flightlog.delivery import ResilientThread
from flightlog.spool import SpoolWriter, Wakeup

SYNC_S: Final = 1.0
"""How long an appended message may wait for the disk, in seconds."""
CHECK_S: Final = 10.0
"""How often the thread checks the spool's files while nothing is recorded, in seconds."""


class SyncThread:
    """
    Syncs the spool once a second while it is written.

    Args:
        spool: The spool.
        catch_up: Writes ends that could not be written where they happened.
        report: Gets the spool's problem, or None when there is none.
    """

    def __init__(
        self,
        spool: SpoolWriter,
        catch_up: Callable[[], None],
        report: Callable[[str | None], None],
    ) -> None:
        self._spool = spool
        self._catch_up = catch_up
        self._report = report
        self._wakeup = Wakeup()
        spool.ring_for_reserve(self._wakeup)
        self._stopping = False
        self._measured_at = 0.0
        self._thread = ResilientThread("flightlog-sync", self._run)

    def start(self) -> None:
        """
        Start the thread; starting it twice is harmless.

        Raises:
            RuntimeError: No thread can be started.
        """
        self._thread.start()

    def stop(self) -> None:
        """End the thread, and wait for its end for at most a second."""
        self._stopping = True
        self._wakeup.ring()
        self._thread.join(SYNC_S)

    def _run(self) -> bool:
        self._wakeup.clear()
        self._spool.wake_at_append(self._wakeup)
        if not self._spool.needs_sync and not self._stopping:
            self._wakeup.wait(CHECK_S)
        try:
            self._wait_for_messages()
            self._sync()
        except Exception as error:  # noqa: BLE001 - the thread must survive, and reports the fault
            self._report(f"the spool can't be kept: {error!r}")
        return not self._stopping

    def _wait_for_messages(self) -> None:
        until = time.monotonic() + SYNC_S
        while not self._stopping and (left := until - time.monotonic()) > 0:
            self._wakeup.wait(left)
            self._spool.make_reserve()

    def _sync(self) -> None:
        self._catch_up()
        self._spool.sync()
        self._spool.restore()
        now = time.monotonic()
        if now - self._measured_at >= CHECK_S:
            self._measured_at = now
            self._spool.measure_others()
        self._report(self._spool.trouble)
