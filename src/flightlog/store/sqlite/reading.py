"""`SqliteReading`: the methods that read, shared by the writing and the read-only store."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import apsw
from msgspec import Raw

from flightlog.clock import Clock
from flightlog.record.model import WorkflowExecution
from flightlog.store.base import ExecutionStats, Ledger, Page, Unfinished
from flightlog.store.outline import PayloadKind
from flightlog.store.query import EVERYTHING, ExecutionQuery, HistoryFilter
from flightlog.store.sqlite import metrics, reader
from flightlog.store.sqlite.access import beside
from flightlog.store.sqlite.compression import Codec
from flightlog.store.sqlite.errors import translated
from flightlog.store.sqlite.ledger import read_ledger
from flightlog.store.sqlite.runs import resolve_address
from flightlog.store.sqlite.settings import SqliteSettings
from flightlog.store.sqlite.views import SqliteViews


class SqliteReading:
    """
    The reading methods of every SQLite store; see `ExecutionStore` for each method.

    Args:
        path: The file.
        settings: How the file is kept.
        clock: The time for the views.
    """

    def __init__(self, path: Path, settings: SqliteSettings | None, clock: Clock) -> None:
        self._path = path
        self._settings = settings or SqliteSettings()
        self._clock = clock
        self._views = SqliteViews(self._snapshot, self._reading, clock)

    def _reading(self) -> AbstractContextManager[tuple[apsw.Connection, Codec]]:
        raise NotImplementedError

    @contextlib.contextmanager
    def _snapshot(self) -> Iterator[apsw.Connection]:
        with self._reading() as (connection, _):
            yield connection

    def _translated(self) -> AbstractContextManager[None]:
        return translated(self._path, self._settings.busy_timeout_ms)

    def find(self, query: ExecutionQuery) -> Page:
        """List executions; see `ExecutionStore.find`."""
        with self._reading() as (connection, codec):
            return reader.find(connection, codec, query)

    def get(self, execution_id: str) -> WorkflowExecution | None:
        """Read one execution; see `ExecutionStore.get`."""
        with self._reading() as (connection, codec):
            return reader.get(connection, codec, resolve_address(connection, execution_id))

    def get_payload(
        self,
        execution_id: str,
        kind: PayloadKind,
        sequence: int | None = None,
        node_id: str | None = None,
    ) -> Raw | None:
        """Read one payload; see `ExecutionStore.get_payload`."""
        with self._reading() as (connection, codec):
            row_id = resolve_address(connection, execution_id)
            return reader.get_payload(
                connection, codec, row_id, kind, sequence=sequence, node_id=node_id
            )

    def stats(self, chosen: HistoryFilter = EVERYTHING) -> ExecutionStats:
        """Count and time executions; see `ExecutionStore.stats`."""
        with self._snapshot() as connection:
            return metrics.stats(connection, chosen)

    def ledger(self) -> Ledger:
        """Count received messages and list missing messages; see `ExecutionStore.ledger`."""
        with self._snapshot() as connection:
            return read_ledger(connection)

    def running_processes(self) -> tuple[str, ...]:
        """List the processes with running executions; see `ExecutionStore.running_processes`."""
        with self._snapshot() as connection:
            return reader.running_processes(connection)

    def unfinished(self) -> tuple[Unfinished, ...]:
        """Count running executions and nodes; see `ExecutionStore.unfinished`."""
        with self._snapshot() as connection:
            return reader.unfinished(connection)

    @property
    def views(self) -> SqliteViews:
        """The reads for a viewer; see `ExecutionStore.views`."""
        return self._views

    def _size_bytes(self) -> int:
        size = 0
        for file in (self._path, beside(Path(os.path.realpath(self._path)), "-wal")):
            with contextlib.suppress(FileNotFoundError):
                size += file.stat().st_size
        return size
