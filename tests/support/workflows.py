"""Workflows in the test's own process, and what was recorded of them."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flightlog.capture import Recorder
from flightlog.record.model import NodeExecution, WorkflowExecution
from flightlog.runtime import Node, Outcome, Run, Workflow
from flightlog.runtime.definition import GroupFunction
from support.recordings import NOBODY, lines_in, merged


class History:
    """Records what workflows do into a spool of the test's own."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._recorders: list[Recorder] = []

    def workflow(self, workflow_id: str = "order-intake", **options: Any) -> Workflow:
        """Make a workflow that records here."""
        workflow = Workflow(workflow_id, workflow_id.replace("-", " ").capitalize(), **options)
        workflow.recorder = Recorder(workflow.id, workflow.name, url=NOBODY, spool_dir=self._place)
        self._recorders.append(workflow.recorder)
        return workflow

    def close(self) -> None:
        """End the recording."""
        for recorder in self._recorders:
            recorder.close(0)

    def lines(self) -> list[bytes]:
        """Every message; ends the recording."""
        self.close()
        return lines_in(self._place)

    def executions(self) -> list[WorkflowExecution]:
        """Every execution, in the order in which they began; ends the recording."""
        return merged(self.lines())

    def execution(self) -> WorkflowExecution:
        """The only execution; ends the recording."""
        (execution,) = self.executions()
        return execution


@contextmanager
def history_in(place: Path) -> Iterator[History]:
    """Record into a directory while the context lasts."""
    history = History(place)
    try:
        yield history
    finally:
        history.close()


def told(execution: WorkflowExecution) -> list[tuple[str, str]]:
    """Each node execution's id and status, in their order."""
    nodes = sorted(execution.node_executions, key=lambda node: node.sequence or 0)
    return [(node.node_id, node.status) for node in nodes]


def nodes_of(execution: WorkflowExecution, node_id: str) -> list[NodeExecution]:
    """Every run of a node, in their order."""
    found = [node for node in execution.node_executions if node.node_id == node_id]
    return sorted(found, key=lambda node: node.sequence or 0)


def plain(payload: Any) -> Any:
    """What a payload says."""
    return json.loads(bytes(payload))


Body = Callable[[Node], Awaitable[Any]]


def node(workflow: Workflow, node_id: str, body: Callable[[Node], Any], **options: Any) -> Body:
    """Add a node that does what a plain function of it says."""

    async def function(given: Node) -> Any:
        made = body(given)
        return await made if isinstance(made, Awaitable) else made

    kind = options.pop("type", "pythonFunction")
    return workflow.node(node_id, node_id.capitalize(), kind, **options)(function)


def chain(workflow: Workflow, *functions: Body | GroupFunction) -> None:
    """Let nodes run one after the other."""

    async def steps(run: Run) -> None:
        last: list[Any] = []
        for function in functions:
            last = [run.step(function, after=last)]

    workflow.steps(steps)


def run_alone(
    workflow: Workflow, body: Callable[[Node], Any], given: Any = None, **options: Any
) -> Outcome:
    """Run a workflow of one node."""
    chain(workflow, node(workflow, "only", body, **options))
    return workflow.run(given)
