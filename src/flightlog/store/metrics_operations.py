"""
`MetricsOperations`: the operations that count and time, shared by the readers of the stores.

Each store hands in its statements, in a transaction of its own for each operation.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from flightlog.clock import Clock
from flightlog.record.times import normalize_time
from flightlog.store import counting
from flightlog.store.counting import CountStore
from flightlog.store.error_groups import FailureStore, group_errors
from flightlog.store.findings import FacetPage
from flightlog.store.metrics import (
    Comparison,
    ErrorGroups,
    NodeList,
    OutsideCalls,
    Series,
    StatusCounts,
    WorkflowList,
    WorkflowPlace,
)
from flightlog.store.outside_calls import OutsideCallStore, read_outside_calls
from flightlog.store.query import EVERYTHING, HistoryFilter
from flightlog.store.reader import Capability
from flightlog.store.results import ExecutionStats
from flightlog.store.series import read_series
from flightlog.store.surveying import read_facets


class MetricsStore(CountStore, FailureStore, OutsideCallStore, Protocol):
    """Reads all that the operations count and time, in one snapshot."""


class MetricsOperations:
    """The operations of `MetricsReader` on a store's statements."""

    _clock: Clock
    missing: frozenset[Capability] = frozenset()
    """The capabilities that the store lacks."""

    def _counting(self) -> AbstractContextManager[MetricsStore]:
        raise NotImplementedError

    def _find_now(self) -> str:
        return normalize_time(self._clock().isoformat())

    def count_by_status(self, chosen: HistoryFilter) -> StatusCounts:
        """Count executions; see `ExecutionReader.count_by_status`."""
        with self._counting() as counts:
            return counting.read_counts(counts, chosen)

    def read_stats(self, chosen: HistoryFilter = EVERYTHING) -> ExecutionStats:
        """Count and time executions; see `ExecutionReader.read_stats`."""
        with self._counting() as counts:
            return counting.read_stats(counts, chosen)

    def read_series(self, chosen: HistoryFilter, points: int) -> Series:
        """Count and time executions over time; see `ExecutionReader.read_series`."""
        with self._counting() as counts:
            return read_series(counts, chosen, points, self._find_now())

    def read_facets(self, chosen: HistoryFilter) -> FacetPage:
        """Count the most frequent values; see `ExecutionReader.read_facets`."""
        with self._counting() as counts:
            return read_facets(counts, chosen)

    def list_workflows(
        self, chosen: HistoryFilter, limit: int | None = None, after: WorkflowPlace | None = None
    ) -> WorkflowList:
        """Count and time by workflow and project; see `ExecutionReader.list_workflows`."""
        with self._counting() as counts:
            return counting.read_workflows(counts, chosen, limit, after)

    def list_projects(self) -> tuple[str, ...]:
        """List the projects that have executions; see `ExecutionReader.list_projects`."""
        with self._counting() as counts:
            return tuple(counts.list_projects())

    def list_nodes(self, chosen: HistoryFilter, limit: int) -> NodeList:
        """Count and time by node; see `ExecutionReader.list_nodes`."""
        with self._counting() as counts:
            return counting.read_nodes(counts, chosen, limit)

    def group_errors(self, chosen: HistoryFilter, limit: int) -> ErrorGroups:
        """Group the newest failures that are alike; see `ExecutionReader.group_errors`."""
        with self._counting() as counts:
            return group_errors(counts, chosen, limit, self._find_now())

    def compare_periods(self, chosen: HistoryFilter) -> Comparison:
        """Count and time two periods; see `ExecutionReader.compare_periods`."""
        with self._counting() as counts:
            return counting.read_comparison(counts, chosen, self._find_now())

    def count_outside_calls(self) -> OutsideCalls:
        """Count runs outside of executions; see `ExecutionReader.count_outside_calls`."""
        with self._counting() as counts:
            return read_outside_calls(counts)
