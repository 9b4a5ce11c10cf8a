"""The outline of an execution: everything needed to draw the execution, without its payloads."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from flightlog.record.model import ExecutionError, ExecutionStatus, NodeStatus, WorkflowExecution
from flightlog.store.summaries import Summary

PayloadKind = Literal["trigger", "input", "output", "logs"]


class PayloadInfo(Struct, frozen=True, kw_only=True):
    """The properties of a payload that is not read."""

    bytes: int
    """The size of the JSON, bytes."""
    redacted: bool | None
    """
    Whether secrets were removed; None for a large payload, because only small ones are opened.
    """
    truncated: bool | None
    """Whether a part was left out; None for a large payload, because only small ones are opened."""


class OutlineTrigger(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """The trigger that started an execution."""

    type: str
    """`http`, `manual`, `scheduled`, or any other text."""
    is_simulated: bool | None = None
    """Whether an editor simulated the trigger's data."""
    bytes: int | None = None
    """The size of the trigger's data, bytes; absent without data."""


class OutlineExecution(Summary, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """An execution without its nodes and payloads."""

    error: ExecutionError | None = None  # type: ignore[assignment]  # the whole error
    """The error, if the execution failed."""
    trigger: OutlineTrigger | None = None
    """The trigger that started the execution."""
    parent_execution_id: str | None = None
    """The execution that ran this execution as a sub-workflow."""
    retry_of: str | None = None
    """The execution that this execution replays."""
    process_id: str | None = None
    """The process that ran the execution."""


class OutlineNode(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """A node execution without its payloads."""

    sequence: int
    """The position of the node execution in its execution."""
    node_id: str
    """The node's id in the workflow."""
    node_name: str
    """The node's display name."""
    node_type: str
    """The node's type."""
    status: NodeStatus
    """The status of the node execution."""
    attempt: int | None = None
    """The attempt's number, counted from 1."""
    parent_sequence: int | None = None
    """The sequence of the node execution that contains this node execution."""
    started_at: str | None = None
    """The start, UTC, canonical time."""
    completed_at: str | None = None
    """The end, UTC, canonical time."""
    duration_ms: float | None = None
    """The duration, milliseconds."""
    input: PayloadInfo | None = None
    """The input; absent when there is none."""
    output: PayloadInfo | None = None
    """The output; absent when there is none."""
    logs: PayloadInfo | None = None
    """The log records of the node; absent when there are none."""
    background: bool | None = None
    """Whether the node is work that continues after the execution's end."""
    error: ExecutionError | None = None
    """The error, if the node execution failed."""


class ExecutionPage(
    WorkflowExecution, frozen=True, kw_only=True, omit_defaults=True, rename="camel"
):
    """An execution with one page of its node executions."""

    next_nodes_cursor: str | None = None
    """Opaque text for the next page of node executions; absent at the end."""


class UsualDuration(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """The usual duration of a workflow or a node."""

    p50_ms: float | None = None
    """The median duration, milliseconds."""
    p95_ms: float | None = None
    """The 95th percentile of the durations, milliseconds."""
    count: int = 0
    """The number of durations."""


class UsualDurations(UsualDuration, frozen=True, kw_only=True, rename="camel"):
    """Durations of the workflow and its nodes since 30 days before the execution."""

    nodes: dict[str, UsualDuration]
    """The usual durations by node id."""


class ChildExecution(Struct, frozen=True, kw_only=True, rename="camel"):
    """An execution that this execution ran as a sub-workflow."""

    id: str
    """The execution."""
    workflow_name: str
    """The workflow's display name."""
    status: ExecutionStatus
    """The status of the execution."""


class Outline(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """The outline of an execution."""

    execution: OutlineExecution
    """The execution itself."""
    nodes: tuple[OutlineNode, ...]
    """A page of the node executions, in order."""
    usual: UsualDurations
    """The usual durations, for comparison."""
    children: tuple[ChildExecution, ...]
    """The sub-workflows in the order in which they started, at most 1,000."""
    previous_id: str | None = None
    """The previous execution of the same workflow."""
    next_id: str | None = None
    """The next execution of the same workflow."""
    previous_success_id: str | None = None
    """The newest successful execution of the same workflow before this execution."""
    previous_failed_id: str | None = None
    """The newest failed execution of the same workflow before this execution."""
    next_nodes_cursor: str | None = None
    """Opaque text for the next page of node executions; absent at the end."""
