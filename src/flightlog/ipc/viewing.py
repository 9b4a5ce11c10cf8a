"""`RoutedViews`: the views of the current history, for the viewer of all projects."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from flightlog.logger import ExecutionLogger
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


class RoutedViews:
    """
    The `HistoryViews` of the current history.

    Args:
        current: Lends the current history.
    """

    def __init__(self, current: Callable[[], AbstractContextManager[ExecutionLogger]]) -> None:
        self._current = current

    def summaries(self, query: ExecutionQuery) -> SummaryPage:
        """List executions; see `HistoryViews.summaries`."""
        with self._current() as logger:
            return logger.views.summaries(query)

    def ids_beginning_with(self, start: str, limit: int) -> tuple[str, ...]:
        """List ids that begin with a text; see `HistoryViews.ids_beginning_with`."""
        with self._current() as logger:
            return logger.views.ids_beginning_with(start, limit)

    def counts(self, chosen: HistoryFilter) -> StatusCounts:
        """Count executions; see `HistoryViews.counts`."""
        with self._current() as logger:
            return logger.views.counts(chosen)

    def series(self, chosen: HistoryFilter, points: int) -> Series:
        """Count executions over time; see `HistoryViews.series`."""
        with self._current() as logger:
            return logger.views.series(chosen, points)

    def workflows(
        self, chosen: HistoryFilter, limit: int | None = None, after: WorkflowPlace | None = None
    ) -> tuple[WorkflowMetrics, ...]:
        """Count executions by workflow; see `HistoryViews.workflows`."""
        with self._current() as logger:
            return logger.views.workflows(chosen, limit, after)

    def projects(self) -> tuple[str, ...]:
        """List the projects; see `HistoryViews.projects`."""
        with self._current() as logger:
            return logger.views.projects()

    def nodes(self, chosen: HistoryFilter, limit: int) -> tuple[NodeMetrics, ...]:
        """Count node executions by node; see `HistoryViews.nodes`."""
        with self._current() as logger:
            return logger.views.nodes(chosen, limit)

    def errors(self, chosen: HistoryFilter, limit: int) -> ErrorGroups:
        """Group failures; see `HistoryViews.errors`."""
        with self._current() as logger:
            return logger.views.errors(chosen, limit)

    def outside(self) -> OutsideCalls:
        """Count node runs outside of executions; see `HistoryViews.outside`."""
        with self._current() as logger:
            return logger.views.outside()

    def outline(
        self, execution_id: str, limit: int | None = None, cursor: str | None = None
    ) -> Outline | None:
        """Read one execution without payloads; see `HistoryViews.outline`."""
        with self._current() as logger:
            return logger.views.outline(execution_id, limit, cursor)

    def execution(self, execution_id: str, limit: int, cursor: str | None) -> ExecutionPage | None:
        """Read one execution with a page of its nodes; see `HistoryViews.execution`."""
        with self._current() as logger:
            return logger.views.execution(execution_id, limit, cursor)

    def payload_key(
        self,
        execution_id: str,
        kind: PayloadKind,
        sequence: int | None = None,
        node_id: str | None = None,
    ) -> PayloadKey | None:
        """Identify a payload's content; see `HistoryViews.payload_key`."""
        with self._current() as logger:
            return logger.views.payload_key(execution_id, kind, sequence, node_id)
