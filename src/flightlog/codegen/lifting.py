"""Moves an edge across a block's border to the block itself, or finds that it says nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping


def lift(source: str, target: str, parents: Mapping[str, str]) -> tuple[str, str] | None:
    """
    Find the nodes of one block that an edge connects.

    Args:
        source: The node at the edge's start.
        target: The node at the edge's end.
        parents: The loop or parallel node of each child.

    Returns:
        For each end the node itself, or the loop or parallel node around it; None when one end is
        within the other.
    """
    outer = {parents.get(node): node for node in _outwards(target, parents)}
    for node in _outwards(source, parents):
        block = parents.get(node)
        if block in outer:
            return None if outer[block] == node and source != target else (node, outer[block])
    return None


def find_outermost(node: str, parents: Mapping[str, str]) -> str:
    """
    Find the node around a node that is no child.

    Args:
        node: The node.
        parents: The loop or parallel node of each child.

    Returns:
        The node itself, if it is no child.
    """
    return list(_outwards(node, parents))[-1]


def _outwards(node: str, parents: Mapping[str, str]) -> Iterator[str]:
    around: str | None = node
    while around is not None:
        yield around
        around = parents.get(around)
