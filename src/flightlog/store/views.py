"""
`HistoryViews`: the reads of a store for a viewer.

`ExecutionStore` in `flightlog.store.base` offers these reads as `views`. Every result comes from
indexes, from the running aggregates, or from a bounded number of rows.
"""

from __future__ import annotations

from typing import Protocol

from flightlog.store.metrics import (
    ErrorGroups,
    NodeMetrics,
    OutsideCalls,
    Series,
    StatusCounts,
    WorkflowMetrics,
    WorkflowPlace,
)
from flightlog.store.outline import ExecutionPage, Outline, PayloadKey, PayloadKind
from flightlog.store.query import ExecutionQuery, HistoryFilter
from flightlog.store.summaries import SummaryPage


class HistoryViews(Protocol):
    """Reads a history for a viewer; safe to use from several threads."""

    def summaries(self, query: ExecutionQuery) -> SummaryPage:
        """
        List executions in one line each.

        Args:
            query: The filter, the page and the limit. A query with `ids` has one page, whatever its
                limit.

        Returns:
            One page of summaries, the newest first whatever the order of the search.

        Raises:
            InvalidQueryError: The limit or cursor is invalid, or there are too many ids.
        """
        ...

    def ids_beginning_with(self, start: str, limit: int) -> tuple[str, ...]:
        """
        List the ids of executions that begin with a text.

        Args:
            start: The first characters.
            limit: The largest number of ids.

        Returns:
            The ids in alphabetical order. Earlier runs of a reused id are left out.
        """
        ...

    def counts(self, chosen: HistoryFilter) -> StatusCounts:
        """
        Count executions by status.

        If a part of an hour at an end of the scope holds more than 10,000 executions, the whole
        hour counts.

        Args:
            chosen: The executions to count.

        Returns:
            The counts.
        """
        ...

    def series(self, chosen: HistoryFilter, points: int) -> Series:
        """
        Count and time executions over time.

        Args:
            chosen: The executions. Without a start, begin with the first execution; without an end,
                stop now.
            points: The approximate largest number of steps, 1 to 1,000.

        Returns:
            The steps.

        Raises:
            InvalidQueryError: `points` is out of range.
        """
        ...

    def workflows(
        self, chosen: HistoryFilter, limit: int | None = None, after: WorkflowPlace | None = None
    ) -> tuple[WorkflowMetrics, ...]:
        """
        Count and time executions by workflow and project; times are rounded to whole hours.

        Args:
            chosen: The executions.
            limit: The largest number of workflows; None means all.
            after: Only workflows after this position.

        Returns:
            The workflows, the most executions first.
        """
        ...

    def projects(self) -> tuple[str, ...]:
        """
        List the projects that have executions.

        Returns:
            The ids in alphabetical order.
        """
        ...

    def nodes(self, chosen: HistoryFilter, limit: int) -> tuple[NodeMetrics, ...]:
        """
        Count and time node executions by node; times are rounded to whole hours.

        The node that stands for a whole workflow does not count.

        Args:
            chosen: The executions.
            limit: The largest number of nodes.

        Returns:
            The nodes, the slowest 95th percentile first.
        """
        ...

    def errors(self, chosen: HistoryFilter, limit: int) -> ErrorGroups:
        """
        Group the newest failures that are alike.

        Args:
            chosen: The executions.
            limit: The largest number of groups.

        Returns:
            The groups, the most frequent first.
        """
        ...

    def outside(self) -> OutsideCalls:
        """
        Count the newest runs that are one node called outside of any execution.

        Returns:
            The runs by the place of the call.
        """
        ...

    def outline(
        self, execution_id: str, limit: int | None = None, cursor: str | None = None
    ) -> Outline | None:
        """
        Read one execution without payloads.

        Args:
            execution_id: The execution.
            limit: The largest number of node executions; None means all.
            cursor: The `next_nodes_cursor` of the previous page; None begins with the first node
                execution.

        Returns:
            The outline; None when there is no such execution.

        Raises:
            InvalidQueryError: The cursor is invalid.
        """
        ...

    def execution(self, execution_id: str, limit: int, cursor: str | None) -> ExecutionPage | None:
        """
        Read one execution with a page of its node executions and their payloads.

        Args:
            execution_id: The execution.
            limit: The largest number of node executions; payloads are limited to about 64 MiB.
            cursor: The `next_nodes_cursor` of the previous page; None begins with the first node
                execution.

        Returns:
            The execution; None when there is no such execution.

        Raises:
            InvalidQueryError: The cursor is invalid.
        """
        ...

    def payload_key(
        self,
        execution_id: str,
        kind: PayloadKind,
        sequence: int | None = None,
        node_id: str | None = None,
    ) -> PayloadKey | None:
        """
        Find the size and digest of a payload, without reading the payload.

        Args:
            execution_id: The execution.
            kind: `trigger` for the trigger's data, or `input` or `output` of a node execution.
            sequence: The sequence of the node execution; unused for `trigger`.
            node_id: The node, if several node executions have this sequence; None means the first
                one.

        Returns:
            The key; None when there is no such payload.
        """
        ...
