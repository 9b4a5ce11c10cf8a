"""
Owns `NodeRun`: one run of a node, while it runs.

`flightlog.capture.runs` owns how a run begins and ends, and `flightlog.capture.outputs` owns the
node's output.
"""

from __future__ import annotations

import time
from typing import Any, Final, Literal, Protocol, TypeVar

from flightlog.capture import pickling, process, scope
from flightlog.capture.context import CaptureContext
from flightlog.capture.details import ABSENT
from flightlog.capture.error_origins import ErrorOrigins
from flightlog.capture.exceptions import describe_exception, describe_failure
from flightlog.capture.ids import to_text
from flightlog.capture.logs import Entry, NodeLogs
from flightlog.capture.messages import Messages, Timeline, encode_error, format_duration
from flightlog.capture.misuse import LATE_FAILURE, report_unknown_attributes
from flightlog.capture.outputs import OutputRun
from flightlog.capture.settings import RecorderSettings
from flightlog.signal_handlers import EXHAUSTED

T = TypeVar("T")

NODE: Final = "node"
"""The kind of nodes in pickles."""
_ADVICE: Final = "a node has `input` and `output`"


class NodeOwner(scope.ExecutionScope, Protocol):
    """The execution of a node, as far as nodes and their users are concerned; see `Execution`."""

    process: object
    origins: ErrorOrigins
    timeline: Timeline
    open_nodes: dict[int | None, Any]

    @property
    def messages(self) -> Messages:
        """The writer of the execution's messages."""
        ...

    def next_sequence(self) -> int:
        """Return the sequence number of the execution's next node execution."""
        ...

    def note_busy(self) -> None:
        """Note that this process works for the execution, which runs in the parent."""
        ...

    def note_idle(self) -> None:
        """Note that a node execution has ended after its execution, or in another process."""
        ...

    def node(
        self,
        node_id: str,
        name: str | None = None,
        type: str = "function",  # noqa: A002 - the record's own word
        *,
        input: object = ABSENT,  # noqa: A002 - the record's own word
        attempt: int | None = None,
    ) -> NodeRun:
        """Record a node; see `Execution.node`."""
        ...

    def skip(self, node_id: str, name: str | None = None, type: str = "function") -> None:  # noqa: A002 - as above
        """Record that a node does not run; see `Execution.skip`."""
        ...

    def fail(self, message: str, *, kind: str | None = None) -> None:
        """Mark the execution as failed; see `Execution.fail`."""
        ...


class NodeRun(OutputRun):
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

    _head: bytes = b""
    """The members that each message about the node repeats; empty before the node begins."""
    _parent: int | None = None
    _start_ns: int = 0
    _late_input: bytes = b""
    _lacks_input: bool = False
    _is_counted: bool = False
    _logs: NodeLogs | None = None

    def __init__(
        self,
        execution: NodeOwner,
        context: CaptureContext,
        *,
        node_id: str,
        name: str | None,
        type: str,  # noqa: A002 - the record's own word
        input: object,  # noqa: A002 - the record's own word
        attempt: int | None = None,
    ) -> None:
        super().__init__(context)
        self._execution = execution
        self._node_id = to_text(node_id)
        self._name = self._node_id if name is None else name
        self._type = type
        self._input = input
        self._attempt = attempt if isinstance(attempt, int) and attempt > 0 else None
        self.open_nodes = execution.open_nodes

    def __repr__(self) -> str:
        return f"<NodeRun {self._node_id!r} in {self._execution!r}>"

    def __reduce__(self) -> str | tuple[Any, ...]:
        arguments = (self._context.settings, self._execution, self._node_id, self.sequence)
        return pickling.unpickle, (NODE, pickling.assign_key(self), *arguments)

    @property
    def execution(self) -> NodeOwner:
        """The execution that the node belongs to."""
        return self._execution

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
            self._late_input = self._context.payloads.encode(value, "input")
            head = self._head + b',"status":"running"'
            self._execution.messages.write_node(head, b"input", self._late_input)
        except EXHAUSTED:
            self._context.barrier.exhausted += 1
            self._input = value
        except BaseException as error:  # noqa: BLE001 - as in `begin`
            self._input = value
            self._context.barrier.swallow(error)

    def fail(self, message: str, *, kind: str | None = None) -> None:
        """
        Mark the node as failed, even if no exception ends it.

        Args:
            message: The reason, for people.
            kind: The kind of error; any text.
        """
        with self._context.barrier:
            if self.ended:
                self._context.barrier.report_misuse(LATE_FAILURE)
            self._error = describe_failure(message, kind, self._context.redactor)

    @property
    def settings(self) -> RecorderSettings:
        """The settings of the node's recorder."""
        return self._context.settings

    def redact_part(self, text: str, start: int, end: int) -> str:
        """
        Remove what is secret from a part of a text; see `flightlog.capture.logs`.

        Args:
            text: The text.
            start: Where the part starts.
            end: Where it ends.

        Returns:
            The part.
        """
        return self._context.redactor.part(text, start, end)

    def note_log(self, entry: Entry) -> None:
        """
        Keep a log record of the node.

        Args:
            entry: The record.
        """
        # Background work is worth recording once it logs.
        self.sequence_for_child()
        logs = self._logs
        if logs is None:
            logs = self._logs = NodeLogs()
        if logs.add(entry):
            self._write_logs(logs)

    def _write_logs(self, logs: NodeLogs) -> None:
        payload = self._context.payloads.encode(logs.take(), "logs")
        self._execution.messages.write_node(self._head + b',"status":"running"', b"logs", payload)

    def skip(self) -> None:
        """Record that the node doesn't run."""
        with self._context.barrier:
            self._join_scope()
            self._execution.messages.write_node(self._head + b',"status":"skipped"')
        self.ended = True

    def begin(self) -> None:
        """
        Begin the node; `with` calls this.

        Beginning the node again ends its run and begins another run.
        """
        try:
            if self.sequence is not None:
                self._renew()
            self._join_scope()
            given = self._input
            self._lacks_input = given is ABSENT
            payload = b"" if given is ABSENT else self._context.payloads.encode(given, "input")
            execution = self._execution
            self._start_ns = time.perf_counter_ns()
            self._head += b',"startedAt":' + execution.timeline.write_time(self._start_ns)
            head = self._head + b',"status":"running"'
            execution.messages.write_node(head, b"input" if payload else b"", payload)
            self.open_nodes[self.sequence] = self
            if execution.process is not self.process:
                execution.note_busy()
            # If the input could not be recorded here, `write_end` records it.
            self._input = ABSENT
        except EXHAUSTED:
            self._context.barrier.exhausted += 1
        except BaseException as error:  # noqa: BLE001 - the fault barrier, written out because it is measured
            self._break_off(error)
        try:
            if self.outer is None:
                # A fault of recording prevented `_join_scope` from setting the outer scope.
                self.outer = scope.find_innermost() or self._execution
            scope.enter(self)
            self._is_scope = True
        except EXHAUSTED:
            self._context.barrier.exhausted += 1
        except BaseException as error:  # noqa: BLE001 - as above
            self._break_off(error)

    def _renew(self) -> None:
        barrier = self._context.barrier
        if not self.ended:
            self.awaits_result = False
            self.finish()
            # Set `ended` in a forked child, too, where the node's end is left to the parent.
            self.ended = True
        if self in barrier.unwritten:
            barrier.write_unwritten()
            if self in barrier.unwritten:
                # The end of the previous run needs all data of that run.
                previous = self.split_off(self._execution)
                barrier.unwritten[previous] = barrier.unwritten.pop(self)
        # Until here, the scope that the node was left in may be a scope that has ended.
        scope.enter(scope.find_innermost())
        self._head = self._late_input = self._output = b""
        self._error = self._stream = self._parent = self.outer = self._logs = None
        self.ended = self._is_begun = self._is_counted = self.awaits_result = False

    def split_off(self, execution: NodeOwner) -> NodeRun:
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

    def move_to(self, execution: NodeOwner) -> None:
        """
        Move the node to another object for the same run, because its execution begins another run.

        Args:
            execution: The object that represents the node's run from now on.
        """
        self._execution = execution
        self.open_nodes = execution.open_nodes

    def report_running(self) -> None:
        """Record again that the node runs."""
        self._execution.messages.write_node(self._head + b',"status":"running"')

    def sequence_for_child(self) -> int | None:
        """
        Return the node's place in the run, for a node that begins within it.

        Returns:
            The place; None where the node has not begun.
        """
        return self.sequence

    def _join_scope(self) -> None:
        self.process = process.identity
        outer = scope.find_innermost()
        self.outer = self._execution if outer is None else outer
        # The first comparison only saves time.
        if (
            outer is not self._execution
            and outer is not None
            and outer.execution is self._execution
        ):
            self._parent = outer.sequence_for_child()
        self._identify()

    def _identify(self) -> None:
        execution = self._execution
        self.sequence = execution.next_sequence()
        # Read this after the sequence number, because a forked child's execution then has other
        # open nodes.
        self.open_nodes = execution.open_nodes
        attempt = self._attempt or 1
        if execution.origins.has_failures and not self._attempt:
            attempt = execution.origins.attempt(self._parent, self._node_id)
        self._head = b'%b,"sequence":%d,"attempt":%d' % (
            self._context.names.node(self._node_id, self._name, self._type),
            self.sequence,
            attempt,
        )
        self._is_begun = True
        if self._parent is not None:
            self._head += b',"parentSequence":%d' % self._parent
        if execution.process is not self.process:
            self._head += b',"processId":"%b"' % self._context.pipeline.process_id.encode()

    def leave(self, error: BaseException | None = None) -> None:
        """Restore the scope in which the node began; see `Run.leave`."""
        # The garbage collector raises GeneratorExit in whichever context is running, and the scope
        # of that context must not change.
        if self._is_scope and (error is None or not issubclass(type(error), GeneratorExit)):
            scope.enter(self.outer)
        self._is_scope = False

    def write_end(self, error: BaseException | None, end_ns: int) -> None:
        """Append the message of the node's end; see `Run.write_end`."""
        execution, context = self._execution, self._context
        if self._given_output is not ABSENT:
            value, self._given_output = self._given_output, ABSENT
            self._output = context.payloads.encode(value, "output")
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
            if failure is not None or execution.origins.has_failures:
                execution.origins.note_attempt(
                    self._parent, self._node_id, failed=failure is not None
                )
        status: Literal[b"success", b"error"] = b"success" if failure is None else b"error"
        start_ns = self._start_ns or end_ns
        if not self._head:
            self._join_scope()
        if self._input is not ABSENT:
            self._write_unwritten_input()
        if self._logs is not None and self._logs.is_unwritten:
            self._write_logs(self._logs)
        execution.messages.write_node(
            b'%b,"status":"%b","completedAt":%b,"durationMs":%b%b'
            % (
                self._head,
                status,
                execution.timeline.write_time(end_ns),
                format_duration(start_ns, end_ns),
                b"" if failure is None else encode_error(failure),
            ),
            b"output" if self._output else b"",
            self._output,
        )
        self.open_nodes.pop(self.sequence, None)
        if execution.ended or execution.process is not self.process:
            execution.note_idle()
        self._report_mistakes()

    def _write_unwritten_input(self) -> None:
        value, self._input = self._input, ABSENT
        self._late_input = self._context.payloads.encode(value, "input")
        self._execution.messages.write_node(
            self._head + b',"status":"running"', b"input", self._late_input
        )

    def _report_mistakes(self) -> None:
        # A misspelt attribute leaves a node without its input or output.
        lacks_value = not self._output or (self._lacks_input and not self._late_input)
        if lacks_value and self._context.barrier.checks_left > 0:
            report_unknown_attributes(self, "node", _ADVICE, self._context.barrier)
