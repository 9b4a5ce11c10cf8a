"""
Owns `DeliveryWorker`: the thread that delivers this process's spool and those of dead processes.

The worker reads messages only from the spool's files, so no message is only in memory. While a
receiver can't be reached, the worker tries again after growing pauses, and the workflow is not
affected. `batches` sends a batch, and `drain` delivers a dead process's spool.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Final

from flightlog.delivery.destination import DeliveryResult, Destination, deliver
from flightlog.delivery.drain import BATCH_BYTES, drain
from flightlog.delivery.resilient_thread import ResilientThread
from flightlog.errors import FlightlogError
from flightlog.spool import SpoolWriter, Wakeup, claim_orphan, list_spools
from flightlog.spool.directory import REJECTED_SUFFIX

GATHER_S: Final = 0.1
RENEW_S: Final = 15.0
ORPHANS_S: Final = 30.0
SILENCE_S: Final = 2 * RENEW_S

_FIRST_PAUSE_S: Final = 0.5
_LONGEST_PAUSE_S: Final = 60.0
SMALLEST_BATCH_BYTES: Final = 16 * 1024


class DeliveryWorker:
    """
    Delivers in a thread of its own, from `start` until `stop`.

    Args:
        spool: The spool to deliver.
        url: The destination's URL; the worker also delivers spools of dead processes with the same
            URL.
        connect: Makes the destination; called in the thread, whenever there is none.
        is_busy: Returns whether an execution of this process still runs.
        report_running: Appends a message of each running execution; called after a silence so long
            that the receiver may presume a crash.
        report: Gets the reason why delivery is blocked, and None when delivery continues.
        report_refused: Gets a sentence when the destination refuses records permanently.
    """

    def __init__(
        self,
        spool: SpoolWriter,
        url: str,
        *,
        connect: Callable[[], Destination],
        is_busy: Callable[[], bool],
        report_running: Callable[[], None],
        report: Callable[[str | None], None],
        report_refused: Callable[[str], None],
    ) -> None:
        self._spool = spool
        self._url = url
        self._connect = connect
        self._is_busy = is_busy
        self._show_life = report_running
        self._report = report
        self._report_refused = report_refused
        self._refused = 0
        self._destination: Destination | None = None
        self._wake = Wakeup()
        self._flush_wakeup = Wakeup()
        self._flushing: set[Wakeup] = set()
        self._delivered_number = 0
        self._batch_bytes = BATCH_BYTES
        self._failures = 0
        self._stopping = False
        self._renewed_at = time.monotonic()
        self._drained_at = self._renewed_at - ORPHANS_S
        self._thread = ResilientThread("flightlog-delivery", self._run)

    def start(self) -> None:
        """Begin to deliver."""
        self._thread.start()

    def flush(self, timeout_s: float) -> bool:
        """
        Wait until everything appended so far is delivered.

        Args:
            timeout_s: How long to wait at most, in seconds; the wait is shorter while the
                destination can't be reached.

        Returns:
            Whether everything is delivered and no record was ever refused.
        """
        target, failures = self._spool.last_number, self._failures
        deadline = time.monotonic() + timeout_s
        # Don't use a lock with a condition, because Ctrl-C may leave the lock held here.
        progress = Wakeup()
        self._flushing.add(progress)
        try:
            self._flush_wakeup.ring()
            self._wake.ring()
            while self._delivered_number < target and self._failures <= failures:
                left = deadline - time.monotonic()
                if left <= 0:
                    break
                progress.wait(left)
        finally:
            self._flushing.discard(progress)
        return self._delivered_number >= target and not self._refused

    def stop(self, timeout_s: float) -> None:
        """
        Deliver the waiting messages, report the end of this process, and end the thread.

        Args:
            timeout_s: How long to deliver at most, in seconds; undelivered messages stay in the
                spool.
        """
        deadline = time.monotonic() + timeout_s
        self.flush(timeout_s)
        self._stopping = True
        self._flush_wakeup.ring()
        self._wake.ring()
        self._thread.join(max(0.0, deadline - time.monotonic()))

    def _run(self) -> bool:
        if self._stopping:
            self._report_end()
            return False
        self._wake.clear()
        self._spool.wake_at_append(self._wake)
        if self._spool.last_number == self._delivered_number and not self._stopping:
            self._wake.wait(RENEW_S if self._is_busy() else ORPHANS_S)
        self._flush_wakeup.wait(GATHER_S)
        self._flush_wakeup.clear()
        result = self._work()
        self._report(result.reason if result else None)
        if result is not None and not self._stopping:
            self._flush_wakeup.wait(self._pause_s(result))
        return True

    def _work(self) -> DeliveryResult | None:
        try:
            failure = self._deliver_all()
            if failure is None:
                self._renew()
                self._drain_orphans()
        except Exception as error:  # noqa: BLE001 - the thread must survive, and reports the fault
            failure = DeliveryResult(outcome="later", reason=_describe(error))
        self._failures = 0 if failure is None else self._failures + 1
        for progress in tuple(self._flushing):
            progress.ring()
        return failure

    def _deliver_all(self) -> DeliveryResult | None:
        while True:
            newest = self._spool.last_number
            batch = self._spool.pending(self._batch_bytes)
            if batch is None:
                self._delivered_number = newest
                return None
            if batch.lines:
                result = deliver(self._open(), batch.lines, self._keep_rejected)
                if result.outcome == "later":
                    # A receiver that is slow, or that ends soon, may finish with fewer records.
                    self._batch_bytes = max(SMALLEST_BATCH_BYTES, self._batch_bytes // 2)
                    return result
                self._batch_bytes = min(BATCH_BYTES, 2 * self._batch_bytes)
                self._note_contact(time.monotonic())
            self._spool.confirm(batch)

    def _keep_rejected(self, line: bytes) -> None:
        self._spool.keep_rejected(line)
        self._refused += 1
        directory = self._spool.directory
        place = f"{directory}{REJECTED_SUFFIX}" if directory else "no file"
        self._report_refused(
            f"{self._refused} records were refused for good; they are kept in {place}"
        )

    def _open(self) -> Destination:
        if self._destination is None:
            self._destination = self._connect()
        return self._destination

    def _renew(self) -> None:
        now = time.monotonic()
        if self._is_busy() and now - self._renewed_at >= RENEW_S:
            number = self._delivered_number
            self._open().report_process(self._spool.process_id, last_number=number, ended=False)
            self._note_contact(now)

    def _note_contact(self, now: float) -> None:
        silence_s, self._renewed_at = now - self._renewed_at, now
        if silence_s > SILENCE_S and self._is_busy():
            self._show_life()

    def _drain_orphans(self) -> None:
        now = time.monotonic()
        own = self._spool.directory
        if own is None or now - self._drained_at < ORPHANS_S:
            return
        self._drained_at = now
        for status in list_spools(own.parent):
            if status.alive or status.owner is None or status.owner.url != self._url:
                continue
            spool = claim_orphan(status.path)
            if spool is not None:
                with spool:
                    drain(spool, self._open())

    def _pause_s(self, result: DeliveryResult) -> float:
        longest = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2 ** min(self._failures, 10))
        # Add jitter, so that many processes don't return to a receiver at the same time.
        pause: float = longest * (1 + os.urandom(1)[0] / 255) / 2
        return max(pause, result.retry_after_s or 0.0)

    def _report_end(self) -> None:
        destination, number = self._destination, self._delivered_number
        # Report the end only once: if the report fails, the receiver notices the process's death by
        # itself.
        self._destination = None
        if destination is None:
            return
        if number == self._spool.last_number:
            destination.report_process(self._spool.process_id, last_number=number, ended=True)
        destination.close()


def _describe(error: Exception) -> str:
    # The sentences of Flightlog's own errors say what to do.
    if isinstance(error, FlightlogError):
        return str(error).rstrip(".")
    return f"delivery failed: {error!r}"
