"""
`Execution`: one run of a workflow, while it runs.

Its public methods are the outer wall: what goes wrong in recording is counted and reported there,
and never reaches the workflow.
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
"""Together they stay below 2**53, up to which every JSON parser keeps whole numbers exact."""
_MANUAL: Final = "manual"
_CAPTURE: Final = __name__.rpartition(".")[0]
_MODES: Final = frozenset(get_args(ExecutionMode))


def first_child_place() -> int:
    """Choose where a further process that takes part in an execution begins to number its nodes."""
    chosen = int.from_bytes(os.urandom(4), "little") >> (32 - _CHILD_BITS)
    return _CHILD_PLACES * (1 + chosen)


class ExecutionDetails(Struct, frozen=True, kw_only=True):
    """What is known of an execution when it begins."""

    trigger: Mapping[str, Any] | Trigger | str | None = None
    """`{"type": …, "data": …, "isSimulated": …}`, or a type alone; None is `manual`."""
    execution_id: str | None = None
    """1 to 128 printable characters; made when None."""
    mode: ExecutionMode | None = None
    """`test` or `production`."""
    parent_execution_id: str | None = None
    """Whose sub-workflow it is; None: of the execution that it is begun in, if any."""
    retry_of: str | None = None
    """The execution that it replays."""
    tags: Mapping[str, str] | None = None
    """Free key and value text."""


class Execution(CopiedAsItself):
    """
    One run of a workflow; a context manager, and an asynchronous one.

    No method of it raises, whatever goes wrong in recording. Pickled to another process, it is an
    execution there that nodes can be recorded into, as in a forked child.

    Args:
        context: What all executions of the recorder share.
        details: What is known of it.
    """

    def __init__(self, context: CaptureContext, details: ExecutionDetails) -> None:
        self._context = context
        self._details = details
        self.process = scope.process
        """Stands for the process that it began in, as `scope.process`."""
        self._counted_in = scope.process
        self._places = itertools.count()
        self._start: Moment | None = None
        self._end_ns = 0
        self._messages: Messages | None = None
        self._error: ExecutionError | None = None
        self._is_begun = False
        self._is_scope = False
        self.id: str = _optional_id(details.execution_id) or str(uuid7())
        """Its id in the history."""
        self.run_id: str | None = None
        """Which run of that id it is; None before its first message."""
        self.outer: scope.Scope | None = None
        """What it was begun in."""
        self.token: contextvars.Token[scope.Scope | None] | None = None
        """Knows the context that it was begun in."""
        self.ended = False
        """Whether it has ended."""
        self.origins = ErrorOrigins()
        """Which nodes its exceptions came from, and which of them run again."""
        self.timeline = Timeline(now())
        """Its times."""
        self.open_nodes: dict[int | None, NodeRun] = {}
        """Its node executions that run in this process, by their places."""

    def __repr__(self) -> str:
        return f"<Execution {self.id} of {self._context.workflow_id!r}>"

    def __reduce__(self) -> str | tuple[Any, ...]:
        from flightlog.capture.joined import execution_from  # noqa: PLC0415 - it imports this module

        settings, details = self._context.recorder, self._details
        # Without the trigger's data and the tags, which may hold secrets.
        kept = ExecutionDetails(
            trigger=self._context.identities.name(_split_trigger(details.trigger)[0]),
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
            name: Its name for people; the id when None.
            type: Its type, e.g. `httpRequest`.
            input: What it is given, anything.
            attempt: Which attempt it is, counted from 1. None counts by itself: a node that runs
                again right after it failed, in the same place, is on its next attempt.

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
        """Record that a node does not run, e.g. one of a branch that is not taken."""
        self.node(node_id, name, type).skip()

    def fail(self, message: str, *, kind: str | None = None) -> None:
        """
        Make it an error, though no exception ends it.

        Args:
            message: Why, for people.
            kind: What kind of error; any text.
        """
        with self._context.wall:
            self._error = describe_failure(message, kind, self._context.redactor)

    @property
    def messages(self) -> Messages:
        """Writes its messages."""
        if self._messages is None:
            self._messages = self._new_messages()
        return self._messages

    def next_place(self) -> int:
        """The place of its next node execution."""
        if self._counted_in is not scope.process:
            # A forked child goes on counting in numbers of its own, so that no two nodes share one.
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
            "workflowName": context.identities.name(context.workflow_name),
            "processId": context.journal.process_id,
        }
        self._start = self._start or now()
        self.timeline = Timeline(self._start)
        started_at = self.timeline.at(self._start.monotonic_ns)
        return Messages(context.append, identity, started_at)

    def begin(self) -> None:
        """Begin it; `with` does so. Beginning it again when it has ended begins another run."""
        if self.ended or (self._messages is not None and self.process is not scope.process):
            self._renew()
        try:
            self.process = scope.process
            self.outer = self._find_outer()
            self._begin()
        except EXHAUSTED:
            self._context.journal.exhausted += 1
        except BaseException as error:  # noqa: BLE001 - the outer wall, as in `NodeRun.begin`
            self._break_off(error)
        try:
            if self.outer is None:
                # It was begun in none, or an exception of ours kept it from being known.
                self.outer = self._find_outer()
            self.token = scope.enter(self)
            self._is_scope = True
        except EXHAUSTED:
            self._context.journal.exhausted += 1
        except BaseException as error:  # noqa: BLE001 - as above
            self._break_off(error)

    def _find_outer(self) -> scope.Scope | None:
        outer = scope.innermost()
        # A node of it that ran before it began has left it behind as the scope.
        return None if outer is not None and outer.execution is self else outer

    def _break_off(self, error: BaseException) -> None:
        # As `NodeRun._break_off`.
        try:
            self._context.journal.swallow(error)
        except BaseException:
            self.finish(error)
            raise

    def _set_aside(self) -> None:
        """
        Leave what still runs of the run before to another object, which is that run from now on.

        A coroutine, a stream or a thread may outlive its run, and the end of a run may wait for
        being written. None of that belongs to the run that begins.
        """
        journal = self._context.journal
        late = [run for run in list(journal.unwritten) if run.execution is self]
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
                journal.unwritten[before] = journal.unwritten.pop(run)
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
        # Not by its id, which a caller may have given to two.
        context.journal.running[self] = self._show_life
        self._tell_trigger(details.trigger, rest)
        self._is_begun = True

    def retrigger(self, trigger: Mapping[str, Any]) -> None:
        """
        Say more of what started it, e.g. when a request's body has arrived.

        Args:
            trigger: All of it: `{"type": …, "data": …}`.
        """
        with self._context.wall:
            self._tell_trigger(trigger, b"")

    def note_busy(self) -> None:
        """Note that this process is busy with it, although it runs in another, the parent."""
        self._context.journal.running[self] = self._show_life

    def note_idle(self) -> None:
        """Note that a node execution has ended, after the execution or in a process beside it."""
        if not self.open_nodes:
            self._context.journal.running.pop(self, None)

    def _show_life(self) -> None:
        with self._context.wall:
            if self.process is scope.process and not self.ended:
                self.messages.execution(b"running", b"")
                return
            for node in list(self.open_nodes.values()):
                node.show_life()

    def _tell_trigger(self, trigger: object, rest: bytes) -> None:
        kind, data, simulated = _split_trigger(trigger)
        payload = b"" if data is ABSENT else self._context.payload(data, "trigger")
        told = {"type": self._context.identities.name(kind), "isSimulated": simulated}
        rest += b',"trigger":{' + members(told)[1:]
        if payload:
            self.messages.execution(b"running", rest + b',"data":', payload)
        else:
            self.messages.execution(b"running", rest + b"}")

    def end(self, error: BaseException | None = None) -> None:
        """End it; `with` does so."""
        if self.ended:
            return
        try:
            self.finish(error)
            self.leave()
        except EXHAUSTED:
            self._end_later(error)
        except BaseException as failure:  # noqa: BLE001 - the outer wall, as in `NodeRun.end`
            self.finish(error)
            self._context.journal.swallow(failure)

    def leave(self) -> None:
        """Make the scope that it was begun in the one of the running code again."""
        if self._is_scope:
            before = None if self.token is None else self.token.old_value
            # Not `outer`: one that has ended is what executions that begin later are linked to.
            scope.enter(None if before is contextvars.Token.MISSING else before)
            self._is_scope = False

    def finish(self, error: BaseException | None = None) -> None:
        """End it and leave the scope of the running code as it is, as `NodeRun.finish` does."""
        end_ns = time.perf_counter_ns()
        # One that began before a fork is the parent's, who goes on with it.
        if self.ended or self.process is not scope.process:
            return
        journal = self._context.journal
        self._end_ns = end_ns
        try:
            if error is not None:
                self._end_struck(error)
            if journal.unwritten:
                # Nodes must not be shown as running in an execution that has ended.
                journal.write_unwritten()
            self.write_end(error, end_ns)
            # As in `NodeRun.finish`.
            self.ended = True
        except BaseException as failure:  # noqa: BLE001 - the outer wall, as in `NodeRun.finish`
            journal.unwritten[self] = (error, end_ns)
            self.ended = True
            try:
                journal.recover(failure)
            except EXHAUSTED:
                journal.exhausted += 1
                if not isinstance(failure, Exception):
                    raise failure from None

    def amend(self, error: BaseException) -> None:
        """Say which exception made it an error, where that is known only after its end."""
        with self._context.wall:
            self.write_end(error, self._end_ns)

    def _end_struck(self, error: BaseException) -> None:
        # An exception that strikes just as a node's block is entered or left, before anything in
        # the node can deal with it, leaves it without an end. The exception still shows the frames
        # that it has left: a method of the node, or the call of a decorated function.
        for frame in frames_left_by(error):
            if str(frame.f_globals.get("__name__")).startswith(_CAPTURE):
                for value in frame.f_locals.values():
                    # Where it struck within `__init__`, there is no attribute yet.
                    is_running = type(value) is NodeRun and not getattr(value, "ended", True)
                    if is_running and value.begun and value.execution is self:
                        value.finish(error)

    def _end_later(self, error: BaseException | None) -> None:
        # Where this can't be called either, `__exit__` does the same.
        journal = self._context.journal
        journal.exhausted += 1
        if not self.ended and self.process is scope.process:
            journal.unwritten[self] = (error, None)
            self.ended = True

    def write_end(self, error: BaseException | None, end_ns: int) -> None:
        """
        Append the message of its end; to append it again does no harm.

        Args:
            error: What ended it; None when nothing did.
            end_ns: When it ended, by the monotonic clock.
        """
        context = self._context
        if not self._is_begun:
            self._begin()
        told = self._error
        if error is not None:
            told = describe_exception(error, self.origins.find(error), context.redactor)
        start = self._start or Moment(0, end_ns)
        self.messages.execution(
            b"success" if told is None else b"error",
            b'%b,"completedAt":%b,"durationMs":%b'
            % (
                error_member(told),
                self.timeline.at(end_ns),
                duration_ms(min(start.monotonic_ns, end_ns), end_ns),
            ),
        )
        # A node that another thread still runs keeps the process from counting as idle.
        if not self.open_nodes:
            context.journal.running.pop(self, None)
        if context.settings.durability == "power":
            context.journal.sync()

    @property
    def threads(self) -> ThreadScope:
        """Into which threads its scope goes."""
        return self._context.settings.threads

    @property
    def execution(self) -> Self:
        """Itself: the execution that a scope belongs to."""
        return self

    def __enter__(self) -> Self:
        try:
            self.begin()
            return self  # noqa: TRY300 - an exception may strike here, too
        except EXHAUSTED:
            self._context.journal.exhausted += 1
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
            # Without a call, for which there is no stack: see `_end_later`.
            journal = self._context.journal
            journal.exhausted += 1
            if not self.ended and self.process is scope.process:
                journal.unwritten[self] = (error, None)
                self.ended = True
        except BaseException as failure:  # noqa: BLE001 - as in `end`
            self.finish(error)
            self._context.journal.swallow(failure)

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
    # By its type: `isinstance` asks an object for its class, and a lazy one evaluates itself then.
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
    """The dict that a value is, or that a proxy or a `UserDict` holds; None of any other value."""
    mapping: Any = behind(given) if type(given) is MappingProxyType else given
    if not issubclass(type(mapping), dict):
        mapping = attribute(mapping, "data") if has_base(type(mapping), UserDict) else None
    return mapping if issubclass(type(mapping), dict) else None


def _optional_id(given: str | None) -> str | None:
    text = "" if given is None else as_text(given)
    return usable_id(text) if text else None
