"""
`MetricsReader`: counts, durations over time and frequent errors; part of `reader`.

Stores compute them from their running aggregates.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from msgspec import Struct

from flightlog.store.query import EVERYTHING, HistoryFilter
from flightlog.store.results import ExecutionStats


class StatusCounts(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """The number of executions, by status."""

    total: int
    """The number of all executions."""
    success: int
    """The number of executions that ended successfully."""
    error: int
    """The number of executions that ended in an error."""
    running: int
    """The number of executions that have not ended."""
    searched_to: str | None = None
    """
    The start time that an unfinished search reached, canonical time; absent if all executions
    that the filter chooses are counted.
    """


class SeriesPoint(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """The executions that started within one step of time."""

    start: str
    """The beginning of the step, canonical time."""
    success: int
    """The number of executions that ended successfully."""
    error: int
    """The number of executions that ended in an error."""
    running: int
    """The number of executions that have not ended."""
    p50_ms: float | None = None
    """The median duration of ended executions, milliseconds."""
    p95_ms: float | None = None
    """The 95th percentile of the durations of ended executions, milliseconds."""


class Series(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """Executions over time, in even steps; steps without executions are included."""

    step_ms: int
    """The length of each step, milliseconds."""
    points: tuple[SeriesPoint, ...]
    """The steps in order."""
    searched_to: str | None = None
    """
    The start time that an unfinished search reached, canonical time; earlier executions are not
    counted. Absent if all executions that the filter chooses are counted.
    """


class WorkflowMetrics(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """One workflow in one project."""

    workflow_id: str
    """The workflow."""
    workflow_name: str
    """The workflow's name in its newest execution."""
    total: int
    """The number of all executions."""
    success: int
    """The number of executions that ended successfully."""
    error: int
    """The number of executions that ended in an error."""
    running: int
    """The number of executions that have not ended."""
    project_id: str | None = None
    """The project."""
    p50_ms: float | None = None
    """The median duration of ended executions, milliseconds."""
    p95_ms: float | None = None
    """The 95th percentile of the durations of ended executions, milliseconds."""
    last_started_at: str | None = None
    """The start of the newest execution, canonical time."""


class WorkflowList(NamedTuple):
    """Workflows, and how far the search for their executions got."""

    workflows: tuple[WorkflowMetrics, ...]
    """The workflows, the most executions first."""
    searched_to: str | None
    """
    The start time that an unfinished search reached, canonical time; None if all executions that
    the filter chooses are counted.
    """


class WorkflowPlace(NamedTuple):
    """The position of a workflow in the list of workflows."""

    total: int
    """The number of the workflow's executions."""
    workflow_id: str
    """The workflow."""
    project_id: str
    """The project; empty without a project."""


class NodeMetrics(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """One node of a workflow."""

    workflow_id: str
    """The workflow."""
    node_id: str
    """The node."""
    node_name: str
    """The node's name in a recent execution, or the node's id."""
    node_type: str
    """The node's type in a recent execution, or an empty text."""
    total: int
    """The number of all node executions."""
    success: int
    """The number of node executions that ended successfully."""
    error: int
    """The number of node executions that ended in an error."""
    p50_ms: float | None = None
    """The median duration of ended node executions, milliseconds."""
    p95_ms: float | None = None
    """The 95th percentile of the durations of ended node executions, milliseconds."""


class NodeList(NamedTuple):
    """Nodes, and how far the search for their executions got."""

    nodes: tuple[NodeMetrics, ...]
    """The nodes, the slowest 95th percentile first."""
    searched_to: str | None
    """As in `WorkflowList`."""


class ErrorWorkflow(Struct, frozen=True, kw_only=True, rename="camel"):
    """A workflow in which errors of a group occurred."""

    workflow_id: str
    """The workflow."""
    workflow_name: str
    """The workflow's name in its newest failure of the group."""
    count: int
    """The number of its failures in the group."""


class ErrorGroup(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """Failures of one type whose messages differ only in numbers, ids, paths and quoted values."""

    workflow_id: str
    """The workflow of the newest failure."""
    workflow_name: str
    """The workflow's name in the newest failure."""
    message: str
    """The first line of the newest failure's message, at most 300 characters."""
    pattern: str
    """The line with a word in the place of each part that differs: `Timeout after ⟨n⟩ ms`."""
    count: int
    """The number of failures."""
    first_at: str
    """The start of the oldest failure that was examined, canonical time."""
    last_at: str
    """The start of the newest failure, canonical time."""
    last_execution_id: str
    """The execution of the newest failure."""
    workflows: tuple[ErrorWorkflow, ...]
    """The workflows of the failures, the most failures first; at most 20."""
    workflow_count: int
    """The number of workflows."""
    histogram: tuple[int, ...]
    """The number of failures in each step of time, the oldest step first."""
    node_id: str | None = None
    """The node that failed; absent if the failures are of several nodes."""
    type: str | None = None
    """The exception's class."""
    kind: str | None = None
    """The error's kind in the newest failure."""


class ErrorGroups(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """The most frequent errors."""

    errors: tuple[ErrorGroup, ...]
    """The groups, the most frequent first; equally frequent groups by their newest failure."""
    complete: bool
    """Whether all failures were examined; otherwise only the newest, at most 5,000."""
    histogram_start: str | None = None
    """The beginning of the first step of all histograms, canonical time; absent without errors."""
    histogram_step_ms: int | None = None
    """The length of a step, milliseconds; absent without errors."""


class PeriodTotals(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """The executions that started within a period, and how long they took."""

    after: str | None
    """The beginning of the period, canonical time; null for the whole history."""
    before: str
    """The end of the period, canonical time."""
    total: int
    """The number of all executions."""
    success: int
    """The number of executions that ended successfully."""
    error: int
    """The number of executions that ended in an error."""
    running: int
    """The number of executions that have not ended."""
    p50_ms: float | None = None
    """The median duration of ended executions, milliseconds."""
    p95_ms: float | None = None
    """The 95th percentile of the durations of ended executions, milliseconds."""
    searched_to: str | None = None
    """
    The start time that an unfinished search reached, canonical time; absent if all executions
    that the filter chooses are counted.
    """


class Comparison(Struct, frozen=True, kw_only=True):
    """A period, and the period of the same length before it."""

    current: PeriodTotals
    """The period."""
    previous: PeriodTotals | None
    """The period before; null if the period has no beginning, or isn't counted completely."""


class OutsideCallSite(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """Runs of one node that were called at one place, outside of any execution."""

    workflow_id: str
    """The recorder's workflow."""
    workflow_name: str
    """The workflow's name in the newest run."""
    count: int
    """The number of runs."""
    linked: int
    """
    The number of runs with a parent: an execution started the thread or task that called them.
    """
    last_execution_id: str
    """The execution of the newest run."""
    node_id: str | None = None
    """The node."""
    called_from: str | None = None
    """The file, line and function of the call; absent if the record does not contain them."""
    thread: str | None = None
    """The thread of the newest run."""


class OutsideCalls(Struct, frozen=True, kw_only=True, rename="camel"):
    """Runs that consist of one node, called outside of any execution."""

    places: tuple[OutsideCallSite, ...]
    """The places of the calls, the most frequent first."""
    count: int
    """The number of runs."""
    complete: bool
    """Whether all executions were examined, or only the newest 10,000."""


class MetricsReader(Protocol):
    """Counts and times executions, nodes and failures; safe to use from several threads."""

    def count_by_status(self, chosen: HistoryFilter) -> StatusCounts:
        """
        Count executions by status.

        If a part of an hour at an end of the scope holds more than 10,000 executions, the whole
        hour counts. A filter that is not countable is searched like a page of a list.

        Args:
            chosen: The executions to count.

        Returns:
            The counts, and how far the search got.
        """
        ...

    def read_series(self, chosen: HistoryFilter, points: int) -> Series:
        """
        Count and time executions over time.

        A filter that is not countable is searched like a page of a list.

        Args:
            chosen: The executions. Without a start, begin with the first execution; without an end,
                stop now.
            points: The approximate largest number of steps, 1 to 1,000.

        Returns:
            The steps, and how far the search got.

        Raises:
            InvalidQueryError: `points` is out of range.
        """
        ...

    def list_workflows(
        self, chosen: HistoryFilter, limit: int | None = None, after: WorkflowPlace | None = None
    ) -> WorkflowList:
        """
        Count and time executions by workflow and project.

        The times of a countable filter are rounded to whole hours. Another filter is searched like
        a page of a list.

        Args:
            chosen: The executions.
            limit: The largest number of workflows; None means all.
            after: Only workflows after this position.

        Returns:
            The workflows, and how far the search got.
        """
        ...

    def list_projects(self) -> tuple[str, ...]:
        """
        List the projects that have executions.

        Returns:
            The ids in alphabetical order.
        """
        ...

    def list_nodes(self, chosen: HistoryFilter, limit: int) -> NodeList:
        """
        Count and time node executions by node.

        The node that stands for a whole workflow does not count. The times of a countable filter
        are rounded to whole hours. Another filter is searched like a page of a list, and the nodes
        of the newest 2,000 executions count.

        Args:
            chosen: The executions.
            limit: The largest number of nodes.

        Returns:
            The nodes, and how far the search got.
        """
        ...

    def group_errors(self, chosen: HistoryFilter, limit: int) -> ErrorGroups:
        """
        Group the newest failures that are alike, by type and pattern of the message.

        Args:
            chosen: The executions; a query is searched as far as one page of a list.
            limit: The largest number of groups.

        Returns:
            The groups, the most frequent first.
        """
        ...

    def compare_periods(self, chosen: HistoryFilter) -> Comparison:
        """
        Count and time the executions of a period, and of the period of the same length before it.

        The ends of the periods are exact under the same condition as in `count_by_status`. For a
        filter that is not countable, each period is searched like a page of a list.

        Args:
            chosen: The executions. Without an end, the period ends now; without a start, there is
                no period before it.

        Returns:
            Both periods.
        """
        ...

    def count_outside_calls(self) -> OutsideCalls:
        """
        Count the newest runs that are one node called outside of any execution.

        Returns:
            The runs by the place of the call.
        """
        ...

    def read_stats(self, chosen: HistoryFilter = EVERYTHING) -> ExecutionStats:
        """
        Count and time executions, without reading them; times are rounded to whole hours.

        Args:
            chosen: The executions; a filter that `HistoryFilter.check_countable` accepts.

        Returns:
            The counts and durations.

        Raises:
            InvalidQueryError: The filter can't be used for counts.
        """
        ...
