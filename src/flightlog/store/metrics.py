"""What the running aggregates say of a history: counts, durations over time, frequent errors."""

from __future__ import annotations

from typing import NamedTuple

from msgspec import Struct


class Scope(Struct, frozen=True, kw_only=True):
    """Over which executions something is counted."""

    workflow_ids: tuple[str, ...] = ()
    """Only these workflows'; empty is all."""
    project_id: str | None = None
    """Only this project's."""
    started_from: str | None = None
    """Canonical time; started then or later."""
    started_before: str | None = None
    """Canonical time; started before then."""


class StatusCounts(Struct, frozen=True, kw_only=True):
    """How many executions there are, by how far they came."""

    total: int
    """All of them."""
    success: int
    """Ended well."""
    error: int
    """Ended in an error."""
    running: int
    """Not ended."""


class SeriesPoint(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """What started within one step of time."""

    start: str
    """When the step begins, canonical time."""
    success: int
    """Ended well."""
    error: int
    """Ended in an error."""
    running: int
    """Not ended."""
    p50_ms: float | None = None
    """Half of those that ended took at most so long."""
    p95_ms: float | None = None
    """95 of 100 took at most so long."""


class Series(Struct, frozen=True, kw_only=True, rename="camel"):
    """Executions over time, in even steps; those without executions are there too."""

    step_ms: int
    """How long each step is."""
    points: tuple[SeriesPoint, ...]
    """The steps in order."""


class WorkflowMetrics(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """One workflow in one project."""

    workflow_id: str
    """The workflow."""
    workflow_name: str
    """Its name in its newest execution."""
    total: int
    """All its executions."""
    success: int
    """Ended well."""
    error: int
    """Ended in an error."""
    running: int
    """Not ended."""
    project_id: str | None = None
    """The project."""
    p50_ms: float | None = None
    """Half of those that ended took at most so long."""
    p95_ms: float | None = None
    """95 of 100 took at most so long."""
    last_started_at: str | None = None
    """When the newest started, canonical time."""


class WorkflowPlace(NamedTuple):
    """Where a workflow stands in the list of workflows."""

    total: int
    """Its executions."""
    workflow_id: str
    """The workflow."""
    project_id: str
    """The project; empty where there is none."""


class NodeMetrics(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """One node of a workflow."""

    workflow_id: str
    """The workflow."""
    node_id: str
    """The node."""
    node_name: str
    """Its name in a new execution, or its id."""
    node_type: str
    """Its type there, or empty."""
    total: int
    """All its node executions."""
    success: int
    """Ended well."""
    error: int
    """Ended in an error."""
    p50_ms: float | None = None
    """Half of those that ended took at most so long."""
    p95_ms: float | None = None
    """95 of 100 took at most so long."""


class ErrorGroup(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """Failures of one workflow, node, type and kind, with one message in essence."""

    workflow_id: str
    """The workflow."""
    workflow_name: str
    """Its name in the newest of them."""
    message: str
    """The first line of the newest one's message, at most 300 characters."""
    count: int
    """How many there are."""
    last_at: str
    """When the newest started, canonical time."""
    last_execution_id: str
    """The newest."""
    node_id: str | None = None
    """The node that failed."""
    type: str | None = None
    """The exception's class."""
    kind: str | None = None
    """The error's kind."""


class ErrorGroups(Struct, frozen=True, kw_only=True):
    """The most frequent errors."""

    errors: tuple[ErrorGroup, ...]
    """The most frequent first, and of equally frequent ones the newest."""
    complete: bool
    """Whether all failures in question were looked at, or only the newest 5,000."""


class OutsidePlace(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """Runs of one node that were called at one place outside of any execution."""

    workflow_id: str
    """The workflow of the recorder."""
    workflow_name: str
    """Its name in the newest of them."""
    count: int
    """How many there are."""
    linked: int
    """How many of them have a parent: a thread or task that an execution started called them."""
    last_execution_id: str
    """The newest."""
    node_id: str | None = None
    """The node."""
    called_from: str | None = None
    """File, line and function of the call; absent where the record doesn't say."""
    thread: str | None = None
    """The thread of the newest of them."""


class OutsideCalls(Struct, frozen=True, kw_only=True, rename="camel"):
    """Runs that are one node, called outside of any execution."""

    places: tuple[OutsidePlace, ...]
    """Where they were called, the most frequent first."""
    count: int
    """How many there are."""
    complete: bool
    """Whether all executions were looked at, or only the newest 10,000."""
