"""
What an application does after its run has ended: a node that is recorded only if it matters.

A server learns that there is background work only while it waits for it. So the node has its
place and its time from the end of the run on, and is written when something in it is worth it.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Final

from flightlog.capture import scope
from flightlog.capture.context import CaptureContext
from flightlog.capture.node import ABSENT, NodeRun
from flightlog.signal_handlers import reraise_from_signal_handler

if TYPE_CHECKING:
    import asyncio

    from flightlog.capture.root_node import RootNode

BACKGROUND: Final = "background"
"""The id and the type of the node."""
LEAST_MS: Final = 1.0
"""Work that is shorter, calls no node and doesn't fail is not recorded."""


class BackgroundNode(NodeRun):
    """
    The work that follows a run, as a node of it.

    It is recorded when it calls a node, fails, or takes `LEAST_MS`. Where an event loop of asyncio
    runs, its beginning is recorded while it goes on, so that it is seen, and survives a crash.

    Args:
        root: The run, which has the answer.
        context: What all executions of the recorder share.
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
        """Whether it is recorded that it runs."""
        self._timer: asyncio.TimerHandle | None = None

    def open(self) -> None:
        """Take its place, right after the run has ended; whatever the run's code calls is in it."""
        root = self._root
        self._process = scope.process
        self._parent = root.sequence
        self._take_place()
        self._start_ns = time.perf_counter_ns()
        self._told += b',"startedAt":' + self._execution.timeline.at(self._start_ns)
        # Tasks and threads of the request have the root as their scope, and find this node there.
        self.outer, root.outer = root.outer, self
        loop = _running_loop()
        if loop is not None:
            self._timer = loop.call_later(LEAST_MS / 1000, self.announce)

    def place_for_child(self) -> int | None:
        """Its place, for a node that begins in it; so it matters."""
        self.announce()
        return self.sequence

    def announce(self) -> None:
        """Record that it runs, if that isn't recorded yet."""
        if self.announced or self.ended:
            return
        self.announced = True
        with self._context.wall:
            self._context.journal.running[self] = self._show_life
            self._execution.messages.node(self._told + b',"status":"running"')

    def _show_life(self) -> None:
        with self._context.wall:
            self._execution.messages.execution(b"running", b"")

    def finish(self, error: BaseException | None = None) -> None:
        """End it, and forget it where it doesn't matter."""
        lasted_ms = (time.perf_counter_ns() - self._start_ns) / 1_000_000
        if error is None and not self.announced and lasted_ms < LEAST_MS:
            self.forget()
            return
        self._stop_timer()
        try:
            super().finish(error)
        finally:
            self._context.journal.running.pop(self, None)

    def forget(self) -> None:
        """End it without a record."""
        self._stop_timer()
        self.ended = True

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _running_loop() -> asyncio.AbstractEventLoop | None:
    # Where it isn't imported, another library runs the application.
    loaded = sys.modules.get("asyncio")
    try:
        return None if loaded is None else loaded.get_running_loop()
    except RuntimeError as fault:
        reraise_from_signal_handler(fault)
        return None
