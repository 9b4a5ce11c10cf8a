"""
Records nodes into executions and nodes that another process began.

A pickled `Execution` or `NodeRun` becomes an object of this module in another process and continues
as in a forked child. Only the process that began the execution or node records how it ended.
`flightlog.capture.pickling` owns the pickling.
"""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from flightlog.capture import pickling, process, scope
from flightlog.capture.context import CaptureContext, find_context
from flightlog.capture.details import ABSENT, ExecutionDetails
from flightlog.capture.execution import EXECUTION, Execution
from flightlog.capture.ids import choose_sequence_block
from flightlog.capture.messages import Messages
from flightlog.capture.node import NODE, NodeRun
from flightlog.capture.settings import RecorderSettings

T = TypeVar("T")

_numbering: tuple[object, Iterator[int]] = (None, itertools.count())


class RemoteExecution(Execution):
    """
    An execution that another process began; this process can record nodes into it.

    As a context manager, the object only makes itself the scope of its block; decorated functions
    called in the block become nodes of the execution. The end, and `fail`, are left to the process
    that began the execution.

    Args:
        context: The objects that the recorder's executions share in this process.
        execution_id: The execution's id.
        run_id: Which run of that id this is.
        head: The beginning of each of the execution's messages.
    """

    def __init__(
        self, context: CaptureContext, execution_id: str, run_id: str | None, head: bytes
    ) -> None:
        super().__init__(context, ExecutionDetails(execution_id=execution_id))
        # The execution began in another process, so its nodes must name this process.
        self.process = object()
        self.run_id = run_id
        self._messages = Messages.resume(context.append, head)

    def next_sequence(self) -> int:
        """
        Return the sequence number of the next node.

        Returns:
            A number of this process's own block, which all joined executions share.
        """
        global _numbering  # noqa: PLW0603 - one block for the process
        counted_in, sequences = _numbering
        if counted_in is not process.identity:
            sequences = itertools.count(choose_sequence_block())
            _numbering = (process.identity, sequences)
        if self._counted_in is not process.identity:
            # Nodes that ran when this process was forked belong to the parent.
            self._counted_in = process.identity
            self.open_nodes = {}
        return next(sequences)

    def begin(self) -> None:
        """Make the execution the scope of the running code."""
        self.outer = scope.find_innermost()
        scope.enter(self)

    def end(self, error: BaseException | None = None) -> None:  # noqa: ARG002 - as `Execution.end`
        """Leave the scope of the execution; see `Execution.end`."""
        scope.enter(self.outer)

    def finish(self, error: BaseException | None = None) -> None:
        """Do nothing, because the execution continues; see `Execution.finish`."""

    def fail(self, message: str, *, kind: str | None = None) -> None:
        """Do nothing, because its own process records the outcome; see `Execution.fail`."""

    def retrigger(self, trigger: Mapping[str, Any]) -> None:
        """Do nothing, because its own process records the trigger; see `Execution.retrigger`."""


class RemoteNode(NodeRun):
    """
    A node that another process began; nodes that run in its scope here are its children.

    Args:
        execution: The node's execution, in this process.
        context: The objects that the recorder's executions share in this process.
        node_id: The node's id.
        sequence: The node's number in the execution.
    """

    def __init__(
        self, execution: Execution, context: CaptureContext, node_id: str, sequence: int | None
    ) -> None:
        super().__init__(
            execution, context, node_id=node_id, name=None, type="function", input=ABSENT
        )
        self.sequence = sequence
        # Only the process that began the node records its end.
        self.process = None

    @property
    def input(self) -> bytes:
        """Always empty, because the input is in the other process."""
        return b""

    @input.setter  # noqa: A003 - the record's own word
    def input(self, value: object) -> None:
        """Do nothing, because its own process records the input; see `NodeRun.input`."""

    @property
    def output(self) -> bytes:
        """Always empty, because the input is in the other process."""
        return b""

    @output.setter
    def output(self, value: object) -> None:
        """Do nothing, because its own process records the output; see `NodeRun.output`."""

    def fail(self, message: str, *, kind: str | None = None) -> None:
        """Do nothing, because its own process records the outcome; see `Execution.fail`."""

    def stream(self, items: Iterable[T]) -> Iterator[T]:
        """Pass items on without recording them; see `NodeRun.stream`."""
        return iter(items)

    def stream_async(self, items: AsyncIterable[T]) -> AsyncIterator[T]:
        """Pass items on without recording them; see `NodeRun.stream`."""
        return aiter(items)

    def skip(self) -> None:
        """Do nothing, because its own process records whether the node runs."""

    def begin(self) -> None:
        """Make the execution the scope of the running code."""
        self.outer = scope.find_innermost()
        scope.enter(self)

    def end(self, error: BaseException | None = None) -> None:  # noqa: ARG002 - as `Execution.end`
        """Leave the scope of the execution; see `Execution.end`."""
        scope.enter(self.outer)

    def finish(self, error: BaseException | None = None) -> None:
        """Do nothing, because the execution continues; see `Execution.finish`."""


def _continue_execution(
    settings: RecorderSettings,
    details: ExecutionDetails,
    progress: tuple[str | None, bytes, bool],
) -> Execution:
    """
    Unpickle an execution of another process.

    Args:
        settings: The settings of the execution's recorder.
        details: The execution's id, and the details for its beginning where it has not begun.
        progress: Which run of that id this is, the beginning of each message (None and empty where
            the execution has not begun), and whether the execution has ended.

    Returns:
        An execution that continues in this process.
    """
    context = find_context(settings)
    execution = Execution(context, details)
    run_id, head, ended = progress
    if head:
        execution = RemoteExecution(context, execution.id, run_id, head)
        execution.ended = ended
    return execution


def _continue_node(
    settings: RecorderSettings, execution: Execution, node_id: str, sequence: int | None
) -> NodeRun:
    """
    Unpickle a node of another process.

    Args:
        settings: The settings of the node's recorder.
        execution: The node's execution, unpickled.
        node_id: The node's id.
        sequence: The node's number in the execution.

    Returns:
        A scope for nodes that run within the node here.
    """
    return RemoteNode(execution, find_context(settings), node_id, sequence)


pickling.set_unpickler(EXECUTION, _continue_execution)
pickling.set_unpickler(NODE, _continue_node)
