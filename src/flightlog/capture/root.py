"""A node that is the run of a whole workflow: it begins and ends the execution with itself."""

from __future__ import annotations

from flightlog.capture.node import NodeRun


class RootNode(NodeRun):
    """The first node of an execution, which holds all others."""

    def begin(self) -> None:
        """Begin the execution and the node."""
        try:
            self.execution.begin()
            super().begin()
        except BaseException as error:
            # A signal handler's: the block won't run, and nothing else ends them.
            self.finish(error)
            raise

    def end(self, error: BaseException | None = None) -> None:
        """End the node, and the execution with it."""
        try:
            super().end(error)
        finally:
            if self.ended:
                self.execution.leave()

    def finish(self, error: BaseException | None = None) -> None:
        """End both and leave the scope of the running code as it is."""
        try:
            super().finish(error)
        finally:
            if self.ended:
                self.execution.finish(error)

    def fail(self, message: str, *, kind: str | None = None) -> None:
        """Make it, and the execution, an error, though no exception ends them."""
        super().fail(message, kind=kind)
        self.execution.fail(message, kind=kind)

    def amend(self, error: BaseException) -> None:
        """Say which exception made both an error, where that is known only after their end."""
        super().amend(error)
        self.execution.amend(error)
