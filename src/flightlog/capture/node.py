"""
Owns `NodeRun`: one run of a node, while it runs.

The public methods of `NodeRun` are a fault barrier between recording and the workflow, as those of
`Execution` are. `flightlog.capture.results` follows results that outlive the function.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Literal, Self, TypeVar

from flightlog.capture import scope
from flightlog.capture.context import CaptureContext, FaultBarrier
from flightlog.capture.copies import CopiedAsItself, key_for
from flightlog.capture.exceptions import describe_exception, describe_failure
from flightlog.capture.ids import as_text
from flightlog.capture.messages import duration_ms, error_member
from flightlog.capture.results import follow_for
from flightlog.capture.streams import StreamCapture, passed_iterator, passed_on, passed_on_async
from flightlog.record.model import ExecutionError
from flightlog.signal_handlers import EXHAUSTED

if TYPE_CHECKING:
    from flightlog.capture.execution import Execution

T = TypeVar("T")

ABSENT: Final[object] = object()
"""Stands for a missing value, because `None` is a value."""


class NodeRun(CopiedAsItself):
    """
    One run of a node; a context manager, and an asynchronous context manager.

    No method raises, whatever fails in recording. In another process, an unpickled node is a scope,
    and nodes that run in the scope are its children.

    Args:
        execution: The execution that the node belongs to.
        context: The objects that all executions of the recorder share.
        node_id: The node's id in the workflow.
        name: The node's name for people; the id when None.
        type: The node's type.
        input: The node's input, or `ABSENT`.
        attempt: The number of the attempt; None counts automatically.
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
        self._node_id = as_text(node_id)
        self._name = self._node_id if name is None else name
        self._type = type
        self._input = input
        self._attempt = attempt if isinstance(attempt, int) and attempt > 0 else None
        self._head = b""
        self._open_nodes: dict[int | None, NodeRun] = {}
        self._process: object = scope.process
        self._start_ns = 0
        self._end_ns = 0
        self._late_input = b""
        self._output = b""
        self._given_output: object = ABSENT
        self._is_scope = False
        self._is_counted = False
        self._error: ExecutionError | None = None
        self._stream: StreamCapture | None = None
        self._parent: int | None = None
        self.sequence: int | None = None
        """The node's place in the run; None before the node begins."""
        self.outer: scope.Scope | None = None
        """The scope in which the node began."""
        self.ended = False
        """Whether the node has ended."""
        self.held = False
        """Whether the result still works; if so, leaving the node's block does not end the node."""

    def __repr__(self) -> str:
        return f"<NodeRun {self._node_id!r} in {self._execution!r}>"

    def __reduce__(self) -> str | tuple[Any, ...]:
        from flightlog.capture.joined import node_from  # noqa: PLC0415 - it imports this module

        settings = self._context.recorder
        return node_from, (settings, key_for(self), self._execution, self._node_id, self.sequence)

    @property
    def execution(self) -> Execution:
        """The execution that the node belongs to."""
        return self._execution

    @property
    def begun(self) -> bool:
        """Whether the node has begun."""
        return self.sequence is not None

    @property
    def input(self) -> bytes:
        """The input that was recorded after the node began, JSON; empty where there is none."""
        return self._late_input

    @input.setter  # noqa: A003 - the record's own word
    def input(self, value: object) -> None:
        """
        Record the node's input, where the input is known only after the node began.

        Args:
            value: The input, any value.
        """
        if not self.begun:
            self._input = value
            return
        try:
            self._late_input = self._context.payload(value, "input")
            head = self._head + b',"status":"running"'
            self._execution.messages.node(head, b"input", self._late_input)
        except EXHAUSTED:
            self._context.pipeline.exhausted += 1
            self._input = value
        except BaseException as error:  # noqa: BLE001 - as in `begin`
            self._input = value
            self._context.pipeline.swallow(error)

    @property
    def output(self) -> bytes:
        """The output recorded so far, JSON; empty where there is none."""
        return self._output

    @output.setter
    def output(self, value: object) -> None:
        try:
            self._output = self._context.payload(value, "output")
        except EXHAUSTED:
            self._context.pipeline.exhausted += 1
            self._given_output = value
        except BaseException as error:  # noqa: BLE001 - as in `begin`
            self._given_output = value
            self._context.pipeline.swallow(error)

    def fail(self, message: str, *, kind: str | None = None) -> None:
        """
        Mark the node as failed, even if no exception ends it.

        Args:
            message: The reason, for people.
            kind: The kind of error; any text.
        """
        with self._context.barrier:
            self._error = describe_failure(message, kind, self._context.redactor)

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
            return passed_on(passed, self._new_stream(), self)
        except EXHAUSTED:
            self._context.pipeline.exhausted += 1
            self.held = False
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
            return passed_on_async(passed, self._new_stream(), self)
        except EXHAUSTED:
            self._context.pipeline.exhausted += 1
            self.held = False
            return passed

    def pass_iterator(self, items: Iterator[T]) -> Iterator[T]:
        """
        Pass one of Python's own iterators on, as `stream` does, and keep its type's name.

        Args:
            items: The iterator, e.g. of `map`; nothing can be sent or thrown into it.

        Returns:
            An iterator over the same items.
        """
        return passed_iterator(items, self._new_stream(), self)

    def _new_stream(self) -> StreamCapture:
        context = self._context
        stream: StreamCapture

        def ended(error: BaseException | None) -> None:
            # The stream of an earlier run of the node does not affect this run.
            if self._stream is stream:
                self.held = False
                self.finish(error)

        self._stream = stream = StreamCapture(
            context.settings.max_payload_bytes, ended, context.barrier
        )
        self.held = True
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
            follow = follow_for(result)
            if follow is not None:
                return follow(self, result)
        except EXHAUSTED:
            self.held = False
            self._context.pipeline.exhausted += 1
        except BaseException as error:  # noqa: BLE001 - as in `begin`
            self.held = False
            self._context.pipeline.swallow(error)
        try:
            self.output = result
        except EXHAUSTED:
            # There was no stack even to call the property.
            self._context.pipeline.exhausted += 1
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
        self.held = False
        result = self.follow(result)
        self.finish()
        return result

    @property
    def barrier(self) -> FaultBarrier:
        """Keeps faults of recording from the workflow; a reusable context manager."""
        return self._context.barrier

    def skip(self) -> None:
        """Record that the node doesn't run."""
        with self._context.barrier:
            self._tell_place()
            self._execution.messages.node(self._head + b',"status":"skipped"')
        self.ended = True

    def begin(self) -> None:
        """
        Begin the node; `with` calls this.

        Beginning the node again ends its run and begins another run.
        """
        try:
            if self.sequence is not None:
                self._renew()
            self._tell_place()
            given = self._input
            payload = b"" if given is ABSENT else self._context.payload(given, "input")
            execution = self._execution
            self._start_ns = time.perf_counter_ns()
            self._head += b',"startedAt":' + execution.timeline.at(self._start_ns)
            head = self._head + b',"status":"running"'
            execution.messages.node(head, b"input" if payload else b"", payload)
            self._open_nodes[self.sequence] = self
            if execution.process is not self._process:
                execution.note_busy()
            # If the input could not be recorded here, `write_end` records it.
            self._input = ABSENT
        except EXHAUSTED:
            self._context.pipeline.exhausted += 1
        except BaseException as error:  # noqa: BLE001 - the fault barrier, written out because it is measured
            self._break_off(error)
        try:
            if self.outer is None:
                # A fault of recording prevented `_tell_place` from setting the outer scope.
                self.outer = scope.innermost() or self._execution
            scope.enter(self)
            self._is_scope = True
        except EXHAUSTED:
            self._context.pipeline.exhausted += 1
        except BaseException as error:  # noqa: BLE001 - as above
            self._break_off(error)

    def _renew(self) -> None:
        pipeline = self._context.pipeline
        if not self.ended:
            self.held = False
            self.finish()
            # Set `ended` in a forked child, too, where the node's end is left to the parent.
            self.ended = True
        if self in pipeline.unwritten:
            pipeline.write_unwritten()
            if self in pipeline.unwritten:
                # The end of the previous run needs all data of that run.
                pipeline.unwritten[self.set_aside(self._execution)] = pipeline.unwritten.pop(self)
        # Until here, the scope that the node was left in may be a scope that has ended.
        scope.enter(scope.innermost())
        self._head = self._late_input = self._output = b""
        self._error = self._stream = self._parent = self.outer = None
        self.ended = self._is_counted = self.held = False

    def _break_off(self, error: BaseException) -> None:
        # A fault of recording doesn't prevent the block from running. A signal handler's exception
        # does prevent it, and then nothing else ends the node.
        try:
            self._context.pipeline.swallow(error)
        except BaseException:
            self.finish(error)
            raise

    def set_aside(self, execution: Execution) -> NodeRun:
        """
        Make an object that ends the node's last run when the node begins another run.

        Args:
            execution: The execution that the last run belongs to.

        Returns:
            The object that represents the last run.
        """
        before = object.__new__(type(self))
        vars(before).update(vars(self))
        before.move_to(execution)
        return before

    def move_to(self, execution: Execution) -> None:
        """
        Move the node to another object for the same run, because its execution begins another run.

        Args:
            execution: The object that represents the node's run from now on.
        """
        self._execution = execution
        self._open_nodes = execution.open_nodes

    @property
    def is_ours(self) -> bool:
        """Whether the node began in this process, and not in the process that was forked."""
        return self._process is scope.process

    def show_life(self) -> None:
        """Record again that the node runs."""
        self._execution.messages.node(self._head + b',"status":"running"')

    def place_for_child(self) -> int | None:
        """
        Return the node's place in the run, for a node that begins within it.

        Returns:
            The place; None where the node has not begun.
        """
        return self.sequence

    def _tell_place(self) -> None:
        self._process = scope.process
        outer = scope.innermost()
        self.outer = self._execution if outer is None else outer
        if isinstance(outer, NodeRun) and outer.execution is self._execution:
            self._parent = outer.place_for_child()
        self._take_place()

    def _take_place(self) -> None:
        execution = self._execution
        self.sequence = execution.next_place()
        # Read this after the place, because a forked child's execution then has other open nodes.
        self._open_nodes = execution.open_nodes
        attempt = self._attempt or execution.origins.attempt(self._parent, self._node_id)
        self._head = b'%b,"sequence":%d,"attempt":%d' % (
            self._context.names.node(self._node_id, self._name, self._type),
            self.sequence,
            attempt,
        )
        if self._parent is not None:
            self._head += b',"parentSequence":%d' % self._parent
        if execution.process is not self._process:
            self._head += b',"processId":"%b"' % self._context.pipeline.process_id.encode()

    def end(self, error: BaseException | None = None) -> None:
        """
        End the node; `with` calls this.

        Args:
            error: The exception that ended the node, if any.
        """
        try:
            self._leave(error)
            self.finish(error)
        except EXHAUSTED:
            self.end_later(error)
        except BaseException as failure:  # noqa: BLE001 - as in `begin`
            self.finish(error)
            self._context.pipeline.swallow(failure)

    def _leave(self, error: BaseException | None) -> None:
        # The garbage collector raises GeneratorExit in whichever context is running, and the scope
        # of that context must not change.
        if self._is_scope and (error is None or not issubclass(type(error), GeneratorExit)):
            scope.enter(self.outer)
        self._is_scope = False

    def finish(self, error: BaseException | None = None) -> None:
        """
        End the node and leave the scope of the running code unchanged.

        A finalizer may call this method. A finalizer can interrupt any code, and setting a context
        variable while another one is being set crashes the interpreter.

        Args:
            error: The exception that ended the node, if any.
        """
        end_ns = time.perf_counter_ns()
        if self._head and self._process is not scope.process:
            # Only the parent can end a node that began before a fork.
            return
        if self.ended or (error is None and self.held):
            return
        self._end_ns = end_ns
        try:
            self.write_end(error, end_ns)
            # Set `ended` last, because code that receives an exception ends the node again if it
            # has not ended.
            self.ended = True
        except BaseException as failure:  # noqa: BLE001 - as in `begin`
            self._context.pipeline.unwritten[self] = (error, end_ns)
            self.ended = True
            self._open_nodes.pop(self.sequence, None)
            try:
                self._context.pipeline.recover(failure)
            except EXHAUSTED:
                self._context.pipeline.exhausted += 1
                if not isinstance(failure, Exception):
                    raise failure from None

    def amend(self, error: BaseException) -> None:
        """
        Record which exception failed the node, where that is known only after its end.

        Args:
            error: The exception.
        """
        with self._context.barrier:
            self.write_end(error, self._end_ns)

    def write_end(self, error: BaseException | None, end_ns: int) -> None:
        """
        Append the message of the node's end; appending the message again is harmless.

        Args:
            error: The exception that ended the node; None when there is none.
            end_ns: When the node ended, in nanoseconds of the monotonic clock.
        """
        execution, context = self._execution, self._context
        if self._given_output is not ABSENT:
            value, self._given_output = self._given_output, ABSENT
            self._output = context.payload(value, "output")
        if self._stream is not None and not self._output:
            self._output = context.redactor.payload(self._stream.json(), "output")
        failure = self._error
        if error is not None:
            origin = execution.origins.note(error, self._node_id, self._start_ns)
            own = origin == self._node_id
            failure = describe_exception(
                error, None if own else origin, context.redactor, stack=own
            )
        if not self._is_counted:
            self._is_counted = True
            execution.origins.note_attempt(self._parent, self._node_id, failed=failure is not None)
        status: Literal[b"success", b"error"] = b"success" if failure is None else b"error"
        start_ns = self._start_ns or end_ns
        if not self._head:
            self._tell_place()
        if self._input is not ABSENT:
            value, self._input = self._input, ABSENT
            self._late_input = context.payload(value, "input")
            execution.messages.node(self._head + b',"status":"running"', b"input", self._late_input)
        execution.messages.node(
            b'%b,"status":"%b","completedAt":%b,"durationMs":%b%b'
            % (
                self._head,
                status,
                execution.timeline.at(end_ns),
                duration_ms(start_ns, end_ns),
                error_member(failure),
            ),
            b"output" if self._output else b"",
            self._output,
        )
        self._open_nodes.pop(self.sequence, None)
        if execution.ended or execution.process is not self._process:
            execution.note_idle()

    def end_later(self, error: BaseException | None) -> None:
        """
        Have the node's end written where there is more stack or memory.

        `__exit__` does the same without a call.

        Args:
            error: The exception that ended the node; None when there is none.
        """
        pipeline = self._context.pipeline
        pipeline.exhausted += 1
        held = self.held and error is None
        if not self.ended and not held and self._process is scope.process:
            pipeline.unwritten[self] = (error, None)
            self.ended = True
            self._open_nodes.pop(self.sequence, None)

    def __enter__(self) -> Self:
        try:
            self.begin()
            return self  # noqa: TRY300 - a signal handler may raise here, too
        except EXHAUSTED:
            self._context.pipeline.exhausted += 1
        except BaseException as error:  # noqa: BLE001 - as in `begin`
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
            # Don't call a method here, because there is no stack for a call; see `_end_later`.
            pipeline = self._context.pipeline
            pipeline.exhausted += 1
            held = self.held and error is None
            if not self.ended and not held and self._process is scope.process:
                pipeline.unwritten[self] = (error, None)
                self.ended = True
                self._open_nodes.pop(self.sequence, None)
        except BaseException as failure:  # noqa: BLE001 - as in `begin`
            self.finish(error)
            self._context.pipeline.swallow(failure)

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.__exit__(kind, error, trace)
