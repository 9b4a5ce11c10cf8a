"""
Owns the node that represents a whole run: it begins and ends the execution with itself.

Calls of decorated functions make such nodes. `WorkflowCall` and `NodeCall` are classes and not
nested functions, so that a decorated function can be pickled with them.
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
        except BaseException as error:  # noqa: BLE001 - the fault barrier, as in `NodeRun.begin`
            self._break_off(error)

    def end(self, error: BaseException | None = None) -> None:
        """End the node and the execution; see `NodeRun.end`."""
        try:
            super().end(error)
        finally:
            # See `NodeRun.end`.
            if error is None or not issubclass(type(error), GeneratorExit):
                self.execution.leave()

    def write_end(self, error: BaseException | None, end_ns: int) -> None:
        """Append the messages of both ends; see `NodeRun.write_end`."""
        super().write_end(error, end_ns)
        self.execution.finish(error)

    def fail(self, message: str, *, kind: str | None = None) -> None:
        """Mark the node and the execution as failed; see `NodeRun.fail`."""
        super().fail(message, kind=kind)
        self.execution.fail(message, kind=kind)

    def amend(self, error: BaseException) -> None:
        """Record which exception failed the node and the execution; see `NodeRun.amend`."""
        super().amend(error)
        self.execution.amend(error)


class WorkflowCall:
    """
    Makes the execution that records one call of a decorated workflow.

    Args:
        recorder: Records the call.
        trigger: The trigger's type.
    """

    def __init__(self, recorder: Recorder, trigger: str) -> None:
        self._recorder = recorder
        self._trigger = trigger

    def __call__(self, arguments: Mapping[str, Any]) -> NodeRun:
        """Make the root node of the execution, from the call's arguments."""
        trigger = {"type": self._trigger, "data": arguments}
        return self._recorder.root(trigger=trigger, input=arguments)

    def swallow(self, fault: BaseException) -> None:
        """Count a fault that prevented a call from being recorded; see `NewNode.swallow`."""
        self._recorder.context.pipeline.swallow(fault)


class NodeCall:
    """
    Makes the node that records one call of a decorated function.

    Args:
        recorder: Records a call outside of any execution, as a run of one node.
        node_id: The node's id.
        name: The node's name for people; the id when None.
        type: The node's type.
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
        """Make the root node of the execution, from the call's arguments."""
        execution = self._recorder.current
        if execution is None:
            trigger = {"type": DIRECT, "data": describe_caller()}
            return self._recorder.run_of_one(
                self._node_id, self._name, self._type, trigger=trigger, input=arguments
            )
        return execution.node(self._node_id, self._name, self._type, input=arguments)

    def swallow(self, fault: BaseException) -> None:
        """Count a fault that prevented a call from being recorded; see `NewNode.swallow`."""
        self._recorder.context.pipeline.swallow(fault)
