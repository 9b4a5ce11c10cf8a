"""
The record: `WorkflowExecution`, whole or partial.

Payloads (a trigger's data, a node's input and output) keep their received bytes (`msgspec.Raw`), so
that no number's precision, key's name or object's order changes. `docs/reference/wire-format.md`
describes every field. `flightlog.record.decoding` reads and writes the JSON, and
`flightlog.record.merge` joins the records of one execution.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Annotated, Final, Literal, NamedTuple, TypeAlias

from msgspec import UNSET, Meta, Raw, Struct, UnsetType
from msgspec.structs import force_setattr

from flightlog.record.times import MAX_DURATION_MS, normalize_time

ExecutionStatus = Literal["running", "success", "error"]
NodeStatus = Literal["pending", "running", "success", "error", "skipped"]
ExecutionMode = Literal["test", "production"]
MAX_COUNT: Final = 2**63 - 1
Payload: TypeAlias = Raw | UnsetType
"""JSON as it was received; `UNSET` when it is absent, which is not the same as `null`."""
Count: TypeAlias = Annotated[int, Meta(ge=0, le=MAX_COUNT)]
MessageNumber: TypeAlias = Annotated[int, Meta(ge=1, le=MAX_COUNT)]

Duration: TypeAlias = Annotated[float, Meta(le=MAX_DURATION_MS)]

MAX_ID_CHARACTERS: Final = 128
NO_RUN: Final = "00000000-0000-0000-0000-000000000000"
"""Stands for the run of records without a `runId`; sorts before every other run."""
_RUN_MARK: Final = "@run-"
# Both patterns are compiled at their first use, because importing capture must be quick.
_RUN_ID: Final = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_RUN_ADDRESS: Final = rf"(.+?)(?:{_RUN_MARK}{_RUN_ID})*{_RUN_MARK}({_RUN_ID})"
_compile: Final = cache(re.compile)


class ExecutionError(
    Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel", gc=False
):
    """The reason why an execution or a node execution failed."""

    message: str
    """A message for people, preferably one line."""
    stack: str | None = None
    """The stack trace as text."""
    node_id: str | None = None
    """The node that failed."""
    kind: str | None = None
    """`exception`, `timeout`, `canceled` or `crashed`; other text is kept."""
    type: str | None = None
    """The exception's class by its qualified name, e.g. `httpx.ConnectError`."""


class Trigger(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel", gc=False):
    """The start event of an execution."""

    type: str
    """`http`, `manual`, `scheduled`, or any other text."""
    data: Payload = UNSET
    """The input of the execution, any JSON."""
    is_simulated: bool | None = None
    """Whether an editor invented the data."""


class NodeExecution(
    Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel", gc=False
):
    """One run of one node within an execution."""

    node_id: str
    """The node's id in the workflow."""
    node_name: str
    """The node's name for people."""
    node_type: str
    """The node's type, e.g. `httpRequest`."""
    status: NodeStatus
    """The progress or outcome of the node execution."""
    sequence: Count | None = None
    """The place in the run; where absent in a record's list, the position in the list."""
    attempt: Count | None = None
    """The number of this attempt, counted from 1, where a node is retried."""
    parent_sequence: Count | None = None
    """The `sequence` of the node execution that encloses this node execution."""
    started_at: str | None = None
    """UTC, as `normalize_time` writes it."""
    completed_at: str | None = None
    """UTC, as `normalize_time` writes it."""
    duration_ms: Duration | None = None
    """Milliseconds by a monotonic clock, at most 10^12; 0 is a value, a negative one reads as 0."""
    input: Payload = UNSET
    """The input of the node, any JSON."""
    output: Payload = UNSET
    """The output of the node, any JSON."""
    error: ExecutionError | None = None
    """The reason why the node failed; may occur together with an output."""
    process_id: str | None = None
    """The process that runs the node, if not the execution's process, e.g. a forked worker."""
    logs: Payload = UNSET
    """The log records that the node wrote: a list of `{time, level, logger, message}`."""
    background: bool | None = None
    """Whether the node is work that continues after the execution's end."""

    def __post_init__(self) -> None:
        if self.process_id is not None:
            check_id(self.process_id, "processId")
        if self.started_at is not None:
            force_setattr(self, "started_at", normalize_time(self.started_at, "startedAt"))
        if self.completed_at is not None:
            force_setattr(self, "completed_at", normalize_time(self.completed_at, "completedAt"))


class Message(Struct, frozen=True, kw_only=True, rename="camel", gc=False):
    """
    The process and the number of the message that brought a record.

    The ledger of missing messages uses this data. The data is no part of the execution: it is
    neither merged, nor stored with the execution, nor served.
    """

    process_id: str
    """The sending process, 1 to 128 printable characters; a forked child has its own."""
    number: MessageNumber
    """Counts the process's messages, from 1."""

    def __post_init__(self) -> None:
        check_id(self.process_id, "processId")


class WorkflowExecution(
    Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel", gc=False
):
    """One run of a workflow, whole, or the part of it that one message contains."""

    id: str
    """
    1 to 128 printable characters; the same in every message of one execution.

    When a newer run takes over the id, the older run gets an address instead: the id, `@run-`, and
    the run's `runId`.
    """
    workflow_id: str
    """The workflow that ran."""
    workflow_name: str
    """The workflow's name for people."""
    status: ExecutionStatus
    """The progress or outcome of the execution."""
    started_at: str
    """UTC, as `normalize_time` writes it."""
    project_id: str | None = None
    """The project that the workflow belongs to."""
    completed_at: str | None = None
    """UTC, as `normalize_time` writes it."""
    duration_ms: Duration | None = None
    """Milliseconds by a monotonic clock, at most 10^12; 0 is a value, a negative one reads as 0."""
    execution_mode: ExecutionMode | None = None
    """Whether the run was an editor's test run or a production run."""
    trigger: Trigger | None = None
    """The start event of the execution; a message after the first need not repeat the trigger."""
    node_executions: tuple[NodeExecution, ...] = ()
    """The node executions in this message; after decoding each has a `sequence`."""
    error: ExecutionError | None = None
    """The reason why the execution failed."""
    parent_execution_id: str | None = None
    """The execution that ran this execution as a sub-workflow."""
    parent_run_id: str | None = None
    """The run of `parentExecutionId` that ran this execution, where that run is known."""
    retry_of: str | None = None
    """The execution that this execution replays."""
    tags: dict[str, str] | None = None
    """Keys with values, any text."""
    name: str | None = None
    """The name of this run for people, e.g. `POST /orders/7`."""
    process_id: str | None = None
    """
    The process that runs the execution, 1 to 128 printable characters.

    If the process dies, its executions count as crashed.
    """
    run_id: str | None = None
    """
    The run of the id, a UUID; the same in every message of one run.

    The text of the UUID grows from start to start (UUIDv7).
    """
    revision: Count = 0
    """Increases with every message of one execution."""
    message: Message | None = None
    """The message that brought this record; not part of the execution."""
    starred: bool = False
    """Whether people have marked the execution. Records can set the mark, but never remove it."""

    def __post_init__(self) -> None:
        key = split_address(self.id)
        check_id(key.execution_id if key else self.id, "id")
        run_id = key.run_id if self.run_id is None and key is not None else self.run_id
        if run_id is not None:
            force_setattr(self, "run_id", _normalize_run_id(run_id, "runId"))
        if self.parent_run_id is not None:
            parent_run_id = _normalize_run_id(self.parent_run_id, "parentRunId")
            force_setattr(self, "parent_run_id", parent_run_id)
        if self.process_id is not None:
            check_id(self.process_id, "processId")
        force_setattr(self, "started_at", normalize_time(self.started_at, "startedAt"))
        if self.completed_at is not None:
            force_setattr(self, "completed_at", normalize_time(self.completed_at, "completedAt"))
        for position, node in enumerate(self.node_executions):
            if node.sequence is None:
                force_setattr(node, "sequence", position)


class RunKey(NamedTuple):
    """Identifies the run that a record belongs to."""

    execution_id: str
    """The id that the run was started under."""
    run_id: str
    """The run's `runId`; `NO_RUN` where its records have none."""

    @property
    def address(self) -> str:
        """The run's id after a newer run has taken over the original id."""
        return f"{self.execution_id}{_RUN_MARK}{self.run_id}"

    @property
    def name(self) -> str:
        """The run's address; the plain id where records have no `runId`."""
        return self.execution_id if self.run_id == NO_RUN else self.address


def make_run_key(record: WorkflowExecution) -> RunKey:
    """
    Determine the run that a record belongs to; only records of one run are ever joined.

    Args:
        record: The record.

    Returns:
        The id of the execution and the id of the run.
    """
    key = split_address(record.id)
    execution_id = record.id if key is None else key.execution_id
    return RunKey(execution_id, record.run_id or NO_RUN)


def find_latest_time(record: WorkflowExecution) -> str:
    """
    Find the latest time at which something began or ended.

    Args:
        record: The record.

    Returns:
        Canonical time.
    """
    latest = max(record.started_at, record.completed_at or "")
    for node in record.node_executions:
        latest = max(latest, node.started_at or "", node.completed_at or "")
    return latest


def make_run_name(record: WorkflowExecution) -> str:
    """
    Name a record's run.

    Args:
        record: The record.

    Returns:
        The run's address; the plain id where records have no `runId`.
    """
    return make_run_key(record).name


def split_address(execution_id: str) -> RunKey | None:
    """
    Split the address of a run into its execution id and run id.

    Args:
        execution_id: An id or an address.

    Returns:
        The run; None when the text is a plain id.
    """
    if _RUN_MARK not in execution_id:
        return None
    found = _compile(_RUN_ADDRESS).fullmatch(execution_id)
    return None if found is None else RunKey(found[1], found[2])


def _normalize_run_id(run_id: str, field: str) -> str | None:
    run_id = run_id.lower()
    if not _compile(_RUN_ID).fullmatch(run_id):
        raise ValueError(f"`{field}` must be a UUID, e.g. 0193a7f2-8c1e-7c3a-9d51-6a0f6a1c2b3d")
    return None if run_id == NO_RUN else run_id


def check_id(text: str, field: str) -> None:
    """
    Check that a text is a valid id.

    Args:
        text: The id.
        field: The name of the field in the error message.

    Raises:
        ValueError: The text isn't 1 to 128 printable characters; the message names `field`.
    """
    if not 1 <= len(text) <= MAX_ID_CHARACTERS or not text.isprintable():
        raise ValueError(f"`{field}` must be 1 to {MAX_ID_CHARACTERS} printable characters")
