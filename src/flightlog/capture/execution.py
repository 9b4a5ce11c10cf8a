"""
Owns `Execution`: one run of a workflow, while it runs.

The public methods of `Execution` are a fault barrier: they count and report each fault of
recording, and no fault reaches the workflow. `flightlog.capture.node` owns node executions, and
`flightlog.capture.messages` writes the messages.
"""

from __future__ import annotations

import contextvars
import itertools
import os
import time
from collections import UserDict
from collections.abc import Mapping
from types import MappingProxyType, TracebackType
from typing import Any, Final, Self, get_args

from msgspec import Struct
from uuid_utils import uuid7

from flightlog.capture import scope
from flightlog.capture.context import CaptureContext
from flightlog.capture.copies import CopiedAsItself, key_for
from flightlog.capture.encoding.attributes import attribute, behind, has_base
from flightlog.capture.error_origins import ErrorOrigins, frames_left_by
from flightlog.capture.exceptions import describe_exception, describe_failure
from flightlog.capture.ids import as_text, new_run_id, usable_id
from flightlog.capture.messages import (
    Messages,
    Moment,
    Timeline,
    duration_ms,
    error_member,
    members,
    now,
)
from flightlog.capture.node import ABSENT, NodeRun
from flightlog.capture.settings import ThreadScope
from flightlog.record.model import ExecutionError, ExecutionMode, Trigger
from flightlog.signal_handlers import EXHAUSTED

_CHILD_PLACES: Final = 1 << 24
_CHILD_BITS: Final = 28
"""The sum of both stays below 2**53, up to which every JSON parser keeps integers exact."""
_MANUAL: Final = "manual"
_CAPTURE: Final = __name__.rpartition(".")[0]
_MODES: Final = frozenset(get_args(ExecutionMode))


def first_child_place() -> int:
    """
    Choose the first node number of a further process that takes part in an execution.

    Returns:
        A random multiple of the block of numbers that each process gets.
    """
    chosen = int.from_bytes(os.urandom(4), "little") >> (32 - _CHILD_BITS)
    return _CHILD_PLACES * (1 + chosen)


class ExecutionDetails(Struct, frozen=True, kw_only=True):
    """The details of an execution that are known at its beginning."""

    trigger: Mapping[str, Any] | Trigger | str | None = None
    """`{"type": …, "data": …, "isSimulated": …}`, or a type alone; None means `manual`."""
    execution_id: str | None = None
    """1 to 128 printable characters; None makes a new id."""
    mode: ExecutionMode | None = None
    """`test` or `production`."""
    parent_execution_id: str | None = None
    """
    The execution whose sub-workflow this is; None: the execution in which this one begins, if any.
    """
    retry_of: str | None = None
    """The execution that this one replays."""
    tags: Mapping[str, str] | None = None
    """Free key and value text."""


class Execution(CopiedAsItself):
    """
    One run of a workflow; a context manager, and an asynchronous context manager.

    No method raises, whatever fails in recording. In another process, an unpickled execution
    accepts nodes, as in a forked child.

    Args:
        context: The objects that all executions of the recorder share.
        details: The details that are known at the beginning.
    """

    def __init__(self, context: CaptureContext, details: ExecutionDetails) -> None:
        self._context = context
        self._details = details
        self.process = scope.process
        """Identifies the process in which the execution began, as `scope.process`."""
        self._counted_in = scope.process
        self._places = itertools.count()
        self._start: Moment | None = None
        self._end_ns = 0
        self._messages: Messages | None = None
        self._error: ExecutionError | None = None
        self._is_begun = False
        self._is_scope = False
        self.id: str = _optional_id(details.execution_id) or str(uuid7())
        """The execution's id in the history."""
        self.run_id: str | None = None
        """Which run of that id this is; None before the first message."""
        self.outer: scope.Scope | None = None
        """The scope in which the execution began."""
        self.token: contextvars.Token[scope.Scope | None] | None = None
        """Knows the context in which the execution began."""
        self.ended = False
        """Whether the execution has ended."""
        self.origins = ErrorOrigins()
        """Remembers which nodes exceptions came from, and which nodes run again."""
        self.timeline = Timeline(now())
        """The times of the execution."""
        self.open_nodes: dict[int | None, NodeRun] = {}
        """The node executions that run in this process, by their places."""

    def __repr__(self) -> str:
        return f"<Execution {self.id} of {self._context.workflow_id!r}>"

    def __reduce__(self) -> str | tuple[Any, ...]:
        from flightlog.capture.joined import execution_from  # noqa: PLC0415 - it imports this module

        settings, details = self._context.recorder, self._details
        # Leave out the trigger's data and the tags, because they may hold secrets.
        kept = ExecutionDetails(
            trigger=self._context.names.name(_split_trigger(details.trigger)[0]),
            execution_id=self.id,
            mode=details.mode,
            parent_execution_id=_optional_id(details.parent_execution_id),
            retry_of=_optional_id(details.retry_of),
        )
        head = b"" if self._messages is None else self._messages.head
        return execution_from, (
            settings,
            key_for(self),
            kept,
            (self.run_id, head, self.ended),
        )

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
            self._error = describe_failure(message, kind, self._context.redactor)

    @property
    def messages(self) -> Messages:
        """The writer of the execution's messages."""
        if self._messages is None:
            self._messages = self._new_messages()
        return self._messages

    def next_place(self) -> int:
        """
        Return the place of the execution's next node execution.

        Returns:
            A number that no other node execution of the run has.
        """
        if self._counted_in is not scope.process:
            # A forked child continues in its own block of numbers, so that no two nodes share a
            # number.
            self._counted_in = scope.process
            self.open_nodes = {}
            self._places = itertools.count(first_child_place() + next(self._places))
        return next(self._places)

    def _new_messages(self) -> Messages:
        context = self._context
        self.run_id = new_run_id()
        identity = {
            "id": self.id,
            "runId": self.run_id,
            "workflowId": context.workflow_id,
            "workflowName": context.names.name(context.workflow_name),
            "processId": context.pipeline.process_id,
        }
        self._start = self._start or now()
        self.timeline = Timeline(self._start)
        started_at = self.timeline.at(self._start.monotonic_ns)
        return Messages(context.append, identity, started_at)

    def begin(self) -> None:
        """
        Begin the execution; `with` calls this.

        Beginning an ended execution again begins another run.
        """
        if self.ended or (self._messages is not None and self.process is not scope.process):
            self._renew()
        try:
            self.process = scope.process
            self.outer = self._find_outer()
            self._begin()
        except EXHAUSTED:
            self._context.pipeline.exhausted += 1
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
            self._context.pipeline.exhausted += 1
        except BaseException as error:  # noqa: BLE001 - as above
            self._break_off(error)

    def _find_outer(self) -> scope.Scope | None:
        outer = scope.innermost()
        # A node of this execution that ran before the execution began has left the execution as the
        # scope.
        return None if outer is not None and outer.execution is self else outer

    def _break_off(self, error: BaseException) -> None:
        # See `NodeRun._break_off`.
        try:
            self._context.pipeline.swallow(error)
        except BaseException:
            self.finish(error)
            raise

    def _set_aside(self) -> None:
        """
        Hand what still runs of the previous run to another object.

        The other object represents the previous run from now on. A coroutine, a stream or a thread
        may outlive its run, and the end of a run may still wait to be written. None of these
        belongs to the run that begins.
        """
        pipeline = self._context.pipeline
        late = [run for run in list(pipeline.unwritten) if run.execution is self]
        still_open = [node for node in list(self.open_nodes.values()) if node.is_ours]
        if not late and not still_open:
            return
        before = object.__new__(type(self))
        vars(before).update(vars(self))
        before.open_nodes = {node.sequence: node for node in still_open}
        for run in (*late, *still_open):
            if isinstance(run, NodeRun):
                run.move_to(before)
            else:
                pipeline.unwritten[before] = pipeline.unwritten.pop(run)
        if still_open:
            before.note_busy()

    def _renew(self) -> None:
        self._set_aside()
        self._messages = self._start = self._error = None
        self._places = itertools.count()
        self.origins = ErrorOrigins()
        self.open_nodes = {}
        self.token = None
        self.ended = self._is_begun = self._is_scope = False

    def _begin(self) -> None:
        context, details = self._context, self._details
        self._start = self._start or now()
        parent, parent_run = _optional_id(details.parent_execution_id), None
        if parent is None:
            found = scope.parent_run()
            if found is not None and found.execution_id != self.id:
                parent, parent_run = found
        rest = members(
            {
                "projectId": context.project_id,
                "executionMode": details.mode if details.mode in _MODES else None,
                "parentExecutionId": parent,
                "parentRunId": parent_run,
                "retryOf": _optional_id(details.retry_of),
                "tags": _clean_tags(details.tags, context),
            }
        )
        # Don't use the id as the key, because a caller may have given one id to two executions.
        context.pipeline.running[self] = self._show_life
        self._tell_trigger(details.trigger, rest)
        self._is_begun = True

    def retrigger(self, trigger: Mapping[str, Any]) -> None:
        """
        Replace the recorded trigger, e.g. when a request's body has arrived.

        Args:
            trigger: The whole trigger: `{"type": …, "data": …}`.
        """
        with self._context.barrier:
            self._tell_trigger(trigger, b"")

    def note_busy(self) -> None:
        """Note that this process works for the execution, which runs in the parent."""
        self._context.pipeline.running[self] = self._show_life

    def note_idle(self) -> None:
        """Note that a node execution has ended after its execution, or in another process."""
        if not self.open_nodes:
            self._context.pipeline.running.pop(self, None)

    def _show_life(self) -> None:
        with self._context.barrier:
            if self.process is scope.process and not self.ended:
                self.messages.execution(b"running", b"")
                return
            for node in list(self.open_nodes.values()):
                node.show_life()

    def _tell_trigger(self, trigger: object, rest: bytes) -> None:
        kind, data, simulated = _split_trigger(trigger)
        payload = b"" if data is ABSENT else self._context.payload(data, "trigger")
        head = {"type": self._context.names.name(kind), "isSimulated": simulated}
        rest += b',"trigger":{' + members(head)[1:]
        if payload:
            self.messages.execution(b"running", rest + b',"data":', payload)
        else:
            self.messages.execution(b"running", rest + b"}")

    def end(self, error: BaseException | None = None) -> None:
        """
        End the execution; `with` calls this.

        Args:
            error: The exception that ended the execution, if any.
        """
        if self.ended:
            return
        try:
            self.finish(error)
            self.leave()
        except EXHAUSTED:
            self._end_later(error)
        except BaseException as failure:  # noqa: BLE001 - the fault barrier, as in `NodeRun.end`
            self.finish(error)
            self._context.pipeline.swallow(failure)

    def leave(self) -> None:
        """Restore the scope in which the execution began."""
        if self._is_scope:
            before = None if self.token is None else self.token.old_value
            # Restore the previous scope and not `outer`, because executions that begin later are
            # linked to the previous scope even if it has ended.
            scope.enter(None if before is contextvars.Token.MISSING else before)
            self._is_scope = False

    def finish(self, error: BaseException | None = None) -> None:
        """
        End the execution and leave the scope unchanged, as `NodeRun.finish` does.

        Args:
            error: The exception that ended the execution, if any.
        """
        end_ns = time.perf_counter_ns()
        # Only the parent can end an execution that began before a fork.
        if self.ended or self.process is not scope.process:
            return
        pipeline = self._context.pipeline
        self._end_ns = end_ns
        try:
            if error is not None:
                self._end_struck(error)
            if pipeline.unwritten:
                # No node may appear as running in an execution that has ended.
                pipeline.write_unwritten()
            self.write_end(error, end_ns)
            # See `NodeRun.finish`.
            self.ended = True
        except BaseException as failure:  # noqa: BLE001 - the fault barrier, as in `NodeRun.finish`
            pipeline.unwritten[self] = (error, end_ns)
            self.ended = True
            try:
                pipeline.recover(failure)
            except EXHAUSTED:
                pipeline.exhausted += 1
                if not isinstance(failure, Exception):
                    raise failure from None

    def amend(self, error: BaseException) -> None:
        """
        Record which exception failed the execution, where that is known only after its end.

        Args:
            error: The exception.
        """
        with self._context.barrier:
            self.write_end(error, self._end_ns)

    def _end_struck(self, error: BaseException) -> None:
        # A signal handler may raise just as a node's block is entered or left, before the node can
        # handle the exception. The node then has no end. The exception's traceback still shows the
        # frames that it left: a method of the node, or the call of a decorated function.
        for frame in frames_left_by(error):
            if str(frame.f_globals.get("__name__")).startswith(_CAPTURE):
                for value in frame.f_locals.values():
                    # If the exception was raised within `__init__`, the attribute does not exist
                    # yet.
                    is_running = type(value) is NodeRun and not getattr(value, "ended", True)
                    if is_running and value.begun and value.execution is self:
                        value.finish(error)

    def _end_later(self, error: BaseException | None) -> None:
        # `__exit__` does the same where not even this method can be called.
        pipeline = self._context.pipeline
        pipeline.exhausted += 1
        if not self.ended and self.process is scope.process:
            pipeline.unwritten[self] = (error, None)
            self.ended = True

    def write_end(self, error: BaseException | None, end_ns: int) -> None:
        """
        Append the message of the execution's end; appending the message again is harmless.

        Args:
            error: The exception that ended the execution; None when there is none.
            end_ns: When the execution ended, in nanoseconds of the monotonic clock.
        """
        context = self._context
        if not self._is_begun:
            self._begin()
        failure = self._error
        if error is not None:
            failure = describe_exception(error, self.origins.find(error), context.redactor)
        start = self._start or Moment(0, end_ns)
        self.messages.execution(
            b"success" if failure is None else b"error",
            b'%b,"completedAt":%b,"durationMs":%b'
            % (
                error_member(failure),
                self.timeline.at(end_ns),
                duration_ms(min(start.monotonic_ns, end_ns), end_ns),
            ),
        )
        # A node that another thread still runs keeps the process from counting as idle.
        if not self.open_nodes:
            context.pipeline.running.pop(self, None)
        if context.settings.durability == "power":
            context.pipeline.sync()

    @property
    def threads(self) -> ThreadScope:
        """The threads that get the scope of the execution."""
        return self._context.settings.threads

    @property
    def execution(self) -> Self:
        """The execution itself: a scope's `execution`, as for a node."""
        return self

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
            if not self.ended and self.process is scope.process:
                pipeline.unwritten[self] = (error, None)
                self.ended = True
        except BaseException as failure:  # noqa: BLE001 - as in `end`
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


def _split_trigger(trigger: object) -> tuple[str, object, bool | None]:
    if trigger is None:
        return _MANUAL, ABSENT, None
    # Compare the type, because `isinstance` reads an object's class, and a lazy object then
    # evaluates itself.
    given: Any = trigger
    if issubclass(type(given), str):
        return as_text(given), ABSENT, None
    if type(given) is Trigger:
        return as_text(given.type), given.data, given.is_simulated
    members = _dict_of(given)
    if members is None:
        return _MANUAL, given, None
    simulated = dict.get(members, "isSimulated")
    return (
        as_text(dict.get(members, "type", _MANUAL)),
        dict.get(members, "data", ABSENT),
        None if simulated is None else simulated is True,
    )


def _clean_tags(tags: Mapping[str, str] | None, context: CaptureContext) -> dict[str, str] | None:
    members = _dict_of(tags) or {}
    texts = {as_text(name): as_text(value) for name, value in dict.items(members)}
    return context.redactor.tags(texts) if texts else None


def _dict_of(given: object) -> dict[Any, Any] | None:
    """Return the dict that a value is, or that a proxy or a `UserDict` holds; otherwise None."""
    mapping: Any = behind(given) if type(given) is MappingProxyType else given
    if not issubclass(type(mapping), dict):
        mapping = attribute(mapping, "data") if has_base(type(mapping), UserDict) else None
    return mapping if issubclass(type(mapping), dict) else None


def _optional_id(given: str | None) -> str | None:
    text = "" if given is None else as_text(given)
    return usable_id(text) if text else None
