"""`SqliteReader`: the operations that read, shared by the writing and the read-only store."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import apsw

from flightlog.clock import Clock
from flightlog.errors import StoreUnavailableError
from flightlog.record.model import RunKey
from flightlog.store.outline import PayloadKind
from flightlog.store.read_operations import ReadOperations
from flightlog.store.removed_days import RemovedDay
from flightlog.store.results import (
    Ledger,
    PayloadContent,
    Unfinished,
)
from flightlog.store.retention import RetentionPolicy
from flightlog.store.saved_queries import SavedQuery
from flightlog.store.space import Space
from flightlog.store.space_meter import SpaceMeter
from flightlog.store.sqlite import (
    reader,
    states,
)
from flightlog.store.sqlite.access import add_suffix
from flightlog.store.sqlite.checks import SqliteMatches
from flightlog.store.sqlite.compression import Codec
from flightlog.store.sqlite.errors import translate_errors
from flightlog.store.sqlite.ledger import read_ledger, read_process_numbers
from flightlog.store.sqlite.metrics import SqliteCounts
from flightlog.store.sqlite.model_calls import SqliteCalls
from flightlog.store.sqlite.outline import SqliteOutlines
from flightlog.store.sqlite.removed_days import read_removed_days
from flightlog.store.sqlite.row_store import resolve_address
from flightlog.store.sqlite.saved_queries import list_saved_queries
from flightlog.store.sqlite.settings import SqliteSettings
from flightlog.store.sqlite.space import SqliteSpaceReads
from flightlog.store.states import ProcessNumbers, Tombstone


class SqliteReader(ReadOperations):
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
        self.saw_damage = False
        """Whether a call found the file to be damaged."""

    def _reading(self) -> AbstractContextManager[tuple[apsw.Connection, Codec]]:
        raise NotImplementedError

    @contextlib.contextmanager
    def _snapshot(self) -> Iterator[apsw.Connection]:
        with self._reading() as (connection, _):
            yield connection

    @contextlib.contextmanager
    def _counting(self) -> Iterator[SqliteCounts]:
        with self._reading() as (connection, codec):
            yield SqliteCounts(connection, codec)

    @contextlib.contextmanager
    def _showing(self) -> Iterator[SqliteOutlines]:
        with self._reading() as (connection, codec):
            yield SqliteOutlines(connection, codec)

    @contextlib.contextmanager
    def _matching(self) -> Iterator[SqliteMatches]:
        with self._reading() as (connection, codec):
            yield SqliteMatches(connection, codec)

    @contextlib.contextmanager
    def _billing(self) -> Iterator[SqliteCalls]:
        with self._reading() as (connection, codec):
            yield SqliteCalls(connection, codec)

    @contextlib.contextmanager
    def _copying(self) -> Iterator[states.SqliteStateRows]:
        with self._reading() as (connection, codec):
            yield states.SqliteStateRows(connection, codec)

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            with translate_errors(self._path, self._settings.busy_timeout_ms):
                yield
        except StoreUnavailableError as error:
            self.saw_damage = self.saw_damage or isinstance(error.__cause__, apsw.CorruptError)
            raise

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

    def read_ledger(self) -> Ledger:
        """Count received messages and list missing messages; see `ExecutionReader.read_ledger`."""
        with self._snapshot() as connection:
            return read_ledger(connection)

    def list_running_processes(self) -> tuple[str, ...]:
        """List processes with running executions; see `ExecutionReader.list_running_processes`."""
        with self._snapshot() as connection:
            return reader.list_running_processes(connection)

    def list_unfinished(self) -> tuple[Unfinished, ...]:
        """Count running executions and nodes; see `ExecutionReader.list_unfinished`."""
        with self._snapshot() as connection:
            return reader.list_unfinished(connection)

    def list_saved_queries(self) -> tuple[SavedQuery, ...]:
        """List the saved queries; see `ExecutionReader.list_saved_queries`."""
        with self._snapshot() as connection:
            return list_saved_queries(connection)

    def read_tombstones(
        self, after: RunKey | None = None, limit: int = 1_000
    ) -> tuple[Tombstone, ...]:
        """Read which runs were deleted; see `ExecutionReader.read_tombstones`."""
        with self._snapshot() as connection:
            return states.read_tombstones(connection, after, limit)

    def read_process_numbers(
        self, after: str | None = None, limit: int = 1_000
    ) -> tuple[ProcessNumbers, ...]:
        """Read the whole ledger; see `ExecutionReader.read_process_numbers`."""
        with self._snapshot() as connection:
            return read_process_numbers(connection, after, limit)

    def read_removed_days(
        self, after: tuple[str, str, str] | None = None, limit: int = 1_000
    ) -> tuple[RemovedDay, ...]:
        """Read what retention has removed; see `ExecutionReader.read_removed_days`."""
        with self._snapshot() as connection:
            return read_removed_days(connection, after, limit)

    def measure_space(self, policy: RetentionPolicy) -> Space:
        """Say what takes the space of the history; see `ExecutionReader.measure_space`."""
        return SpaceMeter(self._measuring, self._clock, self._settings.wal_limit_bytes).measure(
            policy
        )

    @contextlib.contextmanager
    def _measuring(self) -> Iterator[SqliteSpaceReads]:
        log_bytes = self._log_bytes()
        with self._snapshot() as connection:
            yield SqliteSpaceReads(
                connection, self._clock, self._settings.wal_limit_bytes, log_bytes
            )

    def _size_bytes(self) -> int:
        with contextlib.suppress(FileNotFoundError):
            return self._path.stat().st_size + self._log_bytes()
        return self._log_bytes()

    def _log_bytes(self) -> int:
        with contextlib.suppress(FileNotFoundError):
            return add_suffix(Path(os.path.realpath(self._path)), "-wal").stat().st_size
        return 0
