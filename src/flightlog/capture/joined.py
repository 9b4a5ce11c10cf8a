"""
Executions and nodes of another process, which this one records nodes into.

That is what becomes of a pickled `Execution` or `NodeRun` in another process: it goes on there as
it does in a forked child. Only the process that began the execution or the node says how it went.
"""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from flightlog.capture import copies, scope
from flightlog.capture.context import CaptureContext
from flightlog.capture.copies import RecorderSettings
from flightlog.capture.execution import Execution, ExecutionDetails, first_child_place
from flightlog.capture.messages import Messages
from flightlog.capture.node import ABSENT, NodeRun

T = TypeVar("T")

_numbering: tuple[object, Iterator[int]] = (None, itertools.count())


class JoinedExecution(Execution):
    """
    An execution that another process began; nodes can be recorded into it here.

    As a context manager it only makes itself the scope of its block, whose decorated functions
    are then its nodes. Its end, and `fail`, are left to the process that began it.

    Args:
        context: What the executions of its recorder share in this process.
        execution_id: Its id.
        run_id: Which run of that id it is.
        head: How each of its messages begins.
    """

    def __init__(
        self, context: CaptureContext, execution_id: str, run_id: str | None, head: bytes
    ) -> None:
        super().__init__(context, ExecutionDetails(execution_id=execution_id))
        # It began in another process, so that its nodes name this one.
        self.process = object()
        self.run_id = run_id
        self._messages = Messages.resumed(context.append, head)

    def next_place(self) -> int:
        """The place of its next node: in numbers of this process's own, for all such executions."""
        global _numbering  # noqa: PLW0603 - one for the process
        process, places = _numbering
        if process is not scope.process:
            places = itertools.count(first_child_place())
            _numbering = (scope.process, places)
        if self._counted_in is not scope.process:
            # The nodes that ran when this process was forked are the parent's.
            self._counted_in = scope.process
            self.open_nodes = {}
        return next(places)

    def begin(self) -> None:
        """Make it the scope of the running code."""
        self.outer = scope.innermost()
        scope.enter(self)

    def end(self, error: BaseException | None = None) -> None:  # noqa: ARG002 - as for any other
        """Leave its scope."""
        scope.enter(self.outer)

    def finish(self, error: BaseException | None = None) -> None:
        """Do nothing: it goes on."""

    def fail(self, message: str, *, kind: str | None = None) -> None:
        """Do nothing: its own process says how it went."""

    def retrigger(self, trigger: Mapping[str, Any]) -> None:
        """Do nothing: its own process says what started it."""


class JoinedNode(NodeRun):
    """
    A node that another process began; as a scope, what runs within it here is its child.

    Args:
        execution: Its execution, in this process.
        context: What the executions of its recorder share in this process.
        node_id: Its id.
        sequence: Its place in the execution.
    """

    def __init__(
        self, execution: Execution, context: CaptureContext, node_id: str, sequence: int | None
    ) -> None:
        super().__init__(
            execution, context, node_id=node_id, name=None, type="function", input=ABSENT
        )
        self.sequence = sequence
        # Only the process that began the node records its end.
        self._process = None

    @property
    def input(self) -> bytes:
        """Nothing: it is in the other process."""
        return b""

    @input.setter  # noqa: A003 - the record's own word
    def input(self, value: object) -> None:
        """Do nothing: its own process says what it is given."""

    @property
    def output(self) -> bytes:
        """Nothing: it is in the other process."""
        return b""

    @output.setter
    def output(self, value: object) -> None:
        """Do nothing: its own process says what it returns."""

    def fail(self, message: str, *, kind: str | None = None) -> None:
        """Do nothing: its own process says how it went."""

    def stream(self, items: Iterable[T]) -> Iterator[T]:
        """Pass items on without recording them."""
        return iter(items)

    def stream_async(self, items: AsyncIterable[T]) -> AsyncIterator[T]:
        """Pass items on without recording them."""
        return aiter(items)

    def skip(self) -> None:
        """Do nothing: its own process says whether it runs."""

    def begin(self) -> None:
        """Make it the scope of the running code."""
        self.outer = scope.innermost()
        scope.enter(self)

    def end(self, error: BaseException | None = None) -> None:  # noqa: ARG002 - as for any other
        """Leave its scope."""
        scope.enter(self.outer)

    def finish(self, error: BaseException | None = None) -> None:
        """Do nothing: it goes on."""


def execution_from(
    settings: RecorderSettings,
    key: str,
    details: ExecutionDetails,
    progress: tuple[str | None, bytes, bool],
) -> Execution:
    """
    Unpickle an execution: the same one in its own process, else one that goes on here.

    Args:
        settings: Its recorder's.
        key: Its own.
        details: Its id, and what else begins it where it has not begun.
        progress: Which run of that id it is, how each of its messages begins (None and empty where
            it has not begun), and whether it has ended.
    """
    found = copies.shared(key)
    if isinstance(found, Execution):
        return found
    context = _context_for(settings)
    made = Execution(context, details)
    run_id, head, ended = progress
    if head:
        made = JoinedExecution(context, made.id, run_id, head)
        made.ended = ended
    copies.keep_key(made, key)
    return made


def node_from(
    settings: RecorderSettings, key: str, execution: Execution, node_id: str, sequence: int | None
) -> NodeRun:
    """
    Unpickle a node: the same one in its own process, else a scope for what runs within it here.

    Args:
        settings: Its recorder's.
        key: Its own.
        execution: Its execution, unpickled.
        node_id: Its id.
        sequence: Its place in the execution.
    """
    found = copies.shared(key)
    if isinstance(found, NodeRun):
        return found
    made = JoinedNode(execution, _context_for(settings), node_id, sequence)
    copies.keep_key(made, key)
    return made


def _context_for(settings: RecorderSettings) -> CaptureContext:
    # Where the recorder's own class is unknown, any recorder records executions alike.
    from flightlog.capture.recorder import Recorder  # noqa: PLC0415 - it imports executions

    return copies.recorder_for(Recorder, settings).context
