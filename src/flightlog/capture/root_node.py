"""
A node that is the run of a whole workflow: it begins and ends the execution with itself.

The calls of decorated functions make it: `WorkflowCall` and `NodeCall` are objects, not nested
functions, so that a decorated function can be pickled with them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from flightlog.capture.node import NodeRun
from flightlog.capture.outside import DIRECT, describe_caller

if TYPE_CHECKING:
    from flightlog.capture.recorder import Recorder


class RootNode(NodeRun):
    """The first node of an execution, which holds all others."""

    def begin(self) -> None:
        """Begin the execution and the node."""
        try:
            self.execution.begin()
            super().begin()
        except BaseException as error:  # noqa: BLE001 - the outer wall, as in `NodeRun.begin`
            self._break_off(error)

    def end(self, error: BaseException | None = None) -> None:
        """End the node, and the execution with it."""
        try:
            super().end(error)
        finally:
            # As in `NodeRun.end`.
            if error is None or not issubclass(type(error), GeneratorExit):
                self.execution.leave()

    def write_end(self, error: BaseException | None, end_ns: int) -> None:
        """Append the messages of both their ends."""
        super().write_end(error, end_ns)
        self.execution.finish(error)

    def fail(self, message: str, *, kind: str | None = None) -> None:
        """Make it, and the execution, an error, though no exception ends them."""
        super().fail(message, kind=kind)
        self.execution.fail(message, kind=kind)

    def amend(self, error: BaseException) -> None:
        """Say which exception made both an error, where that is known only after their end."""
        super().amend(error)
        self.execution.amend(error)


class WorkflowCall:
    """
    Makes the execution that records one call of a decorated workflow.

    Args:
        recorder: Records it.
        trigger: The trigger's type.
    """

    def __init__(self, recorder: Recorder, trigger: str) -> None:
        self._recorder = recorder
        self._trigger = trigger

    def __call__(self, arguments: Mapping[str, Any]) -> NodeRun:
        """Make it, from the call's arguments."""
        trigger = {"type": self._trigger, "data": arguments}
        return self._recorder.root(trigger=trigger, input=arguments)

    def swallow(self, fault: BaseException) -> None:
        """Count a fault that kept a call from being recorded."""
        self._recorder.context.journal.swallow(fault)


class NodeCall:
    """
    Makes the node that records one call of a decorated function.

    Args:
        recorder: Records it where the call is in no execution: then it is a run of one node.
        node_id: The node's id.
        name: Its name for people; the id when None.
        type: Its type.
    """

    def __init__(
        self,
        recorder: Recorder,
        node_id: str,
        name: str | None,
        type: str,  # noqa: A002 - the record's own word
    ) -> None:
        self._recorder = recorder
        self._node_id = node_id
        self._name = name
        self._type = type

    def __call__(self, arguments: Mapping[str, Any]) -> NodeRun:
        """Make it, from the call's arguments."""
        execution = self._recorder.current
        if execution is None:
            trigger = {"type": DIRECT, "data": describe_caller()}
            return self._recorder.run_of_one(
                self._node_id, self._name, self._type, trigger=trigger, input=arguments
            )
        return execution.node(self._node_id, self._name, self._type, input=arguments)

    def swallow(self, fault: BaseException) -> None:
        """Count a fault that kept a call from being recorded."""
        self._recorder.context.journal.swallow(fault)
