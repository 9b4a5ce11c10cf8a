"""Writes records of runs on a clock that the caller sets, with serial or parallel nodes."""

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
"""Marks an absent payload."""


def payload(value: Any) -> Payload:
    """
    Make a payload of a value; a `Raw` is a payload already.

    Args:
        value: The value.

    Returns:
        The payload.
    """
    if value is NO_VALUE:
        return UNSET
    if isinstance(value, Raw):
        return value
    return Raw(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


class Run:
    """
    An execution that is being written.

    Args:
        execution_id: The execution's id.
        workflow: The workflow's id and name.
        started_at: The start of the execution.
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
        Add a node execution, which without `at_ms` begins now and moves the clock to its end.

        Args:
            node: The node's id, name and type.
            took_ms: The duration in milliseconds; None if the node never began or hasn't ended.
            at_ms: The start in milliseconds since the run's start; the clock doesn't move.
            status: The node execution's status.
            given: The input.
            returned: The output.
            error: The error of a failed node.
            attempt: The number of the attempt.
            parent: The sequence of the parent node execution.

        Returns:
            The sequence of the node execution.
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
        """
        Add a node execution that spans all node executions of the `with` block.

        Args:
            node: The node's id, name and type.
            more: Further arguments of `node`.

        Yields:
            The sequence of the node execution.
        """
        began = self.now_ms
        sequence = self.node(node, 0.0, **more)
        yield sequence
        self.nodes[sequence] = replace(
            self.nodes[sequence],
            completed_at=self.moment(self.now_ms),
            duration_ms=self.now_ms - began,
        )

    def moment(self, since_ms: float) -> str:
        """
        Format a moment of the run as canonical time.

        Args:
            since_ms: The time since the run's start, in milliseconds.

        Returns:
            The time as text.
        """
        text = (self._start + timedelta(milliseconds=since_ms)).isoformat(timespec="microseconds")
        return f"{text[:26]}Z"

    def record(self, status: str = "success", **more: Any) -> WorkflowExecution:
        """
        Make the record of the run, which ends now unless it is still running.

        Args:
            status: The status of the execution.
            more: Further fields of `WorkflowExecution`.

        Returns:
            The record.
        """
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
            status=status,  # type: ignore[arg-type]  # the caller gives a valid status
            started_at=self.moment(0),
            node_executions=tuple(self.nodes),
            **fields,
        )
