"""
The node executions of one execution as a tree, without the node that stands for the workflow.

Each node execution follows the node execution that encloses it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, TypeAlias

from flightlog.record.model import NodeExecution, WorkflowExecution

MAX_DEPTH: Final = 12
WORKFLOW_TYPE: Final = "workflow"
"""The type of the node that a decorated workflow or a recorded request is."""

Placed: TypeAlias = tuple[NodeExecution, int | None, int]


def split_root(
    record: WorkflowExecution,
) -> tuple[NodeExecution | None, tuple[NodeExecution, ...]]:
    """
    Separate the node that stands for the whole workflow from the nodes that the workflow called.

    Args:
        record: The execution.

    Returns:
        The workflow's node, whose output is the workflow's result, or None; and the other nodes.
    """
    nodes = record.node_executions
    for place, node in enumerate(nodes):
        is_workflow = node.node_type == WORKFLOW_TYPE and node.node_id == record.workflow_id
        if is_workflow and node.parent_sequence is None:
            return node, (*nodes[:place], *nodes[place + 1 :])
    return None, nodes


def nest_nodes(nodes: Sequence[NodeExecution]) -> Iterator[Placed]:
    """
    Order node executions so that each follows the node execution that encloses it.

    A node execution without a known parent is at the top. If node executions enclose each other in
    a circle, the first of them is at the top. Deeper than `MAX_DEPTH`, node executions are at the
    level of their parent.

    Args:
        nodes: The node executions of one execution.

    Yields:
        The node execution, its parent's `sequence` (None at the top), and its depth.
    """
    known = {node.sequence for node in nodes}
    children: dict[int | None, list[NodeExecution]] = {}
    for node in nodes:
        parent = node.parent_sequence if node.parent_sequence in known else None
        children.setdefault(parent, []).append(node)
    placed: set[tuple[int | None, str]] = set()
    for top in (*children.get(None, ()), *nodes):
        waiting: list[Placed] = [(top, None, 0)]
        while waiting:
            node, parent, depth = waiting.pop()
            # Clients without `sequence` may send several nodes with the same `sequence`.
            if (node.sequence, node.node_id) in placed:
                continue
            placed.add((node.sequence, node.node_id))
            yield node, parent, depth
            below = reversed(children.get(node.sequence, ()))
            if depth < MAX_DEPTH:
                waiting += ((child, node.sequence, depth + 1) for child in below)
            else:
                waiting += ((child, parent, depth) for child in below)
