"""Plain records for tests."""

from __future__ import annotations

from typing import Any

from flightlog.record.decoding import convert_execution
from flightlog.record.model import WorkflowExecution


def record(execution_id: str = "run-1", **fields: Any) -> WorkflowExecution:
    """
    Make a successful execution of one node, with these JSON fields instead of defaults.

    Args:
        execution_id: The execution's id.
        fields: JSON fields that replace or extend the defaults.

    Returns:
        The decoded record.
    """
    return convert_execution(
        {
            "id": execution_id,
            "workflowId": "order-intake",
            "workflowName": "Order intake",
            "status": "success",
            "startedAt": "2026-11-22T19:04:11.000000Z",
            "completedAt": "2026-11-22T19:04:12.500000Z",
            "durationMs": 1500,
            "trigger": {"type": "http", "data": {"orderId": 7}},
            "nodeExecutions": [
                {
                    "nodeId": "charge",
                    "nodeName": "Charge",
                    "nodeType": "httpRequest",
                    "status": "success",
                    "durationMs": 840,
                    "input": {"amount": 4200},
                    "output": {"charged": True},
                }
            ],
            **fields,
        }
    )
