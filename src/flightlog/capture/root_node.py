"""
Owns the node that represents a whole run, and makes the nodes of decorated functions' calls.

Such a node begins and ends the execution with itself. `WorkflowCall` and `NodeCall` are classes and
not nested functions, so that a decorated function can be pickled with them. A decorated node that
is called outside of any execution is a run of its own. A workflow that spreads its work over
threads seldom intends that, so the run's trigger records the place of the call, and
`flightlog doctor` counts these places.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Mapping
from types import FrameType
from typing import Any, Final, Protocol, cast

from flightlog.capture.context import CaptureContext
from flightlog.capture.details import fill
from flightlog.capture.exceptions import is_ours
from flightlog.capture.execution import Execution
from flightlog.capture.node import NodeRun

DIRECT: Final = "direct"
"""The trigger's type of a run that is one node called outside of any execution."""

_MAX_FRAMES: Final = 64
_LIBRARY: Final = os.path.dirname(threading.__file__)  # noqa: PTH120 - frames write paths like this
_MACHINERY: Final = tuple(
    f"{_LIBRARY}{os.sep}{name}"
    for name in (
        "threading.py",
        f"concurrent{os.sep}",
        f"asyncio{os.sep}",
        f"multiprocessing{os.sep}",
        "functools.py",
        "contextlib.py",
    )
)


class CallRecorder(Protocol):
    """Makes the nodes of calls; `Recorder` implements it."""

    @property
    def context(self) -> CaptureContext:
        """The objects that the recorder's executions share."""
        ...

    @property
    def current(self) -> Execution | None:
        """The execution of the running code; None if there is none."""
        ...

    def root(
        self,
        *,
        trigger: Mapping[str, Any],
        input: object,  # noqa: A002 - the record's own word
        name: str | None,
        tags: Mapping[str, str] | None,
    ) -> RootNode:
        """
        Make the node of a run of the whole workflow.

        Args:
            trigger: The trigger of the execution.
            input: The input of the node.
            name: The name of the run; None for none.
            tags: The tags of the execution.

        Returns:
            The node, which has not begun.
        """
        ...

    def run_of_one(
        self,
        node_id: str,
        name: str | None,
        type: str,  # noqa: A002 - the record's own word
        *,
        trigger: Mapping[str, Any],
        input: object,  # noqa: A002 - the record's own word
    ) -> RootNode:
        """
        Make the node of a run that consists of one node.

        Args:
            node_id: The node's id.
            name: The node's name; the id when None.
            type: The node's type.
            trigger: The trigger of the execution.
            input: The input of the node.

        Returns:
            The node, which has not begun.
        """
        ...


class RootNode(NodeRun):
    """The first node of an execution, which holds all others; begins and ends an `Execution`."""

    @property
    def execution(self) -> Execution:
        """The execution that the node begins and ends."""
        return cast(Execution, self._execution)

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
        name: The run's name; `{argument}` stands for an argument.
        tags: The run's tags; their values may contain arguments, too.
    """

    def __init__(
        self,
        recorder: CallRecorder,
        trigger: str,
        name: str | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        self._recorder = recorder
        self._trigger = trigger
        self._name = name
        self._tags = None if tags is None else dict(tags)

    def __call__(self, arguments: Mapping[str, Any]) -> NodeRun:
        """Make the root node of the execution, from the call's arguments."""
        trigger = {"type": self._trigger, "data": arguments}
        name, tags = self._name, self._tags
        return self._recorder.root(
            trigger=trigger,
            input=arguments,
            name=None if name is None else fill(name, arguments),
            tags=tags and {key: fill(value, arguments) for key, value in tags.items()},
        )

    def swallow(self, fault: BaseException) -> None:
        """Count a fault that prevented a call from being recorded; see `NewNode.swallow`."""
        self._recorder.context.barrier.swallow(fault)


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
        recorder: CallRecorder,
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
        self._recorder.context.barrier.swallow(fault)


def describe_caller() -> dict[str, str]:
    """
    Describe the nearest calling code, skipping Flightlog and the code that runs tasks and threads.

    Returns:
        `calledFrom`, e.g. `/srv/shop.py:12 in main`, and `thread`, the thread's name. Where a
        thread or an event loop called the node itself, `calledFrom` names the code in the thread or
        event loop.
    """
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - the only way, and documented
    nearest: FrameType | None = None
    for _ in range(_MAX_FRAMES):
        if frame is None:
            break
        filename = frame.f_code.co_filename
        if not is_ours(filename):
            nearest = nearest or frame
            if not filename.startswith(_MACHINERY):
                nearest = frame
                break
        frame = frame.f_back
    thread = threading.current_thread().name
    return (
        {"thread": thread}
        if nearest is None
        else {"calledFrom": _format_frame(nearest), "thread": thread}
    )


def _format_frame(frame: FrameType) -> str:
    return f"{frame.f_code.co_filename}:{frame.f_lineno} in {frame.f_code.co_name}"
