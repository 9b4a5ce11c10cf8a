"""Runs of two nodes with payloads of their own, which fill a history."""

from __future__ import annotations

import base64
import random
from datetime import datetime, timedelta
from typing import Any

from flightlog.record.model import WorkflowExecution
from flightlog.store.writer import ExecutionStore
from support.records import record


def store_ten_days(store: ExecutionStore, now: datetime) -> None:
    """Store 10 days of runs: each hour a small one, every four hours one of 4 times the size."""
    store.merge([make_run(now, hour) for hour in range(1, 240)])
    store.merge([make_run(now, hour, "large", 1_600) for hour in range(1, 240, 4)])


def make_run(
    now: datetime, hours: float, workflow: str = "small", size: int = 400, **fields: Any
) -> WorkflowExecution:
    """Make a run of two nodes that began some hours ago, with payloads of its own."""
    name = f"{workflow}-{hours:g}"
    nodes = [
        {
            "nodeId": f"node-{place}",
            "nodeName": "Node",
            "nodeType": "code",
            "status": "success",
            "sequence": place,
            "input": {"value": make_noise(f"{name}-in-{place}", size)},
            "output": {"value": make_noise(f"{name}-out-{place}", size)},
        }
        for place in range(2)
    ]
    started = (now - timedelta(hours=hours)).isoformat()
    fields = {"workflowId": workflow, "workflowName": workflow.title(), **fields}
    return record(name, startedAt=started, nodeExecutions=nodes, **fields)


def make_noise(seed: str, size: int) -> str:
    """Make a text that hardly compresses; the same for the same seed."""
    return base64.b85encode(random.Random(seed).randbytes(size)).decode()
