"""Records of runs, written as a clock that one sets: nodes one after another or side by side."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import UNSET, Raw
from msgspec.structs import replace

from flightlog.record.model import (
    ExecutionError,
    NodeExecution,
    NodeStatus,
    Payload,
    Trigger,
    WorkflowExecution,
)

NO_VALUE: Any = object()
"""Stands for a payload that is absent."""


def payload(value: Any) -> Payload:
    """A value as a payload; a `Raw` is one already."""
    if value is NO_VALUE:
        return UNSET
    if isinstance(value, Raw):
        return value
    return Raw(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


class Run:
    """
    One execution that is being written.

    Args:
        execution_id: Its id.
        workflow: The workflow's id and name.
        started_at: When it started.
        more: Further fields of `WorkflowExecution`.
    """

    def __init__(
        self, execution_id: str, workflow: tuple[str, str], started_at: datetime, **more: Any
    ) -> None:
        self.id = execution_id
        self._workflow = workflow
        self._start = started_at.astimezone(UTC)
        self._more = more
        self.now_ms = 0.0
        self.nodes: list[NodeExecution] = []

    def node(
        self,
        node: tuple[str, str, str],
        took_ms: float | None = 10.0,
        *,
        at_ms: float | None = None,
        status: NodeStatus = "success",
        given: Any = NO_VALUE,
        returned: Any = NO_VALUE,
        error: ExecutionError | None = None,
        attempt: int | None = None,
        parent: int | None = None,
    ) -> int:
        """
        Add a node execution; without `at_ms` it begins now, and now is its end afterwards.

        Args:
            node: The node's id, name and type.
            took_ms: How long; None for one that never began or hasn't ended.
            at_ms: When it began since the run's start; the clock stays then.
            status: How far it came.
            given: Its input.
            returned: Its output.
            error: Why it failed.
            attempt: Which attempt it is.
            parent: The sequence of the node execution that it runs within.

        Returns:
            Its sequence.
        """
        began = (
            None if status in {"skipped", "pending"} else self.now_ms if at_ms is None else at_ms
        )
        ended = None if began is None or took_ms is None else began + took_ms
        self.nodes.append(
            NodeExecution(
                node_id=node[0],
                node_name=node[1],
                node_type=node[2],
                status=status,
                sequence=len(self.nodes),
                attempt=attempt,
                parent_sequence=parent,
                started_at=None if began is None else self.moment(began),
                completed_at=None if ended is None else self.moment(ended),
                duration_ms=None if ended is None else took_ms,
                input=payload(given),
                output=payload(returned),
                error=error,
            )
        )
        if at_ms is None and ended is not None:
            self.now_ms = ended
        return len(self.nodes) - 1

    @contextmanager
    def within(self, node: tuple[str, str, str], **more: Any) -> Iterator[int]:
        """Add a node execution that lasts as long as what is added in the `with` block."""
        began = self.now_ms
        sequence = self.node(node, 0.0, **more)
        yield sequence
        self.nodes[sequence] = replace(
            self.nodes[sequence],
            completed_at=self.moment(self.now_ms),
            duration_ms=self.now_ms - began,
        )

    def moment(self, since_ms: float) -> str:
        """A moment of the run as canonical time."""
        text = (self._start + timedelta(milliseconds=since_ms)).isoformat(timespec="microseconds")
        return f"{text[:26]}Z"

    def record(self, status: str = "success", **more: Any) -> WorkflowExecution:
        """The record of the run, ended now unless it still runs."""
        is_over = status != "running"
        fields: dict[str, Any] = {
            "trigger": Trigger(type="httpEndpoint", data=payload({})),
            "execution_mode": "production",
            "project_id": "shop",
            "completed_at": self.moment(self.now_ms) if is_over else None,
            "duration_ms": self.now_ms if is_over else None,
            **self._more,
            **more,
        }
        return WorkflowExecution(
            id=self.id,
            workflow_id=self._workflow[0],
            workflow_name=self._workflow[1],
            status=status,  # type: ignore[arg-type]  # as the caller says
            started_at=self.moment(0),
            node_executions=tuple(self.nodes),
            **fields,
        )
