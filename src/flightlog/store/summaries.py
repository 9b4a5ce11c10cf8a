"""A list of executions as people look through it: one line each, whatever its payloads."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from flightlog.record.model import ExecutionMode, ExecutionStatus

Direction = Literal["older", "newer"]


class SummaryFilter(Struct, frozen=True, kw_only=True):
    """Which executions; every filter narrows."""

    workflow_ids: tuple[str, ...] = ()
    """Those of any of these workflows; empty is all."""
    project_id: str | None = None
    """Only this project's."""
    statuses: tuple[ExecutionStatus, ...] = ()
    """Those that are so; empty is all."""
    execution_mode: ExecutionMode | None = None
    """Only those that ran so."""
    trigger_type: str | None = None
    """Only those that such a trigger started."""
    started_from: str | None = None
    """Canonical time; started then or later."""
    started_before: str | None = None
    """Canonical time; started before then."""
    min_duration_ms: float | None = None
    """Only those that took at least so long."""
    max_duration_ms: float | None = None
    """Only those that took at most so long."""
    text: str | None = None
    """Part of the workflow's name or id or of the error, or the beginning of the id, any case."""
    node_id: str | None = None
    """Only those that failed at this node."""
    starred: bool = False
    """Only those that people have marked."""


class SummaryQuery(Struct, frozen=True, kw_only=True):
    """Which page of a list; the newest stand first."""

    filter: SummaryFilter = SummaryFilter()
    """What narrows it; the same for every page."""
    limit: int = 50
    """At most so many, 1 to 500."""
    cursor: str | None = None
    """Go on from where a page's cursor stands."""
    direction: Direction = "older"
    """To which side of the cursor; without one, from the newest or from the oldest on."""
    at: str | None = None
    """
    Canonical time; stands for the cursor before the newest that started then or earlier. It is no
    filter: what is newer is reached from there.
    """


class NodeProgress(Struct, frozen=True, kw_only=True):
    """How far an execution's nodes have come."""

    total: int
    """Node executions known of."""
    done: int
    """Those that ended, well or not, or were skipped."""
    failed: int
    """Those that ended in an error."""
    strip: str
    """
    A letter a node execution in order: `p` pending, `r` running, `s` success, `e` error, `k`
    skipped; at most 40, of more a selection that keeps errors and what runs.
    """


class ErrorLine(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """An error in one line."""

    message: str
    """The first line of its message, at most 300 characters."""
    type: str | None = None
    """The exception's class by its qualified name."""
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
    """The workflow's name for people."""
    status: ExecutionStatus
    """How far it came."""
    started_at: str
    """UTC, canonical."""
    starred: bool
    """Whether people have marked it."""
    nodes: NodeProgress
    """Its nodes in short."""
    revision: int
    """Of the message that brought the status."""
    project_id: str | None = None
    """The project that the workflow belongs to."""
    completed_at: str | None = None
    """UTC, canonical."""
    duration_ms: float | None = None
    """Milliseconds."""
    execution_mode: ExecutionMode | None = None
    """Whether it was a test run."""
    trigger_type: str | None = None
    """What started it."""
    is_simulated: bool | None = None
    """Whether an editor made the trigger's data up."""
    error: ErrorLine | None = None
    """Why it failed."""
    tags: dict[str, str] | None = None
    """Free key and value text."""


class SummaryPage(Struct, frozen=True, kw_only=True, rename="camel"):
    """One page of a list, the newest first."""

    summaries: tuple[Summary, ...]
    """At most as many as asked for; fewer, even none, where a search has looked far enough."""
    older_cursor: str | None
    """For what is older than this page; None when there is nothing."""
    newer_cursor: str | None
    """For what is newer, also what comes later; None when nothing is known to be newer than."""
    searched_to: str | None
    """How far a search that isn't at its end has looked, canonical time; else None."""
