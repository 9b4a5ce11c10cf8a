"""
Owns `Run`, the lifecycle that executions and node executions share.

A run begins and ends in the workflow's own code. So every method here is a fault barrier, and a run
always gets an end: where the end can't be written, it is handed to the barrier, which writes it
later. `flightlog.capture.faults` owns the barrier.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Any, Self

from flightlog.capture import process, scope
from flightlog.capture.context import CaptureContext
from flightlog.capture.pickling import CopiedAsItself
from flightlog.record.model import ExecutionError
from flightlog.signal_handlers import EXHAUSTED


class Run(CopiedAsItself, ABC):
    """
    A run of a workflow or of a node; a context manager, and an asynchronous context manager.

    No method raises, whatever fails in recording.

    Args:
        context: The objects that all executions of the recorder share.
    """

    outer: scope.Scope | None = None
    """The scope in which the run began."""
    ended: bool = False
    """Whether the run has ended."""
    awaits_result: bool = False
    """Whether the result still works; if so, leaving the block does not end the run."""
    sequence: int | None = None
    """The number of a node execution in its execution; None before it begins."""
    open_nodes: dict[int | None, Any]
    """The node executions of the execution that run in this process, by their sequence."""
    _error: ExecutionError | None = None
    _is_begun: bool = False
    _is_scope: bool = False
    _end_ns: int = 0

    def __init__(self, context: CaptureContext) -> None:
        self._context = context
        self.process: object = process.identity
        """Identifies the process in which the run began, as `process.identity`."""

    @property
    @abstractmethod
    def execution(self) -> scope.ExecutionScope:
        """The execution that the run is, or belongs to."""

    @property
    def began_here(self) -> bool:
        """Whether the run began in this process, and not in the process that was forked."""
        return self.process is process.identity

    @abstractmethod
    def begin(self) -> None:
        """Begin the run; `with` calls this."""

    @abstractmethod
    def leave(self, error: BaseException | None = None) -> None:
        """
        Restore the scope in which the run began.

        Args:
            error: The exception that ended the run, if any.
        """

    @abstractmethod
    def write_end(self, error: BaseException | None, end_ns: int) -> None:
        """
        Append the message of the run's end; appending the message again is harmless.

        Args:
            error: The exception that ended the run; None when there is none.
            end_ns: When the run ended, in nanoseconds of the monotonic clock.
        """

    def end_inner_runs(self, error: BaseException | None) -> None:
        """
        End what must end before this run does.

        Args:
            error: The exception that ended the run, if any.
        """

    def end(self, error: BaseException | None = None) -> None:
        """
        End the run; `with` calls this.

        Args:
            error: The exception that ended the run, if any.
        """
        try:
            self.leave(error)
            self.finish(error)
        except EXHAUSTED:
            self.end_later(error)
        except BaseException as fault:  # noqa: BLE001 - the fault barrier, written out because it is measured
            self.finish(error)
            self._context.barrier.swallow(fault)

    def finish(self, error: BaseException | None = None) -> None:
        """
        End the run and leave the scope of the running code unchanged.

        A finalizer may call this method. A finalizer can interrupt any code, and setting a context
        variable while another one is being set crashes the interpreter.

        Args:
            error: The exception that ended the run, if any.
        """
        end_ns = time.perf_counter_ns()
        if self.ended or (error is None and self.awaits_result):
            return
        if self.process is not process.identity and self._is_begun:
            # Only the parent can end a run that began before a fork.
            return
        barrier = self._context.barrier
        self._end_ns = end_ns
        try:
            if error is not None or barrier.unwritten:
                self.end_inner_runs(error)
            self.write_end(error, end_ns)
            # Set `ended` last, because code that receives an exception ends the run again if it
            # has not ended.
            self.ended = True
        except BaseException as fault:  # noqa: BLE001 - as in `end`
            barrier.unwritten[self] = (error, end_ns)
            self.ended = True
            self.open_nodes.pop(self.sequence, None)
            try:
                barrier.recover(fault)
            except EXHAUSTED:
                barrier.exhausted += 1
                if not isinstance(fault, Exception):
                    raise fault from None

    def amend(self, error: BaseException) -> None:
        """
        Record which exception failed the run, where that is known only after its end.

        Args:
            error: The exception.
        """
        with self._context.barrier:
            self.write_end(error, self._end_ns)

    def end_later(self, error: BaseException | None) -> None:
        """
        Have the run's end written where there is more stack or memory.

        `__exit__` does the same without a call.

        Args:
            error: The exception that ended the run; None when there is none.
        """
        barrier = self._context.barrier
        barrier.exhausted += 1
        is_open = not self.ended and not (self.awaits_result and error is None)
        if is_open and self.process is process.identity:
            barrier.unwritten[self] = (error, None)
            self.ended = True
            self.open_nodes.pop(self.sequence, None)

    def _break_off(self, error: BaseException) -> None:
        # A fault of recording doesn't prevent the block from running. A signal handler's exception
        # does prevent it, and then nothing else ends the run.
        try:
            self._context.barrier.swallow(error)
        except BaseException:
            self.finish(error)
            raise

    def __enter__(self) -> Self:
        try:
            self.begin()
            return self  # noqa: TRY300 - a signal handler may raise here, too
        except EXHAUSTED:
            self._context.barrier.exhausted += 1
        except BaseException as error:  # noqa: BLE001 - as in `end`
            self._break_off(error)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self.end(error)
        except EXHAUSTED:
            # This is `end_later`, written out because there is no stack for a call.
            barrier = self._context.barrier
            barrier.exhausted += 1
            is_open = not self.ended and not (self.awaits_result and error is None)
            if is_open and self.process is process.identity:
                barrier.unwritten[self] = (error, None)
                self.ended = True
                self.open_nodes.pop(self.sequence, None)
        except BaseException as fault:  # noqa: BLE001 - as in `end`
            self.finish(error)
            self._context.barrier.swallow(fault)

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.__exit__(kind, error, trace)
