"""The order of node executions in a tree: each below the one that it ran within."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, TypeAlias

from flightlog.record.model import NodeExecution

MAX_DEPTH: Final = 12

Placed: TypeAlias = tuple[NodeExecution, int | None, int]


def nested(nodes: Sequence[NodeExecution]) -> Iterator[Placed]:
    """
    Walk node executions so that each follows the one that it ran within.

    One whose parent is missing stands at the top, and so does the first of those that run within
    each other in a circle. Deeper than `MAX_DEPTH`, node executions stand beside their parent.

    Yields:
        The node execution, the `sequence` of what it stands below, and how deep that is.
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
            # Clients without `sequence` may send several nodes with one.
            if (node.sequence, node.node_id) in placed:
                continue
            placed.add((node.sequence, node.node_id))
            yield node, parent, depth
            below = reversed(children.get(node.sequence, ()))
            if depth < MAX_DEPTH:
                waiting += ((child, node.sequence, depth + 1) for child in below)
            else:
                waiting += ((child, parent, depth) for child in below)
