"""A node that is the run of a whole workflow: it begins and ends the execution with itself."""

from __future__ import annotations

from flightlog.capture import scope
from flightlog.capture.node import NodeRun


class RootNode(NodeRun):
    """The first node of an execution, which holds all others."""

    def begin(self) -> None:
        """Begin the execution and the node."""
        self.execution.begin()
        super().begin()

    def end(self, error: BaseException | None = None) -> None:
        """End the node, and the execution with it."""
        super().end(error)
        if self.ended:
            scope.enter(self.execution.outer)

    def finish(self, error: BaseException | None = None) -> None:
        """End both and leave the scope of the running code as it is."""
        super().finish(error)
        if self.ended:
            self.execution.finish(error)

    def fail(self, message: str, *, kind: str | None = None) -> None:
        """Make it, and the execution, an error, though no exception ends them."""
        super().fail(message, kind=kind)
        self.execution.fail(message, kind=kind)
