"""
`HistoryViews`: what a viewer reads of a store.

It stands beside `flightlog.store.base`, whose `ExecutionStore` has it as `views`. Everything here
comes from indexes, from the running aggregates, or from a bounded number of rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from flightlog.store.metrics import (
    ErrorGroups,
    NodeMetrics,
    OutsideCalls,
    Scope,
    Series,
    StatusCounts,
    WorkflowMetrics,
    WorkflowPlace,
)
from flightlog.store.outline import ExecutionPage, Outline, PayloadKey, PayloadKind
from flightlog.store.summaries import Summary, SummaryFilter, SummaryPage, SummaryQuery

MAX_IDS = 500
"""Executions that can be asked for by id at once."""


class HistoryViews(Protocol):
    """Reads a history for people; safe to use from several threads."""

    def summaries(self, query: SummaryQuery) -> SummaryPage:
        """
        List executions in one line each.

        Raises:
            InvalidQueryError: The limit or cursor can't be used.
        """
        ...

    def summaries_of(self, ids: Sequence[str], narrowed: SummaryFilter) -> tuple[Summary, ...]:
        """
        Those of up to `MAX_IDS` executions that a filter leaves, newest first.

        Raises:
            InvalidQueryError: There are more ids than that.
        """
        ...

    def counts(self, scope: Scope) -> StatusCounts:
        """Count executions; hours at the ends that hold more than 10,000 count whole."""
        ...

    def series(self, scope: Scope, points: int) -> Series:
        """
        Count and time executions over time.

        Args:
            scope: Which; without a beginning from the first one on, without an end up to now.
            points: At most about so many steps, 1 to 1,000.

        Raises:
            InvalidQueryError: The points can't be used.
        """
        ...

    def workflows(
        self, scope: Scope, limit: int | None = None, after: WorkflowPlace | None = None
    ) -> tuple[WorkflowMetrics, ...]:
        """
        Count and time executions by workflow and project, to the hour; most executions first.

        Args:
            scope: Which executions.
            limit: At most so many workflows; None is all.
            after: Only those that come after this place.
        """
        ...

    def projects(self) -> tuple[str, ...]:
        """The projects that have executions, in alphabetical order."""
        ...

    def nodes(self, scope: Scope, limit: int) -> tuple[NodeMetrics, ...]:
        """Count and time node executions by node, to the hour; the slowest p95 first."""
        ...

    def errors(self, scope: Scope, limit: int) -> ErrorGroups:
        """Group the newest failures that are alike."""
        ...

    def outside(self) -> OutsideCalls:
        """Count the runs among the newest that are a node called outside of any execution."""
        ...

    def outline(
        self, execution_id: str, limit: int | None = None, cursor: str | None = None
    ) -> Outline | None:
        """
        Read one execution without payloads; None when there is none.

        Args:
            execution_id: The execution.
            limit: At most so many node executions; None is all.
            cursor: The page before's `next_nodes_cursor`; None begins with the first.

        Raises:
            InvalidQueryError: The cursor can't be used.
        """
        ...

    def execution(self, execution_id: str, limit: int, cursor: str | None) -> ExecutionPage | None:
        """
        Read one execution with a page of its node executions and their payloads.

        Args:
            execution_id: The execution.
            limit: At most so many node executions, and payloads of about 64 MiB.
            cursor: The page before's `next_nodes_cursor`; None begins with the first.

        Raises:
            InvalidQueryError: The cursor can't be used.
        """
        ...

    def payload_key(
        self,
        execution_id: str,
        kind: PayloadKind,
        sequence: int | None = None,
        node_id: str | None = None,
    ) -> PayloadKey | None:
        """Which content a payload has, without reading it; None when there is no such value."""
        ...
