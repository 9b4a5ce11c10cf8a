"""`SqliteViews`: the `HistoryViews` of a SQLite history, each read in one short transaction."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TypeAlias

import apsw

from flightlog.clock import Clock
from flightlog.record.model import canonical_time
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
from flightlog.store.sqlite import (
    error_groups,
    metrics,
    outline,
    outside,
    reader,
    series,
    summaries,
)
from flightlog.store.sqlite.compression import Codec
from flightlog.store.sqlite.runs import resolve_address
from flightlog.store.summaries import SummaryPage

Snapshot: TypeAlias = Callable[[], AbstractContextManager[apsw.Connection]]
"""Lends a connection within one read transaction."""
Reading: TypeAlias = Callable[[], AbstractContextManager[tuple[apsw.Connection, Codec]]]
"""Lends a connection within one read transaction, and the codec that decompresses its payloads."""


class SqliteViews:
    """
    Reads a history for a viewer; see `HistoryViews` for each method.

    Args:
        snapshot: Lends a connection within one read transaction.
        reading: Lends a connection in the same way, with the codec that decompresses payloads.
        clock: The time at which a series without an end stops.
    """

    def __init__(self, snapshot: Snapshot, reading: Reading, clock: Clock) -> None:
        self._snapshot = snapshot
        self._reading = reading
        self._clock = clock

    def summaries(self, query: ExecutionQuery) -> SummaryPage:
        """List executions in one line each; see `HistoryViews.summaries`."""
        with self._snapshot() as connection:
            return summaries.list_summaries(connection, query)

    def ids_beginning_with(self, start: str, limit: int) -> tuple[str, ...]:
        """List ids that begin with a text; see `HistoryViews.ids_beginning_with`."""
        with self._snapshot() as connection:
            return summaries.ids_beginning_with(connection, start, limit)

    def counts(self, chosen: HistoryFilter) -> StatusCounts:
        """Count executions; see `HistoryViews.counts`."""
        with self._snapshot() as connection:
            return metrics.counts(connection, chosen)

    def series(self, chosen: HistoryFilter, points: int) -> Series:
        """Count and time executions over time; see `HistoryViews.series`."""
        now = canonical_time(self._clock().isoformat())
        with self._snapshot() as connection:
            return series.series(connection, chosen, points, now)

    def workflows(
        self, chosen: HistoryFilter, limit: int | None = None, after: WorkflowPlace | None = None
    ) -> tuple[WorkflowMetrics, ...]:
        """Count and time by workflow and project; see `HistoryViews.workflows`."""
        with self._snapshot() as connection:
            return metrics.workflows(connection, chosen, limit, after)

    def projects(self) -> tuple[str, ...]:
        """List the projects that have executions; see `HistoryViews.projects`."""
        with self._snapshot() as connection:
            return metrics.projects(connection)

    def nodes(self, chosen: HistoryFilter, limit: int) -> tuple[NodeMetrics, ...]:
        """Count and time by node; see `HistoryViews.nodes`."""
        with self._snapshot() as connection:
            return metrics.nodes(connection, chosen, limit)

    def errors(self, chosen: HistoryFilter, limit: int) -> ErrorGroups:
        """Group the newest failures that are alike; see `HistoryViews.errors`."""
        with self._snapshot() as connection:
            return error_groups.frequent_errors(connection, chosen, limit)

    def outside(self) -> OutsideCalls:
        """Count runs outside of executions; see `HistoryViews.outside`."""
        with self._reading() as (connection, codec):
            return outside.outside_calls(connection, codec)

    def outline(
        self, execution_id: str, limit: int | None = None, cursor: str | None = None
    ) -> Outline | None:
        """Read one execution without payloads; see `HistoryViews.outline`."""
        with self._reading() as (connection, codec):
            row_id = resolve_address(connection, execution_id)
            return outline.read_outline(connection, codec, row_id, limit, cursor)

    def execution(self, execution_id: str, limit: int, cursor: str | None) -> ExecutionPage | None:
        """Read one execution with a page of its nodes; see `HistoryViews.execution`."""
        with self._reading() as (connection, codec):
            row_id = resolve_address(connection, execution_id)
            return reader.get_page(connection, codec, row_id, limit, cursor)

    def payload_key(
        self,
        execution_id: str,
        kind: PayloadKind,
        sequence: int | None = None,
        node_id: str | None = None,
    ) -> PayloadKey | None:
        """Find the size and digest of a payload; see `HistoryViews.payload_key`."""
        with self._snapshot() as connection:
            row_id = resolve_address(connection, execution_id)
            return outline.read_payload_key(connection, row_id, kind, sequence, node_id)
