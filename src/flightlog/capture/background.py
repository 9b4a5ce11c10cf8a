"""
Records an application's work after the end of its run, as a node that is written only if needed.

A server learns that there is background work only while it waits for that work. So the node gets
its number and start time at the end of the run, and is written once the work calls a node, fails or
takes long.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Final

from flightlog.capture import process
from flightlog.capture.context import CaptureContext
from flightlog.capture.details import ABSENT
from flightlog.capture.node import NodeRun
from flightlog.capture.root_node import RootNode
from flightlog.signal_handlers import reraise_from_signal_handler

if TYPE_CHECKING:
    import asyncio

BACKGROUND: Final = "background"
"""The id and the type of the node."""
LEAST_MS: Final = 10.0
"""
Shorter work that calls no node and doesn't fail is not recorded.

The framework's own work after a response takes microseconds. On a busy machine the event loop may
be interrupted during that work, usually for less than these ten milliseconds.
"""


class BackgroundNode(NodeRun):
    """
    The work that follows a run, as a node of the run.

    The node is recorded when it calls a node, fails, or takes `LEAST_MS`. Where an asyncio event
    loop runs, the node's beginning is recorded while the work continues, so that the viewer shows
    the node and the record survives a crash.

    Args:
        root: The node of the run, which has ended.
        context: The objects that all executions of the recorder share.
    """

    def __init__(self, root: RootNode, context: CaptureContext) -> None:
        super().__init__(
            root.execution,
            context,
            node_id=BACKGROUND,
            name="Background",
            type=BACKGROUND,
            input=ABSENT,
        )
        self._root = root
        self.announced = False
        """Whether the node's beginning is recorded."""
        self._timer: asyncio.TimerHandle | None = None

    def open(self) -> None:
        """
        Take the node's sequence number right after the run has ended.

        Nodes that the run's code calls later are children of this node.
        """
        root = self._root
        self.process = process.identity
        self._parent = root.sequence
        self._identify()
        self._head += b',"background":true'
        self._start_ns = time.perf_counter_ns()
        self._head += b',"startedAt":' + self._execution.timeline.write_time(self._start_ns)
        # Tasks and threads of the request have the root as their scope, and find this node through
        # the root.
        self.outer, root.outer = root.outer, self
        loop = _running_loop()
        if loop is not None:
            self._timer = loop.call_later(LEAST_MS / 1000, self.announce)

    def sequence_for_child(self) -> int | None:
        """
        Return the node's sequence number, for a node that begins within it.

        A child makes the node worth recording, so its beginning is recorded now.

        Returns:
            The sequence number.
        """
        self.announce()
        return self.sequence

    def announce(self) -> None:
        """Record that the node runs, unless that is recorded already."""
        if self.announced or self.ended:
            return
        self.announced = True
        with self._context.barrier:
            self._context.pipeline.running[self] = self._report_execution_running
            self._execution.messages.write_node(self._head + b',"status":"running"')

    def _report_execution_running(self) -> None:
        with self._context.barrier:
            self._execution.messages.write_execution(b"running", b"")

    def finish(self, error: BaseException | None = None) -> None:
        """
        End the node, and drop it where it is not worth recording.

        Args:
            error: The exception that ended the work, if any.
        """
        lasted_ms = (time.perf_counter_ns() - self._start_ns) / 1_000_000
        if error is None and not self.announced and lasted_ms < LEAST_MS:
            self.forget()
            return
        self._stop_timer()
        try:
            super().finish(error)
        finally:
            self._context.pipeline.running.pop(self, None)

    def forget(self) -> None:
        """End the node without a record."""
        self._stop_timer()
        self.ended = True

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _running_loop() -> asyncio.AbstractEventLoop | None:
    # Where asyncio isn't imported, another library runs the application.
    loaded = sys.modules.get("asyncio")
    try:
        return None if loaded is None else loaded.get_running_loop()
    except RuntimeError as fault:
        reraise_from_signal_handler(fault)
        return None
