"""
`Execution`: one run of a workflow, while it runs.

Its public methods are the outer wall: what goes wrong in recording is counted and reported there,
and never reaches the workflow.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Final, Self, get_args

from msgspec import Struct
from uuid_utils import uuid7

from flightlog.capture import scope
from flightlog.capture.context import CaptureContext
from flightlog.capture.failures import error_of, told_error
from flightlog.capture.identities import new_run_id, text_of, usable_id
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
from flightlog.capture.origins import Origins
from flightlog.model import ExecutionError, ExecutionMode, Trigger

_CHILD_PLACES: Final = 1 << 24
_CHILD_BITS: Final = 28
"""Together they stay below 2**53, up to which every JSON parser keeps whole numbers exact."""
_MANUAL: Final = "manual"
_MODES: Final = frozenset(get_args(ExecutionMode))


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


class Execution:
    """
    One run of a workflow; a context manager, and an asynchronous one.

    No method of it raises, whatever goes wrong in recording.

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
        self._messages: Messages | None = None
        self._error: ExecutionError | None = None
        given = details.execution_id
        self.id: str = usable_id(given) if given else str(uuid7())
        """Its id in the history."""
        self.run_id: str | None = None
        """Which run of that id it is; None before its first message."""
        self.outer: scope.Scope | None = None
        """What it was begun in."""
        self.ended = False
        """Whether it has ended."""
        self.origins = Origins()
        """Which nodes its exceptions came from, and which of them run again."""
        self.timeline = Timeline(now())
        """Its times."""
        self.open_nodes: dict[int, bytes] = {}
        """
        Its node executions that run in this process, by their places; with their members up to the
        status.
        """

    def __repr__(self) -> str:
        return f"<Execution {self.id} of {self._context.workflow_id!r}>"

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
            self._error = told_error(message, kind, self._context.redactor)

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
            chosen = int.from_bytes(os.urandom(4), "little") >> (32 - _CHILD_BITS)
            start = _CHILD_PLACES * (1 + chosen)
            self._places = itertools.count(start + next(self._places))
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
            with self._context.wall:
                self.process = scope.process
                self.outer = scope.innermost()
                self._begin()
            scope.enter(self)
        except BaseException as error:
            # A signal handler's: the block won't run, and nothing else ends it.
            self.finish(error)
            raise

    def _renew(self) -> None:
        self._messages = self._start = self._error = None
        self._places = itertools.count()
        self.origins = Origins()
        self.open_nodes = {}
        self.ended = False

    def _begin(self) -> None:
        context, details = self._context, self._details
        self._start = now()
        parent, parent_run = _id_of(details.parent_execution_id), None
        if parent is None and self.outer is not None:
            parent, parent_run = self.outer.execution.id, self.outer.execution.run_id
        rest = members(
            {
                "projectId": context.project_id,
                "executionMode": details.mode if details.mode in _MODES else None,
                "parentExecutionId": parent,
                "parentRunId": parent_run,
                "retryOf": _id_of(details.retry_of),
                "tags": _tags_of(details.tags, context),
            }
        )
        # Not by its id, which a caller may have given to two.
        context.journal.running[self] = self._show_life
        self._tell_trigger(details.trigger, rest)

    def retrigger(self, trigger: Mapping[str, Any]) -> None:
        """
        Say more of what started it, e.g. when a request's body has arrived.

        Args:
            trigger: All of it: `{"type": …, "data": …}`.
        """
        with self._context.wall:
            self._tell_trigger(trigger, b"")

    def note_node(self, place: int, members: bytes) -> None:
        """
        Note that a node execution runs in this process.

        Args:
            place: Its place in the run.
            members: Its members up to the status.
        """
        self.open_nodes[place] = members
        if self.process is not scope.process:
            # This process is busy with it, although it runs in the parent.
            self._context.journal.running[self] = self._show_life

    def forget_node(self, place: int | None) -> None:
        """Note that a node execution ends; by its place, None for one that had not begun."""
        if place is not None:
            self.open_nodes.pop(place, None)
        if not self.open_nodes and (self.ended or self.process is not scope.process):
            self._context.journal.running.pop(self, None)

    def _show_life(self) -> None:
        with self._context.wall:
            if self.process is scope.process and not self.ended:
                self.messages.execution(b"running", b"")
                return
            for members in list(self.open_nodes.values()):
                self.messages.node(members + b',"status":"running"')

    def _tell_trigger(self, trigger: object, rest: bytes) -> None:
        kind, data, simulated = _trigger_of(trigger)
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
            scope.enter(self.outer)
        except BaseException:
            self.finish(error)
            raise

    def finish(self, error: BaseException | None = None) -> None:
        """End it and leave the scope of the running code as it is, as `NodeRun.finish` does."""
        end_ns = now().monotonic_ns
        # One that began before a fork is the parent's, who goes on with it.
        if self.ended or self.process is not scope.process:
            return
        self.ended = True
        try:
            with self._context.wall:
                self._end(error, end_ns)
        except BaseException:
            # What a signal handler broke off may have been told or not; twice does no harm.
            with self._context.wall:
                self._end(error, end_ns)
            raise

    def _end(self, error: BaseException | None, end_ns: int) -> None:
        context = self._context
        told = self._error
        if error is not None:
            told = error_of(error, self.origins.find(error), context.redactor)
        messages = self.messages
        start = self._start or Moment(0, end_ns)
        messages.execution(
            b"success" if told is None else b"error",
            b'%b,"completedAt":%b,"durationMs":%b'
            % (
                error_member(told),
                self.timeline.at(end_ns),
                duration_ms(start.monotonic_ns, end_ns),
            ),
        )
        # A node that another thread still runs keeps the process from counting as idle.
        if not self.open_nodes:
            context.journal.running.pop(self, None)
        if context.settings.durability == "power":
            context.journal.sync()

    @property
    def execution(self) -> Self:
        """Itself: the execution that a scope belongs to."""
        return self

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


def _trigger_of(trigger: object) -> tuple[str, object, bool | None]:
    if trigger is None:
        return _MANUAL, ABSENT, None
    if isinstance(trigger, str):
        return trigger, ABSENT, None
    if isinstance(trigger, Trigger):
        return trigger.type, trigger.data, trigger.is_simulated
    if isinstance(trigger, Mapping):
        simulated = trigger.get("isSimulated")
        kind = text_of(trigger.get("type", _MANUAL))
        return kind, trigger.get("data", ABSENT), None if simulated is None else bool(simulated)
    return _MANUAL, trigger, None


def _tags_of(tags: Mapping[str, str] | None, context: CaptureContext) -> dict[str, str] | None:
    if not tags:
        return None
    texts = {text_of(name): text_of(value) for name, value in tags.items()}
    return context.redactor.tags(texts)


def _id_of(given: str | None) -> str | None:
    return usable_id(given) if given else None
