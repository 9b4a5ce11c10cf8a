"""`SqliteReader`: the operations that read, shared by the writing and the read-only store."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import apsw

from flightlog.clock import Clock
from flightlog.record.model import WorkflowExecution
from flightlog.record.times import canonical_time
from flightlog.store.metrics import (
    ErrorGroups,
    NodeMetrics,
    OutsideCalls,
    Series,
    StatusCounts,
    WorkflowMetrics,
    WorkflowPlace,
)
from flightlog.store.outline import ExecutionPage, Outline, PayloadKind
from flightlog.store.query import EVERYTHING, ExecutionQuery, HistoryFilter
from flightlog.store.results import ExecutionStats, Ledger, Page, PayloadContent, Unfinished
from flightlog.store.sqlite import (
    error_groups,
    metrics,
    outline,
    outside,
    reader,
    series,
    summaries,
)
from flightlog.store.sqlite.access import beside
from flightlog.store.sqlite.compression import Codec
from flightlog.store.sqlite.errors import translate_errors
from flightlog.store.sqlite.ledger import read_ledger
from flightlog.store.sqlite.runs import resolve_address
from flightlog.store.sqlite.settings import SqliteSettings
from flightlog.store.summaries import SummaryPage


class SqliteReader:
    """
    The operations of `ExecutionReader` on a SQLite file, each in one short read transaction.

    Args:
        path: The file.
        settings: How the file is kept.
        clock: The time for the views.
    """

    def __init__(self, path: Path, settings: SqliteSettings | None, clock: Clock) -> None:
        self._path = path
        self._settings = settings or SqliteSettings()
        self._clock = clock

    def _reading(self) -> AbstractContextManager[tuple[apsw.Connection, Codec]]:
        raise NotImplementedError

    @contextlib.contextmanager
    def _snapshot(self) -> Iterator[apsw.Connection]:
        with self._reading() as (connection, _):
            yield connection

    def _translated(self) -> AbstractContextManager[None]:
        return translate_errors(self._path, self._settings.busy_timeout_ms)

    def find(self, query: ExecutionQuery) -> Page:
        """List executions; see `ExecutionReader.find`."""
        with self._reading() as (connection, codec):
            return reader.find(connection, codec, query)

    def get(self, execution_id: str) -> WorkflowExecution | None:
        """Read one execution; see `ExecutionReader.get`."""
        with self._reading() as (connection, codec):
            return reader.get(connection, codec, resolve_address(connection, execution_id))

    def get_payload(
        self,
        execution_id: str,
        kind: PayloadKind,
        sequence: int | None = None,
        node_id: str | None = None,
        *,
        max_bytes: int | None = None,
    ) -> PayloadContent | None:
        """Read one payload; see `ExecutionReader.get_payload`."""
        with self._reading() as (connection, codec):
            return reader.get_payload(
                connection,
                codec,
                resolve_address(connection, execution_id),
                kind,
                sequence=sequence,
                node_id=node_id,
                max_bytes=max_bytes,
            )

    def stats(self, chosen: HistoryFilter = EVERYTHING) -> ExecutionStats:
        """Count and time executions; see `ExecutionReader.stats`."""
        with self._snapshot() as connection:
            return metrics.read_stats(connection, chosen)

    def ledger(self) -> Ledger:
        """Count received messages and list missing messages; see `ExecutionReader.ledger`."""
        with self._snapshot() as connection:
            return read_ledger(connection)

    def running_processes(self) -> tuple[str, ...]:
        """List the processes with running executions; see `ExecutionReader.running_processes`."""
        with self._snapshot() as connection:
            return reader.list_running_processes(connection)

    def unfinished(self) -> tuple[Unfinished, ...]:
        """Count running executions and nodes; see `ExecutionReader.unfinished`."""
        with self._snapshot() as connection:
            return reader.list_unfinished(connection)

    def summaries(self, query: ExecutionQuery) -> SummaryPage:
        """List executions in one line each; see `ExecutionReader.summaries`."""
        with self._snapshot() as connection:
            return summaries.list_summaries(connection, query)

    def ids_beginning_with(self, start: str, limit: int) -> tuple[str, ...]:
        """List ids that begin with a text; see `ExecutionReader.ids_beginning_with`."""
        with self._snapshot() as connection:
            return summaries.ids_beginning_with(connection, start, limit)

    def counts(self, chosen: HistoryFilter) -> StatusCounts:
        """Count executions; see `ExecutionReader.counts`."""
        with self._snapshot() as connection:
            return metrics.read_counts(connection, chosen)

    def series(self, chosen: HistoryFilter, points: int) -> Series:
        """Count and time executions over time; see `ExecutionReader.series`."""
        now = canonical_time(self._clock().isoformat())
        with self._snapshot() as connection:
            return series.read_series(connection, chosen, points, now)

    def workflows(
        self, chosen: HistoryFilter, limit: int | None = None, after: WorkflowPlace | None = None
    ) -> tuple[WorkflowMetrics, ...]:
        """Count and time by workflow and project; see `ExecutionReader.workflows`."""
        with self._snapshot() as connection:
            return metrics.read_workflows(connection, chosen, limit, after)

    def projects(self) -> tuple[str, ...]:
        """List the projects that have executions; see `ExecutionReader.projects`."""
        with self._snapshot() as connection:
            return metrics.read_projects(connection)

    def nodes(self, chosen: HistoryFilter, limit: int) -> tuple[NodeMetrics, ...]:
        """Count and time by node; see `ExecutionReader.nodes`."""
        with self._snapshot() as connection:
            return metrics.read_nodes(connection, chosen, limit)

    def errors(self, chosen: HistoryFilter, limit: int) -> ErrorGroups:
        """Group the newest failures that are alike; see `ExecutionReader.errors`."""
        with self._snapshot() as connection:
            return error_groups.group_errors(connection, chosen, limit)

    def outside(self) -> OutsideCalls:
        """Count runs outside of executions; see `ExecutionReader.outside`."""
        with self._reading() as (connection, codec):
            return outside.read_outside_calls(connection, codec)

    def outline(
        self, execution_id: str, limit: int | None = None, cursor: str | None = None
    ) -> Outline | None:
        """Read one execution without payloads; see `ExecutionReader.outline`."""
        with self._reading() as (connection, codec):
            row_id = resolve_address(connection, execution_id)
            return outline.read_outline(connection, codec, row_id, limit, cursor)

    def execution(self, execution_id: str, limit: int, cursor: str | None) -> ExecutionPage | None:
        """Read one execution with a page of its nodes; see `ExecutionReader.execution`."""
        with self._reading() as (connection, codec):
            row_id = resolve_address(connection, execution_id)
            return reader.get_page(connection, codec, row_id, limit, cursor)

    def _size_bytes(self) -> int:
        size = 0
        for file in (self._path, beside(Path(os.path.realpath(self._path)), "-wal")):
            with contextlib.suppress(FileNotFoundError):
                size += file.stat().st_size
        return size
