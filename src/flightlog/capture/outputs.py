"""
Owns the output of a node: a value, a stream, or a result that still works.

`flightlog.capture.streams` records streams while they pass, and `flightlog.capture.results` follows
results that outlive the function that returned them.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from typing import Any, TypeVar

from flightlog.capture.details import ABSENT
from flightlog.capture.faults import FaultBarrier
from flightlog.capture.misuse import LATE_OUTPUT
from flightlog.capture.results import choose_follower
from flightlog.capture.runs import Run
from flightlog.capture.streams import StreamCapture, pass_iterator_on, pass_on, pass_on_async
from flightlog.signal_handlers import EXHAUSTED

T = TypeVar("T")


class OutputRun(Run):
    """A run that has an output; it stays open until the output is complete."""

    _output: bytes = b""
    _given_output: object = ABSENT
    _stream: StreamCapture | None = None

    @property
    def begun(self) -> bool:
        """Whether the node has begun."""
        return self.sequence is not None

    @abstractmethod
    def sequence_for_child(self) -> int | None:
        """
        Return the run's sequence number, for a node that begins within it.

        Returns:
            The number; None where the run has not begun.
        """

    @property
    def barrier(self) -> FaultBarrier:
        """Keeps faults of recording from the workflow; a reusable context manager."""
        return self._context.barrier

    @property
    def output(self) -> bytes:
        """The output recorded so far, JSON; empty where there is none."""
        return self._output

    @output.setter
    def output(self, value: object) -> None:
        try:
            if self.ended:
                self._context.barrier.report_misuse(LATE_OUTPUT)
            self._output = self._context.payloads.encode(value, "output")
        except EXHAUSTED:
            self._context.barrier.exhausted += 1
            self._given_output = value
        except BaseException as error:  # noqa: BLE001 - as in `begin`
            self._given_output = value
            self._context.barrier.swallow(error)

    def stream(self, items: Iterable[T]) -> Iterator[T]:
        """
        Pass items on one by one, and record them as the output.

        The node ends when the stream ends, even if the node's `with` block is left earlier.

        Args:
            items: An iterable or generator; read only as the returned iterator is read.

        Returns:
            An iterator over the same items.
        """
        passed = iter(items)
        try:
            return pass_on(passed, self._new_stream(), self)
        except EXHAUSTED:
            self._context.barrier.exhausted += 1
            self.awaits_result = False
            return passed

    def stream_async(self, items: AsyncIterable[T]) -> AsyncIterator[T]:
        """
        Pass items on one by one, and record them as the output, as `stream` does.

        Args:
            items: An asynchronous iterable or generator.

        Returns:
            An asynchronous iterator over the same items.
        """
        passed = aiter(items)
        try:
            return pass_on_async(passed, self._new_stream(), self)
        except EXHAUSTED:
            self._context.barrier.exhausted += 1
            self.awaits_result = False
            return passed

    def pass_iterator(self, items: Iterator[T]) -> Iterator[T]:
        """
        Pass one of Python's own iterators on, as `stream` does, and keep its type's name.

        Args:
            items: The iterator, e.g. of `map`; nothing can be sent or thrown into it.

        Returns:
            An iterator over the same items.
        """
        return pass_iterator_on(items, self._new_stream(), self)

    def _new_stream(self) -> StreamCapture:
        context = self._context
        stream: StreamCapture

        def ended(error: BaseException | None) -> None:
            # The stream of an earlier run of the node does not affect this run.
            if self._stream is stream:
                self.awaits_result = False
                self.finish(error)

        self._stream = stream = StreamCapture(
            context.settings.max_payload_bytes, ended, context.barrier, context.redactor.find_cut
        )
        self.awaits_result = True
        return stream

    def follow(self, result: Any) -> Any:
        """
        Record a function's result as the output.

        Args:
            result: Any value. If the result still works, as a coroutine does, the node ends with
                the result.

        Returns:
            The object for the function's caller: the result, or an object that passes the result
            on.
        """
        try:
            follow = choose_follower(result)
            if follow is not None:
                return follow(self, result)
        except EXHAUSTED:
            self.awaits_result = False
            self._context.barrier.exhausted += 1
        except BaseException as error:  # noqa: BLE001 - as in `begin`
            self.awaits_result = False
            self._context.barrier.swallow(error)
        try:
            self.output = result
        except EXHAUSTED:
            # There was no stack even to call the property.
            self._context.barrier.exhausted += 1
            self._given_output = result
        return result

    def complete(self, result: Any) -> Any:
        """
        End the node with its coroutine's result, unless the result still works.

        Args:
            result: Any value.

        Returns:
            The object for the coroutine's caller, as `follow` returns.
        """
        self.awaits_result = False
        result = self.follow(result)
        self.finish()
        return result
