"""`ClickHouseReader`: the operations that read a history in ClickHouse."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterator
from typing import Final

from msgspec import UNSET

from flightlog.clock import Clock
from flightlog.errors import StoreClosedError, StoreUnavailableError, StoreVersionError
from flightlog.record.model import MAX_COUNT, RunKey
from flightlog.store.changes import ChangeFeed, OnChange
from flightlog.store.clickhouse.changes import ChangePoller
from flightlog.store.clickhouse.connection import Connection
from flightlog.store.clickhouse.counts import ClickHouseCounts
from flightlog.store.clickhouse.errors import describe_location, translate_errors
from flightlog.store.clickhouse.ledger import read_ledger, read_process_numbers
from flightlog.store.clickhouse.lists import ClickHouseLists
from flightlog.store.clickhouse.missing import MissingOperations
from flightlog.store.clickhouse.reader import ClickHouseStateRows
from flightlog.store.clickhouse.schema import REMOVED_PLACE, SCHEMA_VERSION
from flightlog.store.clickhouse.settings import ClickHouseSettings
from flightlog.store.clickhouse.source import ClickHouseSource
from flightlog.store.clickhouse.space import ClickHouseSpaceReads
from flightlog.store.outline import PayloadKind
from flightlog.store.read_operations import ReadOperations
from flightlog.store.record_reader import join_unfinished
from flightlog.store.removed_days import RemovedDay
from flightlog.store.results import Ledger, PayloadContent, StoreHealth, Unfinished
from flightlog.store.retention import RetentionPolicy
from flightlog.store.saved_queries import SavedQuery
from flightlog.store.server.scanning import ServerMatches
from flightlog.store.space import Space
from flightlog.store.space_meter import SpaceMeter
from flightlog.store.states import ProcessNumbers, Tombstone

PREVIEW_S: Final = 2.0
"""The time of a preview of removals; readers block no writers here."""
_LAST_SEEN: Final = "(SELECT id, max(last_seen) AS last_seen FROM processes GROUP BY id)"


class ClickHouseReader(MissingOperations, ReadOperations):
    """
    The operations of `ExecutionReader` on a ClickHouse database.

    Args:
        url: The address.
        settings: How the database is used.
        clock: The time for the views.
    """

    is_read_only = False
    """Whether the store changes nothing."""

    def __init__(self, url: str, settings: ClickHouseSettings | None, clock: Clock) -> None:
        super().__init__(describe_location(url))
        self._settings = settings or ClickHouseSettings()
        self._clock = clock
        self._closed = False
        with self._translated():
            try:
                self._connection = Connection(url, self._settings)
            except ValueError as error:
                raise StoreUnavailableError(
                    self._location, f"can't be used ({error})", hint="Use letters, digits and _."
                ) from error
        self._changes = ChangeFeed()
        self._poller = ChangePoller(self._connection, self._changes, self._settings.poll_interval_s)

    @property
    def location(self) -> str:
        """The address without secrets."""
        return self._location

    def _translated(self) -> contextlib.AbstractContextManager[None]:
        return translate_errors(self._location)

    def _check_open(self) -> None:
        if self._closed:
            raise StoreClosedError(self._location)

    def _check_version(self, found: int) -> None:
        """Close and refuse a history without tables of this version."""
        if found == SCHEMA_VERSION:
            return
        self.close()
        if found > SCHEMA_VERSION:
            raise StoreVersionError(self._location, found, SCHEMA_VERSION)
        raise StoreUnavailableError(
            self._location,
            f"has no tables of this version in the database {self._connection.database}",
            hint="Write to this address first, e.g. with `flightlog copy`.",
        )

    @contextlib.contextmanager
    def _reading(self) -> Iterator[Connection]:
        self._check_open()
        with self._translated():
            yield self._connection

    @contextlib.contextmanager
    def _counting(self) -> Iterator[ClickHouseCounts]:
        with self._reading() as connection:
            yield ClickHouseCounts(connection, self._location)

    @contextlib.contextmanager
    def _showing(self) -> Iterator[ClickHouseLists]:
        with self._reading() as connection:
            yield ClickHouseLists(connection, self._location)

    @contextlib.contextmanager
    def _matching(self) -> Iterator[ServerMatches]:
        with self._reading() as connection:
            yield ServerMatches(ClickHouseSource(connection))

    @contextlib.contextmanager
    def _copying(self) -> Iterator[ClickHouseStateRows]:
        with self._reading() as connection:
            yield ClickHouseStateRows(connection, self._location)

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
        if sequence is not None and not 0 <= sequence <= MAX_COUNT:
            return None
        with self._showing() as reads:
            value = reads.find_payload(execution_id, kind, sequence, node_id)
            if value is None:
                return None
            size = reads.read_sizes([value]).get(value)
            if size is not None and max_bytes is not None and size > max_bytes:
                return PayloadContent(bytes=size, digest=value[1:], data=None)
            data = reads.make_loader([value])(value)
            assert data is not UNSET, "a register that isn't empty has a payload"
            size, digest = memoryview(data).nbytes, hashlib.sha256(data).hexdigest()
            is_wanted = max_bytes is None or size <= max_bytes
            return PayloadContent(bytes=size, digest=digest, data=data if is_wanted else None)

    def read_ledger(self) -> Ledger:
        """Count received messages and list missing messages; see `ExecutionReader.read_ledger`."""
        with self._reading() as connection:
            return read_ledger(connection)

    def read_tombstones(
        self, after: RunKey | None = None, limit: int = 1_000
    ) -> tuple[Tombstone, ...]:
        """Read which runs were deleted; see `ExecutionReader.read_tombstones`."""
        with self._reading() as connection:
            rows = connection.fetch_all(
                "SELECT execution_id, run_id, min(deleted_at) FROM deleted_executions "
                "WHERE (execution_id, run_id) > (%s, %s) GROUP BY execution_id, run_id "
                "ORDER BY execution_id, run_id LIMIT %s",
                (*(after or ("", "")), limit),
            )
        return tuple(Tombstone(run=RunKey(*run), deleted_at=at) for *run, at in rows)

    def read_process_numbers(
        self, after: str | None = None, limit: int = 1_000
    ) -> tuple[ProcessNumbers, ...]:
        """Read the whole ledger; see `ExecutionReader.read_process_numbers`."""
        with self._reading() as connection:
            return read_process_numbers(connection, after, limit)

    def read_removed_days(
        self, after: tuple[str, str, str] | None = None, limit: int = 1_000
    ) -> tuple[RemovedDay, ...]:
        """Read counts of removed executions; see `ExecutionReader.read_removed_days`."""
        place = ", ".join(REMOVED_PLACE)
        with self._reading() as connection:
            rows = connection.fetch_all(
                f"SELECT {', '.join(RemovedDay.__struct_fields__)} FROM removed_days FINAL "
                f"WHERE ({place}) > (%s, %s, %s) ORDER BY {place} LIMIT %s",
                (*(after or ("", "", "")), limit),
            )
        return tuple(
            RemovedDay(**dict(zip(RemovedDay.__struct_fields__, row, strict=True))) for row in rows
        )

    def list_running_processes(self) -> tuple[str, ...]:
        """List processes with running executions; see `ExecutionReader.list_running_processes`."""
        with self._reading() as connection:
            rows = connection.fetch_all(
                "SELECT DISTINCT process_id AS process FROM executions "
                "WHERE status = 'running' AND process_id IS NOT NULL ORDER BY process"
            )
        return tuple(row[0] for row in rows)

    def list_unfinished(self) -> tuple[Unfinished, ...]:
        """Count running executions and nodes; see `ExecutionReader.list_unfinished`."""
        with self._reading() as connection:
            executions = connection.fetch_all(
                "SELECT e.process_id, count(), min(e.id), "
                "coalesce(any(p.last_seen), max(e.started_at)) "
                f"FROM executions AS e LEFT JOIN {_LAST_SEEN} AS p ON p.id = e.process_id "
                "WHERE e.status = 'running' AND e.process_id IS NOT NULL GROUP BY e.process_id"
            )
            nodes = connection.fetch_all(
                "SELECT r.process, count(), min(r.id), "
                "coalesce(any(p.last_seen), max(r.started)) FROM ("
                "SELECT coalesce(n.process_id, e.process_id) AS process, e.id AS id, "
                "e.started_at AS started FROM node_executions AS n INNER JOIN executions AS e "
                "ON n.started_id = e.started_id AND n.run_key = e.run_key "
                "WHERE n.status = 'running' "
                "AND (e.status <> 'running' OR n.process_id IS NOT NULL)) AS r "
                f"LEFT JOIN {_LAST_SEEN} AS p ON p.id = r.process GROUP BY r.process"
            )
        return join_unfinished(executions, nodes)

    def list_saved_queries(self) -> tuple[SavedQuery, ...]:
        """List the saved queries; see `ExecutionReader.list_saved_queries`."""
        with self._reading() as connection:
            rows = connection.fetch_all(
                "SELECT name, query FROM saved_queries FINAL WHERE is_deleted = 0 ORDER BY name"
            )
        return tuple(SavedQuery(name=name, query=query) for name, query in rows)

    def measure_space(self, policy: RetentionPolicy) -> Space:
        """Say what takes the space of the history; see `ExecutionReader.measure_space`."""
        return SpaceMeter(self._measuring, self._clock, preview_s=PREVIEW_S).measure(policy)

    @contextlib.contextmanager
    def _measuring(self) -> Iterator[ClickHouseSpaceReads]:
        with self._reading() as connection:
            yield ClickHouseSpaceReads(connection, self._clock)

    def health(self) -> StoreHealth:
        """Report the store's state; see `ExecutionReader.health`."""
        with self._reading() as connection:
            size = connection.fetch_one(
                "SELECT sum(bytes_on_disk), version() FROM system.parts "
                "WHERE database = %s AND active",
                (connection.database,),
            )
            count = connection.fetch_one("SELECT count() FROM executions")
            return StoreHealth(
                location=self._location,
                read_only=self.is_read_only,
                schema_version=SCHEMA_VERSION,
                executions=count[0] if count else 0,
                size_bytes=size[0] if size else 0,
                settings={
                    "server_version": size[1] if size else "",
                    "database": connection.database,
                    "fsync_after_insert": str(int(self._settings.is_synced)),
                },
            )

    def subscribe(self, on_change: OnChange) -> Callable[[], None]:
        """Call a function after each change of any receiver; see `ExecutionReader.subscribe`."""
        self._poller.start()
        return self._changes.subscribe(on_change)

    def foreign_changes(self) -> int:
        """Detect changes by other receivers; see `ExecutionReader.foreign_changes`."""
        with self._reading():
            self._poller.start()
            self._poller.read_new()
        return self._poller.count

    def close(self) -> None:
        """Release everything; a second call does nothing."""
        if self._closed:
            return
        self._closed = True
        self._poller.close()
        self._connection.close()
