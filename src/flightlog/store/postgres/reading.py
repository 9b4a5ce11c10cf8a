"""`PostgresReader`: the operations that read, each in one short transaction."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, Final

from flightlog.clock import Clock
from flightlog.errors import StoreClosedError
from flightlog.record.model import RunKey
from flightlog.store.changes import ChangeFeed, OnChange
from flightlog.store.outline import PayloadKind
from flightlog.store.postgres import reader
from flightlog.store.postgres.changes import ChangeListener
from flightlog.store.postgres.compression import Codec
from flightlog.store.postgres.connection import ReaderPool, connect
from flightlog.store.postgres.errors import describe_location, translate_errors
from flightlog.store.postgres.index_lookup import read_content
from flightlog.store.postgres.indexing import count_pending
from flightlog.store.postgres.ledger import (
    read_ledger,
    read_process_numbers,
)
from flightlog.store.postgres.metrics import PostgresCounts
from flightlog.store.postgres.migrate import SCHEMA_VERSION
from flightlog.store.postgres.model_calls import PostgresCalls
from flightlog.store.postgres.outline import PostgresOutlines
from flightlog.store.postgres.removed_days import read_removed_days
from flightlog.store.postgres.row_store import resolve_address
from flightlog.store.postgres.settings import PostgresSettings
from flightlog.store.postgres.source import PostgresSource
from flightlog.store.postgres.space import PostgresSpaceReads
from flightlog.store.postgres.statements import Connection, fetch_one, load_queries
from flightlog.store.postgres.states import PostgresStateRows, read_tombstones
from flightlog.store.read_operations import ReadOperations
from flightlog.store.removed_days import RemovedDay
from flightlog.store.results import (
    Ledger,
    PayloadContent,
    StoreHealth,
    Unfinished,
)
from flightlog.store.retention import RetentionPolicy
from flightlog.store.saved_queries import SavedQuery
from flightlog.store.server.scanning import ServerMatches
from flightlog.store.space import Space
from flightlog.store.space_meter import SpaceMeter
from flightlog.store.states import ProcessNumbers, Tombstone

_queries: Final = load_queries("reader.sql")


class PostgresReader(ReadOperations):
    """
    The operations of `ExecutionReader` on a PostgreSQL database.

    Args:
        url: The address.
        settings: How the database is used.
        clock: The time for the views.
    """

    is_read_only = False
    """Whether the store changes nothing."""

    def __init__(self, url: str, settings: PostgresSettings | None, clock: Clock) -> None:
        self._location = describe_location(url)
        self._url = url
        self._settings = settings or PostgresSettings()
        self._clock = clock
        self._codec = Codec()
        self._readers = ReaderPool(url, self._settings)
        self._closed = False
        self._changes = ChangeFeed()
        self._listener = ChangeListener(self._connect, self._settings.schema, self._changes)

    @property
    def location(self) -> str:
        """The address without secrets."""
        return self._location

    def _connect(self) -> Connection:
        return connect(self._url, self._settings, timeout_ms=self._settings.read_timeout_ms)

    def _translated(self, *, is_reading: bool = False) -> contextlib.AbstractContextManager[None]:
        return translate_errors(self._location, self._settings, is_reading=is_reading)

    @contextlib.contextmanager
    def _reading(self) -> Iterator[Connection]:
        self._check_open()
        with self._translated(is_reading=True), self._readers.lend() as connection:
            yield connection

    @contextlib.contextmanager
    def _counting(self) -> Iterator[PostgresCounts]:
        with self._reading() as connection:
            yield PostgresCounts(connection, self._codec)

    @contextlib.contextmanager
    def _showing(self) -> Iterator[PostgresOutlines]:
        with self._reading() as connection:
            yield PostgresOutlines(connection, self._codec)

    @contextlib.contextmanager
    def _matching(self) -> Iterator[ServerMatches]:
        with self._reading() as connection:
            yield ServerMatches(PostgresSource(connection, self._codec))

    @contextlib.contextmanager
    def _billing(self) -> Iterator[PostgresCalls]:
        with self._reading() as connection:
            yield PostgresCalls(connection, self._codec)

    @contextlib.contextmanager
    def _copying(self) -> Iterator[PostgresStateRows]:
        with self._reading() as connection:
            yield PostgresStateRows(connection, self._codec)

    def _check_open(self) -> None:
        if self._closed:
            raise StoreClosedError(self._location)

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
        with self._reading() as connection:
            return reader.get_payload(
                connection,
                self._codec,
                resolve_address(connection, execution_id),
                kind,
                sequence=sequence,
                node_id=node_id,
                max_bytes=max_bytes,
            )

    def read_ledger(self) -> Ledger:
        """Count received messages and list missing messages; see `ExecutionReader.read_ledger`."""
        with self._reading() as connection:
            return read_ledger(connection)

    def read_tombstones(
        self, after: RunKey | None = None, limit: int = 1_000
    ) -> tuple[Tombstone, ...]:
        """Read which runs were deleted; see `ExecutionReader.read_tombstones`."""
        with self._reading() as connection:
            return read_tombstones(connection, after, limit)

    def read_process_numbers(
        self, after: str | None = None, limit: int = 1_000
    ) -> tuple[ProcessNumbers, ...]:
        """Read the whole ledger; see `ExecutionReader.read_process_numbers`."""
        with self._reading() as connection:
            return read_process_numbers(connection, after, limit)

    def read_removed_days(
        self, after: tuple[str, str, str] | None = None, limit: int = 1_000
    ) -> tuple[RemovedDay, ...]:
        """Read what retention has removed; see `ExecutionReader.read_removed_days`."""
        with self._reading() as connection:
            return read_removed_days(connection, after, limit)

    def list_running_processes(self) -> tuple[str, ...]:
        """List processes with running executions; see `ExecutionReader.list_running_processes`."""
        with self._reading() as connection:
            return reader.list_running_processes(connection)

    def list_unfinished(self) -> tuple[Unfinished, ...]:
        """Count running executions and nodes; see `ExecutionReader.list_unfinished`."""
        with self._reading() as connection:
            return reader.list_unfinished(connection)

    def list_saved_queries(self) -> tuple[SavedQuery, ...]:
        """List the saved queries; see `ExecutionReader.list_saved_queries`."""
        with self._reading() as connection:
            return reader.list_saved_queries(connection)

    def measure_space(self, policy: RetentionPolicy) -> Space:
        """Say what takes the space of the history; see `ExecutionReader.measure_space`."""
        return SpaceMeter(self._measuring, self._clock).measure(policy)

    @contextlib.contextmanager
    def _measuring(self) -> Iterator[PostgresSpaceReads]:
        with self._reading() as connection:
            yield PostgresSpaceReads(connection, self._settings.schema, self._clock)

    def health(self) -> StoreHealth:
        """Report the store's state; see `ExecutionReader.health`."""
        with self._reading() as connection:
            size = fetch_one(connection, _queries["size"], {"schema": self._settings.schema})
            return StoreHealth(
                location=self._location,
                read_only=self.is_read_only,
                schema_version=SCHEMA_VERSION,
                executions=reader.count(connection),
                search_index=read_content(connection)[0],
                not_indexed=count_pending(connection),
                size_bytes=size[0] if size else 0,
                settings={
                    "server_version": connection.info.parameter_status("server_version") or "",
                    "schema": self._settings.schema,
                    "synchronous_commit": str(_show(connection, "synchronous_commit")),
                },
            )

    def subscribe(self, on_change: OnChange) -> Callable[[], None]:
        """Call a function after each change of any receiver; see `ExecutionReader.subscribe`."""
        self._listener.start()
        return self._changes.subscribe(on_change)

    def foreign_changes(self) -> int:
        """Detect changes by other receivers; see `ExecutionReader.foreign_changes`."""
        self._check_open()
        self._listener.start()
        return self._listener.count

    def close(self) -> None:
        """Release everything; a second call does nothing."""
        self._closed = True
        self._readers.close()
        self._listener.close()


def _show(connection: Connection, name: str) -> Any:
    row = fetch_one(connection, "SELECT current_setting(%s)", (name,))
    return row[0] if row else ""
