"""Summaries: executions in one line each, of the same cost whatever the size of the payloads."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from flightlog.models import UsageSum
from flightlog.record.model import ExecutionMode, ExecutionStatus
from flightlog.store.findings import QueryMatch

Ranking = Literal["longest", "shortest"]
"""An order of executions by their duration."""


class NodeProgress(Struct, frozen=True, kw_only=True):
    """The progress of an execution's nodes."""

    total: int
    """The number of known node executions."""
    done: int
    """The number of node executions that have ended or were skipped."""
    failed: int
    """The number of node executions that ended in an error."""
    strip: str
    """
    One letter per node execution, in order: `p` pending, `r` running, `s` success, `e` error, `k`
    skipped. At most 40 letters; a longer list is shortened but keeps errors and running nodes.
    """


class ErrorLine(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """An error in one line."""

    message: str
    """The first line of the message, at most 300 characters."""
    type: str | None = None
    """The qualified name of the exception's class."""
    kind: str | None = None
    """`exception`, `timeout`, `canceled`, `crashed` or other text."""
    node_id: str | None = None
    """The node that failed."""


class Summary(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """An execution in one line."""

    id: str
    """The execution."""
    workflow_id: str
    """The workflow that ran."""
    workflow_name: str
    """The workflow's display name."""
    status: ExecutionStatus
    """The status of the execution."""
    started_at: str
    """The start, UTC, canonical time."""
    starred: bool
    """Whether people have starred the execution."""
    nodes: NodeProgress
    """The progress of the nodes."""
    revision: int
    """The revision of the message that brought the status."""
    project_id: str | None = None
    """The project that the workflow belongs to."""
    completed_at: str | None = None
    """The end, UTC, canonical time."""
    duration_ms: float | None = None
    """The duration, milliseconds."""
    execution_mode: ExecutionMode | None = None
    """Whether the execution was a test run or a production run."""
    trigger_type: str | None = None
    """The type of the trigger."""
    is_simulated: bool | None = None
    """Whether an editor simulated the trigger's data."""
    error: ErrorLine | None = None
    """The error in one line, if the execution failed."""
    tags: dict[str, str] | None = None
    """Free keys with text values."""
    name: str | None = None
    """The name of this run for people."""
    last_seen_at: str | None = None
    """
    The last sign of life of a crashed execution's process, canonical time; absent for executions
    that did not crash, where no message of the process was numbered, and for executions that were
    delivered after the end of their process.
    """
    models: UsageSum | None = None
    """
    The tokens and the cost of models' calls; absent without calls, without a search index, and
    until the execution is indexed.
    """
    matches: tuple[QueryMatch, ...] | None = None
    """
    Where the execution matches the request's query, at most 3 places; empty if no term about texts
    or payloads matches. Absent without a query, and after 16 MiB of payloads of one page.
    """


class TriggerValue(Struct, frozen=True, kw_only=True):
    """A value of the data that started an execution."""

    path: str
    """The place as a query names it after `trigger`, e.g. `body.orderId`."""
    value: str
    """The value as text, at most 60 characters."""


class TriggerFacts(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The data of an execution's trigger that distinguishes it from other executions."""

    id: str
    """The execution."""
    values: tuple[TriggerValue, ...]
    """The first 16 texts, numbers and truth values, those nearest to the top first."""
    request: str | None = None
    """The method and the path of a recorded request, e.g. `POST /orders`."""


class TriggerPage(Struct, frozen=True, kw_only=True):
    """The data of triggers that distinguishes executions."""

    triggers: tuple[TriggerFacts, ...]
    """Executions without trigger data, or with data of more than 16 KiB, are left out."""


class SummaryPage(Struct, frozen=True, kw_only=True, rename="camel"):
    """One page of a list, the newest execution first."""

    summaries: tuple[Summary, ...]
    """At most as many executions as requested; fewer, or none, if a search reached its limit."""
    older_cursor: str | None
    """The cursor for older executions; None when there are none."""
    newer_cursor: str | None
    """The cursor for newer executions, including future ones; None for an empty list."""
    searched_to: str | None
    """
    The start time that an unfinished search reached, canonical time; None for a finished search.
    """
