"""One execution without its payloads: all that is needed to draw it."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from flightlog.record.model import ExecutionError, ExecutionStatus, NodeStatus, WorkflowExecution
from flightlog.store.summaries import Summary

PayloadKind = Literal["trigger", "input", "output"]


class PayloadInfo(Struct, frozen=True, kw_only=True):
    """What is known of a payload without opening it."""

    bytes: int
    """The JSON's size."""
    redacted: bool | None
    """Whether secrets were removed from it; None for a large one, which isn't opened to see."""
    truncated: bool | None
    """Whether part of it was left out; None for a large one."""


class PayloadKey(Struct, frozen=True, kw_only=True):
    """Which content a payload has."""

    bytes: int
    """The JSON's size."""
    digest: str
    """SHA-256 of the JSON, hex."""


class OutlineTrigger(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """What started an execution."""

    type: str
    """`http`, `manual`, `scheduled`, or any other text."""
    is_simulated: bool | None = None
    """Whether an editor made the data up."""
    bytes: int | None = None
    """The size of its data; absent without data."""


class OutlineExecution(Summary, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """An execution with everything but its nodes and payloads."""

    error: ExecutionError | None = None  # type: ignore[assignment]  # all of it, not a line
    """Why it failed."""
    trigger: OutlineTrigger | None = None
    """What started it."""
    parent_execution_id: str | None = None
    """The execution that ran this one as a sub-workflow."""
    retry_of: str | None = None
    """The execution that this one replays."""
    process_id: str | None = None
    """The process that ran it."""


class OutlineNode(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """A node execution without its payloads."""

    sequence: int
    """Its place in the run."""
    node_id: str
    """The node's id in the workflow."""
    node_name: str
    """The node's name for people."""
    node_type: str
    """The node's type."""
    status: NodeStatus
    """How far it came."""
    attempt: int | None = None
    """Which attempt this is, counted from 1."""
    parent_sequence: int | None = None
    """The node execution that this one runs within."""
    started_at: str | None = None
    """UTC, canonical."""
    completed_at: str | None = None
    """UTC, canonical."""
    duration_ms: float | None = None
    """Milliseconds."""
    input: PayloadInfo | None = None
    """What it was given; absent when there is none."""
    output: PayloadInfo | None = None
    """What it returned; absent when there is none."""
    error: ExecutionError | None = None
    """Why it failed."""


class ExecutionPage(
    WorkflowExecution, frozen=True, kw_only=True, omit_defaults=True, rename="camel"
):
    """An execution with a page of its node executions."""

    next_nodes_cursor: str | None = None
    """Opaque text for the next page of node executions; absent at the end."""


class UsualDuration(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """How long something takes as a rule."""

    p50_ms: float | None = None
    """Half took at most so long."""
    p95_ms: float | None = None
    """95 of 100 took at most so long."""


class UsualDurations(UsualDuration, frozen=True, kw_only=True, rename="camel"):
    """How long the workflow and its nodes took in the 30 days before the execution and since."""

    nodes: dict[str, UsualDuration]
    """By node id."""


class ChildExecution(Struct, frozen=True, kw_only=True, rename="camel"):
    """An execution that this one ran as a sub-workflow."""

    id: str
    """The execution."""
    workflow_name: str
    """The workflow's name for people."""
    status: ExecutionStatus
    """How far it came."""


class Outline(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """An execution as it is drawn."""

    execution: OutlineExecution
    """The execution itself."""
    nodes: tuple[OutlineNode, ...]
    """A page of its node executions, in order."""
    usual: UsualDurations
    """What its durations compare with."""
    children: tuple[ChildExecution, ...]
    """Its sub-workflows in the order they started, at most 1,000."""
    previous_id: str | None = None
    """The same workflow's execution before this one."""
    next_id: str | None = None
    """The same workflow's execution after this one."""
    next_nodes_cursor: str | None = None
    """Opaque text for the next page of node executions; absent at the end."""
