"""`PostgresReader`: the operations that read, each in one short transaction."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from flightlog.clock import Clock
from flightlog.errors import StoreClosedError
from flightlog.models import Usage
from flightlog.query import Expression
from flightlog.record.model import RunKey, WorkflowExecution
from flightlog.store import record_reader, summary_reader
from flightlog.store.changes import ChangeFeed, OnChange
from flightlog.store.findings import QueryMatch
from flightlog.store.matches import find_matches
from flightlog.store.metrics_operations import MetricsOperations
from flightlog.store.model_calls import read_usage, sum_usage
from flightlog.store.outline import ExecutionPage, Outline, PayloadKind
from flightlog.store.outlining import read_outline
from flightlog.store.postgres import reader
from flightlog.store.postgres.changes import ChangeListener
from flightlog.store.postgres.compression import Codec
from flightlog.store.postgres.connection import ReaderPool, connect
from flightlog.store.postgres.errors import describe_location, translate_errors
from flightlog.store.postgres.ledger import (
    read_ledger,
    read_process_numbers,
)
from flightlog.store.postgres.metrics import PostgresCounts
from flightlog.store.postgres.migrate import SCHEMA_VERSION
from flightlog.store.postgres.missing import MissingOperations
from flightlog.store.postgres.model_calls import PostgresCalls
from flightlog.store.postgres.outline import PostgresOutlines
from flightlog.store.postgres.row_store import resolve_address
from flightlog.store.postgres.scanning import PostgresMatches
from flightlog.store.postgres.settings import PostgresSettings
from flightlog.store.postgres.space import PostgresSpaceReads
from flightlog.store.postgres.statements import Connection, fetch_one, load_queries
from flightlog.store.postgres.states import PostgresStateRows, read_tombstones
from flightlog.store.postgres.summaries import PostgresSummaries, find_ids
from flightlog.store.query import ExecutionQuery, HistoryFilter
from flightlog.store.results import (
    Ledger,
    Page,
    PayloadContent,
    StoreHealth,
    Unfinished,
)
from flightlog.store.retention import RetentionPolicy
from flightlog.store.saved_queries import SavedQuery
from flightlog.store.space import Space
from flightlog.store.space_meter import SpaceMeter
from flightlog.store.state_pages import read_states
from flightlog.store.states import ProcessNumbers, StatePage, Tombstone
from flightlog.store.summaries import Ranking, SummaryPage, TriggerFacts
from flightlog.store.trigger_facts import read_trigger_facts
from flightlog.store.usage import UsageTotals

_queries: Final = load_queries("reader.sql")


class PostgresReader(MetricsOperations, MissingOperations):
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
        super().__init__(describe_location(url))
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

    def _translated(self) -> contextlib.AbstractContextManager[None]:
        return translate_errors(self._location, self._settings.lock_timeout_ms)

    @contextlib.contextmanager
    def _reading(self) -> Iterator[Connection]:
        self._check_open()
        with self._translated(), self._readers.lend() as connection:
            yield connection

    @contextlib.contextmanager
    def _counting(self) -> Iterator[PostgresCounts]:
        with self._reading() as connection:
            yield PostgresCounts(connection, self._codec)

    def _check_open(self) -> None:
        if self._closed:
            raise StoreClosedError(self._location)

    def find(self, query: ExecutionQuery) -> Page:
        """List executions; see `ExecutionReader.find`."""
        with self._reading() as connection:
            return record_reader.find(reader.PostgresReads(connection, self._codec), query)

    def get(self, execution_id: str) -> WorkflowExecution | None:
        """Read one execution; see `ExecutionReader.get`."""
        with self._reading() as connection:
            reads = reader.PostgresReads(connection, self._codec)
            return record_reader.get(reads, resolve_address(connection, execution_id))

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

    def read_page(self, execution_id: str, limit: int, cursor: str | None) -> ExecutionPage | None:
        """Read one execution with a page of its nodes; see `ExecutionReader.read_page`."""
        with self._reading() as connection:
            reads = reader.PostgresReads(connection, self._codec)
            row_id = resolve_address(connection, execution_id)
            return record_reader.get_page(reads, row_id, limit, cursor)

    def list_summaries(self, query: ExecutionQuery) -> SummaryPage:
        """List executions in one line each; see `ExecutionReader.list_summaries`."""
        with self._reading() as connection:
            reads = PostgresSummaries(connection, self._codec)
            return summary_reader.list_summaries(reads, query)

    def list_by_duration(self, chosen: HistoryFilter, ranking: Ranking, limit: int) -> SummaryPage:
        """List the longest or shortest; see `ExecutionReader.list_by_duration`."""
        with self._reading() as connection:
            reads = PostgresSummaries(connection, self._codec)
            return summary_reader.list_by_duration(reads, chosen, ranking, limit)

    def read_outline(
        self, execution_id: str, limit: int | None = None, cursor: str | None = None
    ) -> Outline | None:
        """Read one execution without payloads; see `ExecutionReader.read_outline`."""
        with self._reading() as connection:
            reads = PostgresOutlines(connection, self._codec)
            return read_outline(reads, resolve_address(connection, execution_id), limit, cursor)

    def read_usage(
        self, execution_ids: Sequence[str], limits: Sequence[int]
    ) -> dict[str, tuple[Usage, ...]]:
        """Add up the tokens of each execution; see `ExecutionReader.read_usage`."""
        with self._reading() as connection:
            return read_usage(PostgresCalls(connection, self._codec), execution_ids, limits)

    def sum_usage(self, chosen: HistoryFilter, limits: Sequence[int]) -> UsageTotals:
        """Add up the tokens of many executions; see `ExecutionReader.sum_usage`."""
        with self._reading() as connection:
            return sum_usage(PostgresCalls(connection, self._codec), chosen, limits)

    def find_ids(self, start: str, limit: int) -> tuple[str, ...]:
        """List ids that begin with a text; see `ExecutionReader.find_ids`."""
        with self._reading() as connection:
            return find_ids(connection, start, limit)

    def read_trigger_facts(self, execution_ids: Sequence[str]) -> tuple[TriggerFacts, ...]:
        """Read what distinguishes executions; see `ExecutionReader.read_trigger_facts`."""
        with self._reading() as connection:
            reads = PostgresSummaries(connection, self._codec)
            return read_trigger_facts(reads, execution_ids)

    def read_ledger(self) -> Ledger:
        """Count received messages and list missing messages; see `ExecutionReader.read_ledger`."""
        with self._reading() as connection:
            return read_ledger(connection)

    def read_states(
        self, runs: Sequence[RunKey] | None = None, cursor: str | None = None
    ) -> StatePage:
        """Read the merged states of executions; see `ExecutionReader.read_states`."""
        with self._reading() as connection:
            return read_states(PostgresStateRows(connection, self._codec), runs, cursor)

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

    def list_running_processes(self) -> tuple[str, ...]:
        """List processes with running executions; see `ExecutionReader.list_running_processes`."""
        with self._reading() as connection:
            return reader.list_running_processes(connection)

    def list_unfinished(self) -> tuple[Unfinished, ...]:
        """Count running executions and nodes; see `ExecutionReader.list_unfinished`."""
        with self._reading() as connection:
            return reader.list_unfinished(connection)

    def find_matches(
        self, expression: Expression, execution_ids: Sequence[str]
    ) -> dict[str, tuple[QueryMatch, ...]]:
        """Find where executions match a query; see `ExecutionReader.find_matches`."""
        with self._reading() as connection:
            reads = PostgresMatches(connection, self._codec)
            return find_matches(reads, expression, execution_ids)

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
