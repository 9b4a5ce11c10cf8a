"""
Stands between recording and the workflow: counts faults of recording, and reports each once.

Recording must neither raise into the workflow nor hide an exception that belongs to it. Where a
fault prevents the end of a run from being written, the end is kept and written later.
"""

from __future__ import annotations

import logging
import threading
import time
from types import TracebackType
from typing import Final, Protocol

from flightlog.capture.pickling import CopiedAsItself
from flightlog.errors.base import escape_surrogates
from flightlog.signal_handlers import EXHAUSTED, reraise_from_signal_handler

DELIVERY: Final = "delivery"
"""The subject of reports about delivery, during which nothing is lost."""
_RECORDS_ARE_KEPT: Final = " Its records are kept and will be delivered."
_TRIES: Final = 5
"""How often an end that faults of recording prevent is tried again."""
_MOST_MISUSES: Final = 20
"""How many mistakes of a workflow are reported, at most."""
_MOST_CHECKS: Final = 1_000
"""How many runs are checked for mistakes of the workflow, at most."""
_log: Final = logging.getLogger("flightlog.capture")


class UnwrittenRun(Protocol):
    """A run of a workflow or of a node whose end may still have to be written."""

    @property
    def execution(self) -> object:
        """The run of a workflow that this run is, or belongs to."""
        ...

    def write_end(self, error: BaseException | None, end_ns: int) -> None:
        """Append the message of the run's end; see `NodeRun.write_end`."""
        ...


class TroubleLog:
    """Logs a problem when it begins and when it is over, and not each time in between."""

    def __init__(self) -> None:
        self._troubles: dict[str, str | None] = {}

    def report(self, subject: str, trouble: str | None) -> None:
        """
        Report the state of one part of recording.

        Args:
            subject: The part.
            trouble: The part's problem; None when there is none.
        """
        if self._troubles.get(subject) == trouble:
            return
        try:
            before, self._troubles[subject] = self._troubles.get(subject), trouble
            if trouble is not None:
                kept = _RECORDS_ARE_KEPT if subject == DELIVERY else ""
                _log.warning(
                    "Flightlog: %s. The workflow goes on.%s", escape_surrogates(trouble), kept
                )
            elif before is not None:
                _log.info("Flightlog: %s works again.", subject)
        except Exception as fault:  # noqa: BLE001 - a log handler of the program may raise anything
            reraise_from_signal_handler(fault)

    @property
    def newest(self) -> str | None:
        """The problem that began last, of those that last; None where there is none."""
        troubles = [trouble for trouble in self._troubles.values() if trouble]
        return troubles[-1] if troubles else None


class FaultBarrier(CopiedAsItself):
    """
    Keeps faults of recording from the workflow, and counts them.

    The barrier is a reusable context manager. A KeyboardInterrupt, a SystemExit or another
    exception that a signal handler raised belongs to the workflow and passes the barrier.

    Args:
        troubles: Reports the faults.
    """

    def __init__(self, troubles: TroubleLog) -> None:
        self._troubles = troubles
        self.exhausted = 0
        """How often recording ran out of stack or memory."""
        self._swallowed = 0
        self._misuses: set[str] = set()
        self.checks_left = _MOST_CHECKS
        """How many more runs are checked; see `flightlog.capture.misuse`."""
        self.reset()

    def reset(self) -> None:
        """Forget the ends that are not written, because only the parent of a fork writes them."""
        self.unwritten: dict[UnwrittenRun, tuple[BaseException | None, int | None]] = {}
        """
        Runs that ended where their ends could not be written, each with its exception and end time;
        see `write_unwritten`. Adding a run needs no stack.
        """
        self._tries: dict[UnwrittenRun, int] = {}
        self._writing_thread: int | None = None

    @property
    def swallowed(self) -> int:
        """The number of faults that the barrier stopped."""
        return self._swallowed + self.exhausted

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        # Don't call a method here, because there may be no stack for a call.
        if kind is RecursionError or kind is MemoryError:
            self.exhausted += 1
        elif error is not None:
            self.swallow(error)
        return True

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
            # `catch_up` reports it later, where there is enough stack and memory.
            self.exhausted += 1
            return
        _raise_if_not_ours(error)
        self._swallowed += 1
        self._troubles.report("recording", f"a fault of the recorder was swallowed: {error!r}")

    def report_misuse(self, misuse: str) -> None:
        """
        Report once what a workflow sets or passes and recording ignores; the workflow continues.

        Args:
            misuse: The mistake and its remedy.
        """
        if misuse in self._misuses or len(self._misuses) == _MOST_MISUSES:
            return
        self._misuses.add(misuse)
        self._troubles.report(misuse, misuse)

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
        thread = threading.get_ident()
        if self._writing_thread == thread:
            # A root node's end ends its execution, which wants the missing ends written first.
            return
        try:
            self._writing_thread = thread
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
        finally:
            # Should an exception prevent this, other threads write what is missing.
            self._writing_thread = None

    def catch_up(self) -> None:
        """Write the ends that are missing, and report it if stack or memory ran out."""
        self.write_unwritten()
        if self.exhausted:
            self._troubles.report(
                "recording", "there was no stack or memory left to record something"
            )


def _raise_if_not_ours(error: BaseException) -> None:
    if not isinstance(error, Exception):
        raise error
    reraise_from_signal_handler(error)
