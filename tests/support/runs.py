"""Reading a record of the history as the tests of generated workflows compare it."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


def statuses(record: Json) -> dict[str, str]:
    """How each node ended; of several executions of one, the last."""
    return {one["nodeId"]: one["status"] for one in in_order(record)}


def in_order(record: Json) -> list[Json]:
    """The node executions by their sequence."""
    return sorted(record["nodeExecutions"], key=lambda one: one["sequence"])


def of(record: Json, node_id: str) -> list[Json]:
    """The executions of one node, by their sequence."""
    return [one for one in in_order(record) if one["nodeId"] == node_id]


def one(record: Json, node_id: str) -> Json:
    """The only execution of a node."""
    (found,) = of(record, node_id)
    return found


def began_after(record: Json, later: str, earlier: str) -> bool:
    """Whether a node began when another had ended."""
    began: str = one(record, later)["startedAt"]
    ended: str = one(record, earlier)["completedAt"]
    return began >= ended
