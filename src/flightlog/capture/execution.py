"""
Owns `Execution`: one run of a workflow, while it runs.

`flightlog.capture.runs` owns how a run begins and ends, `flightlog.capture.node` owns node
executions, and `flightlog.capture.messages` writes the messages.
"""

from __future__ import annotations

import contextvars
import itertools
from collections.abc import Mapping
from typing import Any, Final, Self

from flightlog.capture import pickling, process, scope
from flightlog.capture.context import CaptureContext
from flightlog.capture.details import (
    ABSENT,
    ExecutionDetails,
    clean_id,
    clean_tags,
    split_trigger,
)
from flightlog.capture.error_origins import ErrorOrigins, iterate_frames
from flightlog.capture.exceptions import describe_exception, describe_failure
from flightlog.capture.ids import choose_sequence_block, make_run_id, to_text
from flightlog.capture.messages import (
    Messages,
    Moment,
    Timeline,
    encode_error,
    encode_members,
    format_duration,
    read_clocks,
)
from flightlog.capture.misuse import (
    LATE_FAILURE,
    LATE_NAME,
    find_mode,
    report_unknown_attributes,
    report_unusable_details,
)
from flightlog.capture.node import NodeRun
from flightlog.capture.runs import Run
from flightlog.capture.settings import ThreadScope
from flightlog.signal_handlers import EXHAUSTED

EXECUTION: Final = "execution"
"""The kind of executions in pickles."""
_CAPTURE: Final = __name__.rpartition(".")[0]
NAME_CHARACTERS: Final = 200
"""The longest name of a run."""
_ADVICE: Final = (
    "an execution has a `name`; pass `tags` and the rest to `recorder.execution(…)`, and values of "
    "the run to a node's `output`"
)


class Execution(Run):
    """
    One run of a workflow; a context manager, and an asynchronous context manager.

    No method raises, whatever fails in recording. In another process, an unpickled execution
    accepts nodes, as in a forked child.

    Args:
        context: The objects that all executions of the recorder share.
        details: The details that are known at the beginning.
    """

    def __init__(self, context: CaptureContext, details: ExecutionDetails) -> None:
        super().__init__(context)
        self._details = details
        self._counted_in = self.process
        self._sequences = itertools.count()
        self._start: Moment | None = None
        self._messages: Messages | None = None
        self._has_trigger = False
        self._name = details.name
        self.id: str = clean_id(details.execution_id) or make_run_id()
        """The execution's id in the history."""
        self.run_id: str | None = None
        """Which run of that id this is; None before the first message."""
        self.token: contextvars.Token[scope.Scope | None] | None = None
        """Knows the context in which the execution began."""
        self.origins = ErrorOrigins()
        """Remembers which nodes exceptions came from, and which nodes run again."""
        self.timeline = Timeline(read_clocks())
        """The times of the execution."""
        self.open_nodes = {}

    def __repr__(self) -> str:
        return f"<Execution {self.id} of {self._context.workflow_id!r}>"

    def __reduce__(self) -> str | tuple[Any, ...]:
        context, details = self._context, self._details
        # Leave out the trigger's data and the tags, because they may hold secrets.
        kept = ExecutionDetails(
            trigger=context.names.name(split_trigger(details.trigger)[0]),
            execution_id=self.id,
            mode=details.mode,
            parent_execution_id=clean_id(details.parent_execution_id),
            retry_of=clean_id(details.retry_of),
        )
        head = b"" if self._messages is None else self._messages.head
        arguments = (context.settings, kept, (self.run_id, head, self.ended))
        return pickling.unpickle, (EXECUTION, pickling.assign_key(self), *arguments)

    def node(
        self,
        node_id: str,
        name: str | None = None,
        type: str = "function",  # noqa: A002 - the record's own word
        *,
        input: object = ABSENT,  # noqa: A002 - the record's own word
        attempt: int | None = None,
    ) -> NodeRun:
        """
        Record a node: `with execution.node("charge", "Charge card", input=order) as node:`.

        Args:
            node_id: The node's id in the workflow.
            name: The node's name for people; the id when None.
            type: The node's type, e.g. `httpRequest`.
            input: The node's input, any value.
            attempt: The number of the attempt, counted from 1. None counts automatically: a node
                that runs again in the same place right after it failed is on its next attempt.

        Returns:
            A context manager, also an asynchronous one, whose `output` takes the result.
        """
        return NodeRun(
            self,
            self._context,
            node_id=node_id,
            name=name,
            type=type,
            input=input,
            attempt=attempt,
        )

    def skip(
        self,
        node_id: str,
        name: str | None = None,
        type: str = "function",  # noqa: A002 - the record's own word
    ) -> None:
        """
        Record that a node does not run, e.g. a node of a branch that is not taken.

        Args:
            node_id: The node's id in the workflow.
            name: The node's name for people; the id when None.
            type: The node's type.
        """
        self.node(node_id, name, type).skip()

    def fail(self, message: str, *, kind: str | None = None) -> None:
        """
        Mark the execution as failed, even if no exception ends it.

        Args:
            message: The reason, for people.
            kind: The kind of error; any text.
        """
        with self._context.barrier:
            if self.ended:
                self._context.barrier.report_misuse(LATE_FAILURE)
            self._error = describe_failure(message, kind, self._context.redactor)

    @property
    def messages(self) -> Messages:
        """The writer of the execution's messages."""
        if self._messages is None:
            self._messages = self._new_messages()
        return self._messages

    def next_sequence(self) -> int:
        """
        Return the sequence number of the execution's next node execution.

        Returns:
            A number that no other node execution of the run has.
        """
        if self._counted_in is not process.identity:
            # A forked child continues in its own block of numbers, so that no two nodes share a
            # number.
            self._counted_in = process.identity
            self.open_nodes = {}
            self._sequences = itertools.count(choose_sequence_block() + next(self._sequences))
        return next(self._sequences)

    def _new_messages(self) -> Messages:
        context = self._context
        self.run_id = make_run_id()
        identity = {
            "id": self.id,
            "runId": self.run_id,
            "workflowId": context.workflow_id,
            "workflowName": context.names.name(context.workflow_name),
            "processId": context.pipeline.process_id,
        }
        self._start = self._start or read_clocks()
        self.timeline = Timeline(self._start)
        started_at = self.timeline.write_time(self._start.monotonic_ns)
        return Messages(context.append, identity, started_at)

    def begin(self) -> None:
        """
        Begin the execution; `with` calls this.

        Beginning an ended execution again begins another run.
        """
        if self.ended or (self._messages is not None and self.process is not process.identity):
            self._renew()
        try:
            self.process = process.identity
            self._is_begun = True
            self.outer = self._find_outer()
            self._begin()
        except EXHAUSTED:
            self._context.barrier.exhausted += 1
        except BaseException as error:  # noqa: BLE001 - the fault barrier, as in `NodeRun.begin`
            self._break_off(error)
        try:
            if self.outer is None:
                # Either the execution has no outer scope, or a fault of recording prevented
                # `_find_outer`.
                self.outer = self._find_outer()
            self.token = scope.enter(self)
            self._is_scope = True
        except EXHAUSTED:
            self._context.barrier.exhausted += 1
        except BaseException as error:  # noqa: BLE001 - as above
            self._break_off(error)

    def _find_outer(self) -> scope.Scope | None:
        outer = scope.find_innermost()
        # The scope may still be this execution, because a node ran before the execution began.
        return None if outer is not None and outer.execution is self else outer

    def _split_off(self) -> None:
        """
        Move the open nodes and the unwritten end of the previous run to another object.

        The other object represents the previous run from now on. A coroutine, a stream or a thread
        may outlive its run, and the end of a run may still wait to be written. None of these
        belongs to the run that begins.
        """
        barrier = self._context.barrier
        late = [run for run in list(barrier.unwritten) if run.execution is self]
        still_open = [node for node in list(self.open_nodes.values()) if node.began_here]
        if not late and not still_open:
            return
        before = object.__new__(type(self))
        vars(before).update(vars(self))
        before.open_nodes = {node.sequence: node for node in still_open}
        for run in (*late, *still_open):
            if isinstance(run, NodeRun):
                run.move_to(before)
            else:
                barrier.unwritten[before] = barrier.unwritten.pop(run)
        if still_open:
            before.note_busy()

    def _renew(self) -> None:
        self._split_off()
        self._messages = self._start = self._error = None
        self._sequences = itertools.count()
        self.origins = ErrorOrigins()
        self.open_nodes = {}
        self.token = None
        self.ended = self._has_trigger = self._is_scope = False

    def _begin(self) -> None:
        context, details = self._context, self._details
        self._start = self._start or read_clocks()
        parent, parent_run = clean_id(details.parent_execution_id), None
        if parent is None:
            found = scope.find_parent_run()
            if found is not None and found.execution_id != self.id:
                parent, parent_run = found.execution_id, found.run_id
        rest = encode_members(
            {
                "projectId": context.project_id,
                "executionMode": find_mode(details.mode),
                "parentExecutionId": parent,
                "parentRunId": parent_run,
                "retryOf": clean_id(details.retry_of),
                "tags": clean_tags(details.tags, context.redactor),
                "name": self._clean_name(),
            }
        )
        report_unusable_details(details, context.barrier)
        # Don't use the id as the key, because a caller may have given one id to two executions.
        context.pipeline.running[self] = self._report_running
        self._record_trigger(details.trigger, rest)
        self._has_trigger = True

    @property
    def name(self) -> str | None:
        """The run's name for people, as given."""
        return self._name

    @name.setter
    def name(self, name: str | None) -> None:
        with self._context.barrier:
            if self.ended:
                self._context.barrier.report_misuse(LATE_NAME)
        self.rename(name)

    def rename(self, name: str | None, *, at_once: bool = True) -> None:
        """
        Give the run a name, e.g. once its result is known.

        Args:
            name: The run's name for people.
            at_once: Record the name now, and not only with the run's beginning or end.
        """
        self._name = name
        if at_once and self._has_trigger and not self.ended:
            with self._context.barrier:
                self.messages.write_execution(
                    b"running", encode_members({"name": self._clean_name()})
                )

    def _clean_name(self) -> str | None:
        if self._name is None:
            return None
        return self._context.redactor.part(to_text(self._name), 0, NAME_CHARACTERS)

    def retrigger(self, trigger: Mapping[str, Any]) -> None:
        """
        Replace the recorded trigger, e.g. when a request's body has arrived.

        Args:
            trigger: The whole trigger: `{"type": …, "data": …}`.
        """
        with self._context.barrier:
            self._record_trigger(trigger, b"")

    def note_busy(self) -> None:
        """Note that this process works for the execution, which runs in the parent."""
        self._context.pipeline.running[self] = self._report_running

    def note_idle(self) -> None:
        """Note that a node execution has ended after its execution, or in another process."""
        if not self.open_nodes:
            self._context.pipeline.running.pop(self, None)

    def _report_running(self) -> None:
        with self._context.barrier:
            if self.process is process.identity and not self.ended:
                self.messages.write_execution(b"running", b"")
                return
            for node in list(self.open_nodes.values()):
                node.report_running()

    def _record_trigger(self, trigger: object, rest: bytes) -> None:
        kind, data, simulated = split_trigger(trigger)
        payload = b"" if data is ABSENT else self._context.payloads.encode(data, "trigger")
        head = {"type": self._context.names.name(kind), "isSimulated": simulated}
        rest += b',"trigger":{' + encode_members(head)[1:]
        if payload:
            self.messages.write_execution(b"running", rest + b',"data":', payload)
        else:
            self.messages.write_execution(b"running", rest + b"}")

    def leave(self, error: BaseException | None = None) -> None:  # noqa: ARG002 - as `Run.leave`
        """Restore the scope in which the execution began; see `Run.leave`."""
        if self._is_scope:
            before = None if self.token is None else self.token.old_value
            # Restore the previous scope and not `outer`, because executions that begin later are
            # linked to the previous scope even if it has ended.
            scope.enter(None if before is contextvars.Token.MISSING else before)
            self._is_scope = False

    def end_inner_runs(self, error: BaseException | None) -> None:
        """
        End nodes whose ends are missing, because none may run in an execution that has ended.

        Args:
            error: The exception that ended the execution, if any.
        """
        if error is not None:
            self._end_interrupted_nodes(error)
        self._context.barrier.write_unwritten()

    def _end_interrupted_nodes(self, error: BaseException) -> None:
        # A signal handler may raise just as a node's block is entered or left, before the node can
        # handle the exception. The node then has no end. The exception's traceback still shows the
        # frames that it left: a method of the node, or the call of a decorated function.
        for frame in iterate_frames(error):
            if str(frame.f_globals.get("__name__")).startswith(_CAPTURE):
                for value in frame.f_locals.values():
                    is_running = type(value) is NodeRun and value.begun and not value.ended
                    if is_running and value.execution is self:
                        value.finish(error)

    def write_end(self, error: BaseException | None, end_ns: int) -> None:
        """Append the message of the execution's end; see `Run.write_end`."""
        context = self._context
        if not self._has_trigger:
            self._begin()
        failure = self._error
        if error is not None:
            failure = describe_exception(error, self.origins.find(error), context.redactor)
        start = self._start or Moment(0, end_ns)
        self.messages.write_execution(
            b"success" if failure is None else b"error",
            b'%b%b,"completedAt":%b,"durationMs":%b'
            % (
                encode_members({"name": self._clean_name()}),
                encode_error(failure),
                self.timeline.write_time(end_ns),
                format_duration(min(start.monotonic_ns, end_ns), end_ns),
            ),
        )
        if context.barrier.checks_left > 0:
            report_unknown_attributes(self, "execution", _ADVICE, context.barrier)
        # A node that another thread still runs keeps the process from counting as idle.
        if not self.open_nodes:
            context.pipeline.running.pop(self, None)
        if context.settings.durability == "power":
            context.pipeline.sync()

    def sequence_for_child(self) -> int | None:
        """
        Return the sequence number of the scope, for a node that begins within it.

        Returns:
            None, because an execution is no node.
        """
        return None

    @property
    def threads(self) -> ThreadScope:
        """The threads that get the scope of the execution."""
        return self._context.threads

    @property
    def execution(self) -> Self:
        """The execution itself: a scope's `execution`, as for a node."""
        return self
