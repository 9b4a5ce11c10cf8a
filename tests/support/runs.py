"""Reads a record of the history for the tests of generated workflows."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


def statuses(record: Json) -> dict[str, str]:
    """
    Map each node to its status; a node with several executions has the last status.

    Args:
        record: The execution's record.

    Returns:
        The status by node id.
    """
    return {one["nodeId"]: one["status"] for one in in_order(record)}


def in_order(record: Json) -> list[Json]:
    """
    List the node executions by sequence.

    Args:
        record: The execution's record.

    Returns:
        The node executions.
    """
    return sorted(record["nodeExecutions"], key=lambda one: one["sequence"])


def of(record: Json, node_id: str) -> list[Json]:
    """
    List the executions of one node, by sequence.

    Args:
        record: The execution's record.
        node_id: The node's id.

    Returns:
        The node executions of the node.
    """
    return [one for one in in_order(record) if one["nodeId"] == node_id]


def one(record: Json, node_id: str) -> Json:
    """
    Return the only execution of a node.

    Args:
        record: The execution's record.
        node_id: The node's id.

    Returns:
        The node execution.
    """
    (found,) = of(record, node_id)
    return found


def began_after(record: Json, later: str, earlier: str) -> bool:
    """
    Check whether a node began after the end of another node.

    Args:
        record: The execution's record.
        later: The id of the node that must begin later.
        earlier: The id of the node that must end first.

    Returns:
        Whether the order holds.
    """
    began: str = one(record, later)["startedAt"]
    ended: str = one(record, earlier)["completedAt"]
    return began >= ended
