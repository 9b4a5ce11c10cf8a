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
        except BaseException as error:  # noqa: BLE001 - the outer wall, as in `NodeRun.begin`
            self._break_off(error)

    def end(self, error: BaseException | None = None) -> None:
        """End the node, and the execution with it."""
        try:
            super().end(error)
        finally:
            if self.ended:
                self.execution.leave()

    def write_end(self, error: BaseException | None, end_ns: int) -> None:
        """Append the messages of both their ends."""
        super().write_end(error, end_ns)
        self.execution.finish(error)

    def fail(self, message: str, *, kind: str | None = None) -> None:
        """Make it, and the execution, an error, though no exception ends them."""
        super().fail(message, kind=kind)
        self.execution.fail(message, kind=kind)
