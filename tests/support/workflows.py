"""Runs workflows in the test's process, and reads their records."""

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
    """Records workflows into a spool of the test."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._recorders: list[Recorder] = []

    def workflow(self, workflow_id: str = "order-intake", **options: Any) -> Workflow:
        """
        Make a workflow that records here.

        Args:
            workflow_id: The workflow's id, from which its name follows.
            options: Options of `Workflow`.

        Returns:
            The workflow.
        """
        workflow = Workflow(workflow_id, workflow_id.replace("-", " ").capitalize(), **options)
        workflow.recorder = Recorder(workflow.id, workflow.name, url=NOBODY, spool_dir=self._place)
        self._recorders.append(workflow.recorder)
        return workflow

    def close(self) -> None:
        """End the recording."""
        for recorder in self._recorders:
            recorder.close(0)

    def lines(self) -> list[bytes]:
        """
        End the recording, and list every message.

        Returns:
            The JSON of each message.
        """
        self.close()
        return lines_in(self._place)

    def executions(self) -> list[WorkflowExecution]:
        """
        End the recording, and list every execution by start.

        Returns:
            The executions.
        """
        return merged(self.lines())

    def execution(self) -> WorkflowExecution:
        """
        End the recording, and return the only execution.

        Returns:
            The execution.
        """
        (execution,) = self.executions()
        return execution


@contextmanager
def history_in(place: Path) -> Iterator[History]:
    """
    Record into a directory while the context lasts.

    Args:
        place: The spool directory.

    Yields:
        The history.
    """
    history = History(place)
    try:
        yield history
    finally:
        history.close()


def list_statuses(execution: WorkflowExecution) -> list[tuple[str, str]]:
    """
    List each node execution's id and status, in order.

    Args:
        execution: The execution.

    Returns:
        Pairs of node id and status.
    """
    nodes = sorted(execution.node_executions, key=lambda node: node.sequence or 0)
    return [(node.node_id, node.status) for node in nodes]


def nodes_of(execution: WorkflowExecution, node_id: str) -> list[NodeExecution]:
    """
    List every run of a node, in order.

    Args:
        execution: The execution.
        node_id: The node's id.

    Returns:
        The node executions.
    """
    found = [node for node in execution.node_executions if node.node_id == node_id]
    return sorted(found, key=lambda node: node.sequence or 0)


def plain(payload: Any) -> Any:
    """
    Decode a payload.

    Args:
        payload: The payload's JSON.

    Returns:
        The payload's value.
    """
    return json.loads(bytes(payload))


Body = Callable[[Node], Awaitable[Any]]


def node(workflow: Workflow, node_id: str, body: Callable[[Node], Any], **options: Any) -> Body:
    """
    Add a node that runs a plain function.

    Args:
        workflow: The workflow.
        node_id: The node's id.
        body: Computes the output, or an awaitable of the output.
        options: Options of `Workflow.node`; `type` is the node's type.

    Returns:
        The node's function.
    """

    async def function(given: Node) -> Any:
        made = body(given)
        return await made if isinstance(made, Awaitable) else made

    kind = options.pop("type", "pythonFunction")
    return workflow.node(node_id, node_id.capitalize(), kind, **options)(function)


def chain(workflow: Workflow, *functions: Body | GroupFunction) -> None:
    """
    Connect nodes in a row.

    Args:
        workflow: The workflow.
        functions: The nodes' functions, in order.
    """

    async def steps(run: Run) -> None:
        last: list[Any] = []
        for function in functions:
            last = [run.step(function, after=last)]

    workflow.steps(steps)


def run_alone(
    workflow: Workflow, body: Callable[[Node], Any], given: Any = None, **options: Any
) -> Outcome:
    """
    Run a workflow of one node.

    Args:
        workflow: The workflow.
        body: Computes the node's output.
        given: The run's input.
        options: Options of `Workflow.node`.

    Returns:
        The outcome of the run.
    """
    chain(workflow, node(workflow, "only", body, **options))
    return workflow.run(given)
