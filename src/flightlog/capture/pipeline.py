"""
Owns the recording side of one process: its spool, and the threads that sync and deliver the spool.

The pipeline opens its spool with the first message. A forked child opens its own, so that processes
never share a file, lock, thread or socket. Recorders of one process with equal settings share a
pipeline. `flightlog.spool` stores messages and `flightlog.delivery` delivers them.
"""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable
from typing import Final, Protocol
from weakref import WeakSet

from msgspec import Struct

from flightlog.capture.settings import PipelineSettings
from flightlog.delivery import DeliveryWorker, ResilientThread, destination_for
from flightlog.errors import printable
from flightlog.secret_key import SecretKey
from flightlog.signal_handlers import EXHAUSTED, exclusive, reraise_from_signal_handler
from flightlog.spool import SpoolWriter, Wakeup

SYNC_S: Final = 1.0
LOOK_AROUND_S: Final = 10.0
_TRIES: Final = 5
"""How often the pipeline tries to write an end that faults of recording prevent."""

_DELIVERY: Final = "delivery"
_RECORDS_ARE_KEPT: Final = " Its records are kept and will be delivered."
_log: Final = logging.getLogger("flightlog.capture")
_pipelines: Final[WeakSet[Pipeline]] = WeakSet()
_by_settings: Final[dict[PipelineSettings, Pipeline]] = {}
_ending: Final = threading.Event()
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


class Run(Protocol):
    """A run of a workflow or of a node."""

    @property
    def execution(self) -> object:
        """The run of a workflow that this run is, or belongs to."""
        ...

    def write_end(self, error: BaseException | None, end_ns: int) -> None:
        """Append the message of the run's end; see `NodeRun.write_end`."""
        ...


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
        self.exhausted = 0
        """How often recording ran out of stack or memory."""
        self._swallowed = 0
        self._troubles: dict[str, str | None] = {}
        self._unkept = 0
        self._start_over()
        _pipelines.add(self)

    def _start_over(self) -> None:
        self._lock = threading.RLock()
        self._spool: SpoolWriter | None = None
        self._worker: DeliveryWorker | None = None
        self._syncer: _Syncer | None = None
        self._unstarted: list[DeliveryWorker | _Syncer] = []
        self.running: dict[object, Callable[[], None]] = {}
        """
        The executions that this process began and that have not ended, each with a function that
        appends a message of the execution.
        """
        self.unwritten: dict[Run, tuple[BaseException | None, int | None]] = {}
        """
        Runs that ended where their ends could not be written, each with its exception and end time;
        see `write_unwritten`. Adding a run needs no stack.
        """
        self._tries: dict[Run, int] = {}

    @property
    def process_id(self) -> str:
        """The id of this process in records."""
        return self._open_for_message().process_id

    def append(self, head: bytes, payload: bytes = b"", tail: bytes = b"") -> None:
        """
        Append one message. When this method returns, the message survives the process's death.

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

    def swallow(self, error: BaseException) -> None:
        """
        Count a fault of recording and report it once; the workflow continues.

        Args:
            error: The exception that was caught.

        Raises:
            BaseException: The exception is no fault of recording: a KeyboardInterrupt, or an
                exception that a signal handler raised.
        """
        kind = type(error)
        # Compare identities first, because the comparison needs no stack.
        if kind is RecursionError or kind is MemoryError or issubclass(kind, EXHAUSTED):
            # `write_unwritten` reports it later, where there is enough stack and memory.
            self.exhausted += 1
            return
        _raise_if_not_ours(error)
        self._swallowed += 1
        self.tell("recording", f"a fault of the recorder was swallowed: {error!r}")

    def recover(self, fault: BaseException) -> None:
        """
        Try once more to write `unwritten` ends, then handle the fault as `swallow` does.

        Args:
            fault: The exception that prevented the end from being written.
        """
        try:
            self.write_unwritten()
        finally:
            self.swallow(fault)

    def write_unwritten(self) -> None:
        """
        Write the ends that could not be written where the runs ended.

        A run can end where no stack or memory is left. This method is called further up the stack
        or in another thread, where both are available. Writing an end twice is harmless; a missing
        end is not.
        """
        for run, (error, end_ns) in list(self.unwritten.items()):
            try:
                run.write_end(error, end_ns or time.perf_counter_ns())
            except EXHAUSTED:
                # Keep the run for a call with more stack or more memory.
                return
            except BaseException as fault:  # noqa: BLE001 - as in `swallow`
                # The fault was counted when the run was added.
                _raise_if_not_ours(fault)
                tries = self._tries[run] = self._tries.get(run, 0) + 1
                if tries < _TRIES:
                    continue
            self.unwritten.pop(run, None)
            self._tries.pop(run, None)

    def _catch_up(self) -> None:
        self.write_unwritten()
        if self.exhausted:
            self.tell("recording", "there was no stack or memory left to record something")

    def tell(self, subject: str, trouble: str | None) -> None:
        """
        Log a problem when it begins and when it is over, and not each time in between.

        Args:
            subject: The part that has the problem.
            trouble: The problem; None when there is none.
        """
        if self._troubles.get(subject) == trouble:
            return
        try:
            before, self._troubles[subject] = self._troubles.get(subject), trouble
            if trouble is not None:
                kept = _RECORDS_ARE_KEPT if subject == _DELIVERY else ""
                _log.warning("Flightlog: %s. The workflow goes on.%s", printable(trouble), kept)
            elif before is not None:
                _log.info("Flightlog: %s works again.", subject)
        except Exception as fault:  # noqa: BLE001 - a log handler of the program may raise anything
            reraise_from_signal_handler(fault)

    def status(self) -> CaptureStatus:
        """
        Return the state of recording.

        Returns:
            The counts and the current problem.
        """
        spool = self._spool
        troubles = [trouble for trouble in self._troubles.values() if trouble]
        return CaptureStatus(
            process_id=spool.process_id if spool else None,
            appended=spool.last_number if spool else 0,
            lost=self._unkept + (spool.lost if spool else 0),
            stripped=spool.stripped if spool else 0,
            swallowed=self._swallowed + self.exhausted,
            trouble=troubles[-1] if troubles else None,
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
        self._catch_up()
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
        self._catch_up()
        if self.running and not _ending.is_set():
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
    def _detach(self) -> tuple[SpoolWriter | None, DeliveryWorker | None, _Syncer | None]:
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

    def _new_threads(self, spool: SpoolWriter) -> list[DeliveryWorker | _Syncer]:
        url, installation = self._settings.url, self._installation
        worker = DeliveryWorker(
            spool,
            url,
            connect=lambda: destination_for(url, installation),
            is_busy=lambda: bool(self.running),
            show_life=self._show_life,
            report=lambda reason: self.tell(_DELIVERY, reason),
            report_refused=lambda reason: self.tell("refused records", reason),
        )
        syncer = _Syncer(spool, self._catch_up, lambda reason: self.tell("the spool", reason))
        return [worker, syncer]

    def _start_threads(self) -> None:
        # A thread that is started while the process ends never runs; other processes deliver the
        # spool.
        while self._unstarted and not _ending.is_set():
            thread = self._unstarted[0]
            try:
                thread.start()
            except (RuntimeError, MemoryError) as error:
                reraise_from_signal_handler(error)
                self.tell("the start of threads", f"no thread can be started ({error})")
                return
            if isinstance(thread, DeliveryWorker):
                self._worker = thread
            else:
                self._syncer = thread
            # Remove the thread last: starting a thread twice is harmless, but never starting it is
            # not.
            self._unstarted.remove(thread)
        self.tell("the start of threads", None)

    def _show_life(self) -> None:
        for tell_running in list(self.running.values()):
            tell_running()

    def after_fork(self) -> None:
        """Abandon the parent's spool in a forked child; the child opens its own when needed."""
        if self._spool is not None:
            self._spool.abandon()
        self._start_over()


class _Syncer:
    """Syncs the spool once a second while it is written; maintains its spare segment and place."""

    def __init__(
        self,
        spool: SpoolWriter,
        catch_up: Callable[[], None],
        report: Callable[[str | None], None],
    ) -> None:
        self._spool = spool
        self._catch_up = catch_up
        self._report = report
        self._wake = Wakeup()
        spool.ring_for_spare(self._wake)
        self._stopping = False
        self._looked_at = 0.0
        self._thread = ResilientThread("flightlog-sync", self._run)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping = True
        self._wake.ring()
        self._thread.join(SYNC_S)

    def _run(self) -> bool:
        self._wake.clear()
        self._spool.wake_at_append(self._wake)
        if not self._spool.needs_sync and not self._stopping:
            self._wake.wait(LOOK_AROUND_S)
        try:
            self._stand_by()
            self._work()
        except Exception as error:  # noqa: BLE001 - the thread must survive, and reports the fault
            self._report(f"the spool can't be kept: {error!r}")
        return not self._stopping

    def _stand_by(self) -> None:
        until = time.monotonic() + SYNC_S
        while not self._stopping and (left := until - time.monotonic()) > 0:
            self._wake.wait(left)
            self._spool.make_spare()

    def _work(self) -> None:
        self._catch_up()
        self._spool.sync()
        self._spool.stay_in_place()
        now = time.monotonic()
        if now - self._looked_at >= LOOK_AROUND_S:
            self._looked_at = now
            self._spool.measure_others()
        self._report(self._spool.trouble)


def pipeline_for(settings: PipelineSettings, installation: SecretKey) -> Pipeline:
    """
    Return the pipeline of this process for these settings; recorders share it.

    Args:
        settings: The settings.
        installation: The installation's key, for a new pipeline.

    Returns:
        The same pipeline for equal settings.
    """
    pipeline = _by_settings.get(settings)
    # If two threads make a pipeline at once, both get the first pipeline.
    return pipeline or _by_settings.setdefault(settings, Pipeline(settings, installation))


def _raise_if_not_ours(error: BaseException) -> None:
    if not isinstance(error, Exception):
        raise error
    reraise_from_signal_handler(error)


def _close_all() -> None:
    _ending.set()
    deadline: float | None = None
    for pipeline in list(_pipelines):
        settings = pipeline._settings  # noqa: SLF001 - of this module
        now = time.monotonic()
        deadline = deadline or now + settings.drain_timeout_s
        with contextlib.suppress(Exception):
            pipeline.close(max(0.0, deadline - now))


def _after_fork() -> None:
    for pipeline in list(_pipelines):
        pipeline.after_fork()


atexit.register(_close_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
