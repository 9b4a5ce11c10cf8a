"""`Step` and `Edge`: a node's place in a run, and the conditions under which the node runs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from enum import Enum
from typing import Any, NamedTuple

from flightlog.runtime.definition import Definition


class State(Enum):
    """The state of a step."""

    WAITING = "waiting"
    RUNNING = "running"
    PASSED = "passed"
    """The step succeeded, or it failed and the run goes on; the steps after it may run."""
    FAILED = "failed"
    SKIPPED = "skipped"


class Edge(NamedTuple):
    """An edge to a step: the step before it, and the condition under which the edge is taken."""

    source: Step
    """The step at the edge's start."""
    handle: str | None = None
    """The source's handle that must be chosen; None means any."""
    condition: str | None = None
    """An expression that must be true."""
    fails: bool | None = None
    """Whether the source must have failed; None means any."""

    def on(self, handle: str) -> Edge:
        """
        Take the edge only when the source chose a handle.

        Args:
            handle: The handle.

        Returns:
            The restricted edge.
        """
        return self._replace(handle=handle)

    def when(self, condition: str) -> Edge:
        """
        Take the edge only when an expression is true.

        Args:
            condition: The expression.

        Returns:
            The restricted edge.
        """
        return self._replace(condition=condition)


class Step:
    """
    One node in one run: the result of `run.step`.

    Args:
        definition: The node.
        after: The edges that lead to the step.
    """

    def __init__(self, definition: Definition, after: Sequence[Edge]) -> None:
        self.definition = definition
        self.after = after
        self.state = State.WAITING
        self.settled = asyncio.Event()
        """Set when the step has ended or was skipped."""
        self.output: Any = None
        """The node's output."""
        self.flow: Any = None
        """The data for the steps after it: the output, or a condition's incoming data."""
        self.handle: str | None = None
        """The handle that the node chose; None when the node chooses none."""
        self.error: BaseException | None = None
        """The error of a failed step."""
        self.has_begun_children = False
        """For a loop or parallel: whether its children run, ran or were recorded as skipped."""
        self.is_end = True
        """Whether no step follows."""

    def __repr__(self) -> str:
        return f"<Step {self.definition.id!r} {self.state.value}>"

    def on(self, handle: str) -> Edge:
        """
        Make an edge that is taken when the node chose a handle, e.g. `large.on("true")`.

        Args:
            handle: The handle.

        Returns:
            The edge.
        """
        return Edge(self, handle=handle)

    def when(self, condition: str) -> Edge:
        """
        Make an edge that is taken when an expression is true.

        Args:
            condition: The expression.

        Returns:
            The edge.
        """
        return Edge(self, condition=condition)

    def on_error(self) -> Edge:
        """
        Make an edge that is taken when the node failed and the run continues.

        Returns:
            The edge; `{"error": …}` flows along it.
        """
        return Edge(self, fails=True)

    def on_success(self) -> Edge:
        """
        Make an edge that is taken when the node didn't fail.

        Returns:
            The edge.
        """
        return Edge(self, fails=False)

    @property
    def ran(self) -> bool:
        """Whether the step ran and the run continued."""
        return self.state is State.PASSED
