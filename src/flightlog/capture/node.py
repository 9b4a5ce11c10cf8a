"""
`NodeRun`: one run of a node, while it runs.

As with `Execution`, its public methods are the outer wall between recording and the workflow.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Final, Literal, Self, TypeVar

from flightlog.capture import scope
from flightlog.capture.context import CaptureContext
from flightlog.capture.failures import error_of, told_error
from flightlog.capture.identities import text_of
from flightlog.capture.messages import duration_ms, error_member
from flightlog.capture.streams import AsyncStream, StreamCapture, SyncStream
from flightlog.model import ExecutionError

if TYPE_CHECKING:
    from flightlog.capture.execution import Execution

T = TypeVar("T")

ABSENT: Final[object] = object()
"""In the place of a value that isn't there; `None` is a value."""


class NodeRun:
    """
    One run of a node; a context manager, and an asynchronous one.

    No method of it raises, whatever goes wrong in recording.

    Args:
        execution: The run of the workflow that it belongs to.
        context: What all executions of the recorder share.
        node_id: The node's id in the workflow.
        name: Its name for people; the id when None.
        type: Its type.
        input: What it is given, or `ABSENT`.
        attempt: Which attempt it is; None counts by itself.
    """

    def __init__(
        self,
        execution: Execution,
        context: CaptureContext,
        *,
        node_id: str,
        name: str | None,
        type: str,  # noqa: A002 - the record's own word
        input: object,  # noqa: A002 - the record's own word
        attempt: int | None = None,
    ) -> None:
        self._execution = execution
        self._context = context
        self._node_id = text_of(node_id)
        self._name = self._node_id if name is None else name
        self._type = type
        self._input = input
        self._attempt = attempt if isinstance(attempt, int) and attempt > 0 else None
        self._told = b""
        self._process: object = None
        self._start_ns = 0
        self._late_input = b""
        self._output = b""
        self._error: ExecutionError | None = None
        self._stream: StreamCapture | None = None
        self._parent: int | None = None
        self.sequence: int | None = None
        """Its place in the run; None before it begins."""
        self.outer: scope.Scope | None = None
        """What it was begun in."""
        self.ended = False
        """Whether it has ended."""

    def __repr__(self) -> str:
        return f"<NodeRun {self._node_id!r} in {self._execution!r}>"

    @property
    def execution(self) -> Execution:
        """The run of the workflow that it belongs to."""
        return self._execution

    @property
    def begun(self) -> bool:
        """Whether it has begun."""
        return self.sequence is not None

    @property
    def input(self) -> bytes:
        """What was recorded as its input after it began, JSON; empty when nothing was."""
        return self._late_input

    @input.setter  # noqa: A003 - the record's own word
    def input(self, value: object) -> None:
        """Say what it is given, where that is known only after it began."""
        if not self.begun:
            self._input = value
            return
        try:
            self._late_input = self._context.payload(value, "input")
            told = self._told + b',"status":"running"'
            self._execution.messages.node(told, b"input", self._late_input)
        except BaseException as error:  # noqa: BLE001 - as in `begin`
            self._context.journal.swallow(error)

    @property
    def output(self) -> bytes:
        """What was recorded as its output so far, JSON; empty when nothing was."""
        return self._output

    @output.setter
    def output(self, value: object) -> None:
        try:
            self._output = self._context.payload(value, "output")
        except BaseException as error:  # noqa: BLE001 - as in `begin`
            self._context.journal.swallow(error)

    def fail(self, message: str, *, kind: str | None = None) -> None:
        """
        Make it an error, though no exception ends it.

        Args:
            message: Why, for people.
            kind: What kind of error; any text.
        """
        with self._context.wall:
            self._error = told_error(message, kind, self._context.redactor)

    def stream(self, items: Iterable[T]) -> Iterator[T]:
        """
        Pass items on one by one, and record them as the output.

        The node ends when the stream does, even if its `with` block is left before.

        Args:
            items: An iterable or generator; read only as the result is read.
        """
        self._stream = StreamCapture(self._context.settings.max_payload_bytes, self.finish)
        return SyncStream(iter(items), self._stream, self)

    def stream_async(self, items: AsyncIterable[T]) -> AsyncIterator[T]:
        """
        Pass items on one by one, and record them as the output; as `stream`.

        Args:
            items: An asynchronous iterable or generator.
        """
        self._stream = StreamCapture(self._context.settings.max_payload_bytes, self.finish)
        return AsyncStream(aiter(items), self._stream, self)

    def skip(self) -> None:
        """Record that it doesn't run."""
        with self._context.wall:
            self._tell_place()
            self._execution.messages.node(self._told + b',"status":"skipped"')
        self.ended = True

    def begin(self) -> None:
        """Begin it; `with` does so. Who begins it again when it has ended begins another run."""
        if self.ended and not self._execution.ended:
            self._renew()
        try:
            self._tell_place()
            given, self._input = self._input, ABSENT
            payload = b"" if given is ABSENT else self._context.payload(given, "input")
            messages = self._execution.messages
            self._start_ns = time.perf_counter_ns()
            self._told += b',"startedAt":' + self._execution.timeline.at(self._start_ns)
            told = self._told + b',"status":"running"'
            messages.node(told, b"input" if payload else b"", payload)
            assert self.sequence is not None
            self._execution.note_node(self.sequence, self._told)
        except BaseException as error:  # noqa: BLE001 - the outer wall, written out: it is measured
            self._swallow(error)
        try:
            scope.enter(self)
        except BaseException as error:
            # A signal handler's: the block won't run, and nothing else ends the node.
            self.finish(error)
            raise

    def _renew(self) -> None:
        self._told = self._late_input = self._output = b""
        self._error = self._stream = self._parent = None
        self.ended = False

    def _swallow(self, error: BaseException) -> None:
        try:
            self._context.journal.swallow(error)
        except BaseException:
            self.finish(error)
            raise

    def _tell_place(self) -> None:
        self._process = scope.process
        outer = scope.innermost()
        self.outer = self._execution if outer is None else outer
        if isinstance(outer, NodeRun) and outer.execution is self._execution:
            self._parent = outer.sequence
        self.sequence = self._execution.next_place()
        attempt = self._attempt or self._execution.origins.attempt(self._parent, self._node_id)
        self._told = b'%b,"sequence":%d,"attempt":%d' % (
            self._context.identities.node(self._node_id, self._name, self._type),
            self.sequence,
            attempt,
        )
        if self._parent is not None:
            self._told += b',"parentSequence":%d' % self._parent
        if self._execution.process is not self._process:
            self._told += b',"processId":"%b"' % self._context.journal.process_id.encode()

    def end(self, error: BaseException | None = None) -> None:
        """End it; `with` does so."""
        try:
            scope.enter(self.outer)
            self.finish(error)
        except BaseException:
            self.finish(error)
            raise

    def finish(self, error: BaseException | None = None) -> None:
        """
        End it and leave the scope of the running code as it is.

        A finalizer may call it: it runs within anything, and a context variable that is set within
        the setting of another crashes the interpreter.
        """
        end_ns = time.perf_counter_ns()
        if self._told and self._process is not scope.process:
            # It began before a fork: it is the parent's, who goes on with it.
            return
        if self.ended or (error is None and self._stream is not None and self._stream.is_open):
            return
        self.ended = True
        try:
            self._end(error, end_ns)
        except BaseException as failure:  # noqa: BLE001 - as in `begin`
            self._tell_again(failure, error, end_ns)

    def _tell_again(self, failure: BaseException, error: BaseException | None, end_ns: int) -> None:
        try:
            self._context.journal.swallow(failure)
        except BaseException:
            # What a signal handler broke off may have been told or not; twice does no harm.
            with self._context.wall:
                self._end(error, end_ns)
            raise

    def _end(self, error: BaseException | None, end_ns: int) -> None:
        execution, context = self._execution, self._context
        execution.forget_node(self.sequence)
        if self._stream is not None and not self._output:
            self._output = context.redactor.payload(self._stream.json(), "output")
        told = self._error
        if error is not None:
            origin = execution.origins.note(error, self._node_id, self._start_ns)
            own = origin == self._node_id
            told = error_of(error, None if own else origin, context.redactor, stack=own)
        execution.origins.note_attempt(self._parent, self._node_id, failed=told is not None)
        status: Literal[b"success", b"error"] = b"success" if told is None else b"error"
        start_ns = self._start_ns or end_ns
        if not self._told:
            self._tell_place()
        execution.messages.node(
            b'%b,"status":"%b","completedAt":%b,"durationMs":%b%b'
            % (
                self._told,
                status,
                execution.timeline.at(end_ns),
                duration_ms(start_ns, end_ns),
                error_member(told),
            ),
            b"output" if self._output else b"",
            self._output,
        )

    def __enter__(self) -> Self:
        self.begin()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end(error)

    async def __aenter__(self) -> Self:
        self.begin()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end(error)
