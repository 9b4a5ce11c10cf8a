"""
Owns the recording side of one process: its spool, and the threads that sync and deliver the spool.

The pipeline opens its spool with the first message. A forked child opens its own, so that processes
never share a file, lock, thread or socket. `flightlog.capture.process` makes pipelines,
`flightlog.spool` stores messages and `flightlog.delivery` delivers them.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

from msgspec import Struct

from flightlog.capture.faults import DELIVERY, FaultBarrier, TroubleLog
from flightlog.capture.settings import PipelineSettings
from flightlog.capture.sync_thread import SyncThread
from flightlog.delivery import DeliveryWorker, make_destination
from flightlog.secret_key import SecretKey
from flightlog.signal_handlers import exclusive, reraise_from_signal_handler
from flightlog.spool import SpoolWriter

process_ending: Final = threading.Event()
"""Set when the process has begun to end."""


class CaptureStatus(Struct, frozen=True, kw_only=True):
    """The state of recording in this process."""

    process_id: str | None
    """The process's id in the ledger; None before the first message."""
    appended: int
    """The number of messages numbered so far."""
    lost: int
    """The number of messages that could not be kept."""
    stripped: int
    """The number of messages kept without their payloads, because the spool lacked space."""
    swallowed: int
    """The number of faults of recording that the fault barrier stopped."""
    trouble: str | None
    """The current problem, for people; None where there is none."""


class Pipeline:
    """
    Keeps and delivers the messages of this process.

    Args:
        settings: Where messages are delivered, and the limits of the spool.
        installation: The key of the installation whose receivers are trusted.
    """

    def __init__(self, settings: PipelineSettings, installation: SecretKey) -> None:
        self._settings = settings
        self._installation = installation
        self.troubles = TroubleLog()
        """Reports the problems of recording."""
        self.barrier = FaultBarrier(self.troubles)
        """Keeps faults of recording from the workflow."""
        self._unkept = 0
        self._start_over()

    def _start_over(self) -> None:
        self._lock = threading.RLock()
        self._spool: SpoolWriter | None = None
        self._worker: DeliveryWorker | None = None
        self._syncer: SyncThread | None = None
        self._unstarted: list[DeliveryWorker | SyncThread] = []
        self.running: dict[object, Callable[[], None]] = {}
        """
        The executions that this process began and that have not ended, each with a function that
        appends a message of the execution.
        """

    @property
    def process_id(self) -> str:
        """The id of this process in records."""
        return self._open_for_message().process_id

    def append(self, head: bytes, payload: bytes = b"", tail: bytes = b"") -> None:
        """
        Append one message; see `SpoolWriter.append` for what survives a full spool.

        Args:
            head: The JSON of a record, or its part before the payload.
            payload: The payload; where the spool lacks space, a placeholder replaces it.
            tail: The JSON after the payload.

        Raises:
            OSError: The spool can't be opened; the message is counted as lost.
            ValueError: The spool's path is invalid; the message is counted as lost.
        """
        (self._spool or self._open_for_message()).append(head, payload, tail)

    def sync(self) -> None:
        """Write the appended messages to the disk itself."""
        if self._spool is not None:
            self._spool.sync()

    def status(self) -> CaptureStatus:
        """
        Return the state of recording.

        Returns:
            The counts and the current problem.
        """
        spool = self._spool
        return CaptureStatus(
            process_id=spool.process_id if spool else None,
            appended=spool.last_number if spool else 0,
            lost=self._unkept + (spool.lost if spool else 0),
            stripped=spool.stripped if spool else 0,
            swallowed=self.barrier.swallowed,
            trouble=self.troubles.newest,
        )

    def flush(self, timeout_s: float) -> bool:
        """
        Wait until everything appended so far is delivered.

        Args:
            timeout_s: How long to wait at most, in seconds; the wait is shorter while the receiver
                can't be reached.

        Returns:
            Whether everything is delivered. Permanently False once a message was lost or refused;
            other undelivered messages stay in the spool.
        """
        self.barrier.catch_up()
        spool, worker = self._spool, self._worker
        if spool is None:
            return not self._unkept
        delivered = worker is not None and worker.flush(timeout_s)
        return delivered and not self._unkept and not spool.lost

    def close(self, timeout_s: float) -> None:
        """
        Deliver the waiting messages and end the threads; a later message starts them again.

        While an execution runs, this method only delivers, because a receiver that hears no more
        from a process presumes a crash.

        Args:
            timeout_s: How long to deliver at most, in seconds; the rest stays in the spool.
        """
        self.barrier.catch_up()
        if self.running and not process_ending.is_set():
            self.flush(timeout_s)
            return
        spool, worker, syncer = self._detach()
        try:
            if worker is not None:
                worker.stop(timeout_s)
        finally:
            if syncer is not None:
                syncer.stop()
            if spool is not None:
                spool.sync()
                spool.close()

    @exclusive
    def _detach(self) -> tuple[SpoolWriter | None, DeliveryWorker | None, SyncThread | None]:
        parts = self._spool, self._worker, self._syncer
        self._spool = self._worker = self._syncer = None
        self._unstarted = []
        return parts

    def _open_for_message(self) -> SpoolWriter:
        try:
            return self._open()
        except (OSError, ValueError) as error:
            reraise_from_signal_handler(error)
            # The message has no number yet, so only this count can report its loss.
            self._unkept += 1
            raise

    @exclusive
    def _open(self) -> SpoolWriter:
        if self._spool is None:
            settings = self._settings
            spool = SpoolWriter(settings.spool_dir, settings.url, settings.limits)
            # A signal handler may have recorded, and so have opened a spool, in the meantime.
            if self._spool is None:
                self._unstarted = self._new_threads(spool)
                self._spool = spool
            else:
                spool.close()
        # Starting a thread may succeed now even if it failed before.
        if self._unstarted:
            self._start_threads()
        return self._spool

    def _new_threads(self, spool: SpoolWriter) -> list[DeliveryWorker | SyncThread]:
        url, installation = self._settings.url, self._installation
        report = self.troubles.report
        worker = DeliveryWorker(
            spool,
            url,
            connect=lambda: make_destination(url, installation),
            is_busy=lambda: bool(self.running),
            report_running=self._report_running,
            report=lambda reason: report(DELIVERY, reason),
            report_refused=lambda reason: report("refused records", reason),
        )
        syncer = SyncThread(
            spool, self.barrier.catch_up, lambda reason: report("the spool", reason)
        )
        return [worker, syncer]

    def _start_threads(self) -> None:
        # A signal handler that records here starts the threads as well, which is harmless: starting
        # a thread twice does nothing. It must not find the list half changed, nor this loop an item
        # gone.
        for thread in tuple(self._unstarted):
            # A thread that is started while the process ends never runs; other processes deliver
            # the spool.
            if process_ending.is_set():
                break
            try:
                thread.start()
            except (RuntimeError, MemoryError) as error:
                reraise_from_signal_handler(error)
                self.troubles.report("the start of threads", f"no thread can be started ({error})")
                return
            if isinstance(thread, DeliveryWorker):
                self._worker = thread
            else:
                self._syncer = thread
            # Last: starting a thread twice is harmless, but never starting it is not.
            self._unstarted = [other for other in self._unstarted if other is not thread]
        self.troubles.report("the start of threads", None)

    def _report_running(self) -> None:
        for report_running in list(self.running.values()):
            report_running()

    def after_fork(self) -> None:
        """Abandon the parent's spool in a forked child; the child opens its own when needed."""
        if self._spool is not None:
            self._spool.abandon()
        self.barrier.reset()
        self._start_over()
