"""`Step` and `Edge`: a node's place in a run, and what has to be so for it to follow another."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from enum import Enum
from typing import Any, NamedTuple

from flightlog.runtime.definition import Definition


class State(Enum):
    """How far a step is."""

    WAITING = "waiting"
    RUNNING = "running"
    PASSED = "passed"
    """It ran, and those after it may run: it succeeded, or failed and the run goes on."""
    FAILED = "failed"
    SKIPPED = "skipped"


class Edge(NamedTuple):
    """A step that another comes after, and when."""

    source: Step
    """The step before."""
    handle: str | None = None
    """Which of its handles must be chosen; None is any."""
    condition: str | None = None
    """An expression that must hold."""

    def on(self, handle: str) -> Edge:
        """Only when this handle was chosen."""
        return self._replace(handle=handle)

    def when(self, condition: str) -> Edge:
        """Only when this expression holds."""
        return self._replace(condition=condition)


class Step:
    """
    One node in one run: what `run.step` returns.

    Args:
        definition: The node.
        after: What it comes after.
    """

    def __init__(self, definition: Definition, after: Sequence[Edge]) -> None:
        self.definition = definition
        self.after = after
        self.state = State.WAITING
        self.settled = asyncio.Event()
        """Set when it has ended or was skipped."""
        self.output: Any = None
        """What it gave."""
        self.flow: Any = None
        """What flows on to the steps after it: its output, or what flowed into a condition."""
        self.handle: str | None = None
        """The handle that it chose; None when it chooses none."""
        self.error: BaseException | None = None
        """Why it failed."""
        self.has_begun_children = False
        """Of a loop or parallel: whether its children run, ran or are told as skipped."""
        self.is_end = True
        """Whether no step comes after it."""

    def __repr__(self) -> str:
        return f"<Step {self.definition.id!r} {self.state.value}>"

    def on(self, handle: str) -> Edge:
        """An edge that is taken when this handle was chosen, e.g. `large.on("true")`."""
        return Edge(self, handle=handle)

    def when(self, condition: str) -> Edge:
        """An edge that is taken when this expression holds."""
        return Edge(self, condition=condition)

    @property
    def ran(self) -> bool:
        """Whether it ran and the run went on."""
        return self.state is State.PASSED
