"""Workflows behind HTTP endpoints."""

from __future__ import annotations

from typing import Any

from flightlog.runtime import (
    HttpEndpoint,
    Workflow,
)
from support.workflows import History, chain, node

KEY = "web-test-key-0123456789"
ORDER_SCHEMA = {
    "type": "object",
    "required": ["amount"],
    "properties": {"amount": {"type": "number", "minimum": 1}},
}


def echo_workflow(history: History, workflow_id: str = "order-intake", **options: Any) -> Workflow:
    """Make a workflow that returns its trigger's data."""
    workflow = history.workflow(workflow_id, **options)
    chain(workflow, node(workflow, "echo", lambda node: node.data))
    return workflow


def orders_workflow(history: History, **options: Any) -> Workflow:
    """Make a workflow behind `POST /orders`."""
    return echo_workflow(history, trigger=HttpEndpoint(method="POST", path="/orders", **options))
