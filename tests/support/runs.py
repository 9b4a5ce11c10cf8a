"""Reads a record of the history for the tests of generated workflows."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


def read_statuses(record: Json) -> dict[str, str]:
    """
    Map each node to its status; a node with several executions has the last status.

    Args:
        record: The execution's record.

    Returns:
        The status by node id.
    """
    return {node_run["nodeId"]: node_run["status"] for node_run in sort_nodes(record)}


def sort_nodes(record: Json) -> list[Json]:
    """
    List the node executions by sequence.

    Args:
        record: The execution's record.

    Returns:
        The node executions.
    """
    return sorted(record["nodeExecutions"], key=lambda node_run: node_run["sequence"])


def list_runs(record: Json, node_id: str) -> list[Json]:
    """
    List the executions of one node, by sequence.

    Args:
        record: The execution's record.
        node_id: The node's id.

    Returns:
        The node executions of the node.
    """
    return [node_run for node_run in sort_nodes(record) if node_run["nodeId"] == node_id]


def find_run(record: Json, node_id: str) -> Json:
    """
    Return the only execution of a node.

    Args:
        record: The execution's record.
        node_id: The node's id.

    Returns:
        The node execution.
    """
    (found,) = list_runs(record, node_id)
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
    began: str = find_run(record, later)["startedAt"]
    ended: str = find_run(record, earlier)["completedAt"]
    return began >= ended
