"""`SqliteReader`: the operations that read, shared by the writing and the read-only store."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import apsw

from flightlog.clock import Clock
from flightlog.errors import StoreUnavailableError
from flightlog.models import Usage
from flightlog.query import Expression
from flightlog.record.model import RunKey, WorkflowExecution
from flightlog.store import record_reader, summary_reader
from flightlog.store.findings import QueryMatch
from flightlog.store.matches import find_matches
from flightlog.store.metrics_operations import MetricsOperations
from flightlog.store.model_calls import read_usage, sum_usage
from flightlog.store.outline import ExecutionPage, Outline, PayloadKind
from flightlog.store.outlining import read_outline
from flightlog.store.query import ExecutionQuery, HistoryFilter
from flightlog.store.results import (
    Ledger,
    Page,
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
from flightlog.store.sqlite.reader import SqliteReads
from flightlog.store.sqlite.row_store import resolve_address
from flightlog.store.sqlite.saved_queries import list_saved_queries
from flightlog.store.sqlite.settings import SqliteSettings
from flightlog.store.sqlite.space import SqliteSpaceReads
from flightlog.store.sqlite.summaries import SqliteSummaries, find_ids
from flightlog.store.state_pages import read_states
from flightlog.store.states import ProcessNumbers, StatePage, Tombstone
from flightlog.store.summaries import Ranking, SummaryPage, TriggerFacts
from flightlog.store.trigger_facts import read_trigger_facts
from flightlog.store.usage import UsageTotals


class SqliteReader(MetricsOperations):
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
    def _translated(self) -> Iterator[None]:
        try:
            with translate_errors(self._path, self._settings.busy_timeout_ms):
                yield
        except StoreUnavailableError as error:
            self.saw_damage = self.saw_damage or isinstance(error.__cause__, apsw.CorruptError)
            raise

    def find(self, query: ExecutionQuery) -> Page:
        """List executions; see `ExecutionReader.find`."""
        with self._reading() as (connection, codec):
            return record_reader.find(SqliteReads(connection, codec), query)

    def get(self, execution_id: str) -> WorkflowExecution | None:
        """Read one execution; see `ExecutionReader.get`."""
        with self._reading() as (connection, codec):
            reads = SqliteReads(connection, codec)
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

    def list_summaries(self, query: ExecutionQuery) -> SummaryPage:
        """List executions in one line each; see `ExecutionReader.list_summaries`."""
        with self._reading() as (connection, codec):
            reads = SqliteSummaries(connection, codec)
            return summary_reader.list_summaries(reads, query)

    def list_by_duration(self, chosen: HistoryFilter, ranking: Ranking, limit: int) -> SummaryPage:
        """List the longest or shortest; see `ExecutionReader.list_by_duration`."""
        with self._reading() as (connection, codec):
            reads = SqliteSummaries(connection, codec)
            return summary_reader.list_by_duration(reads, chosen, ranking, limit)

    def read_trigger_facts(self, execution_ids: Sequence[str]) -> tuple[TriggerFacts, ...]:
        """Read what distinguishes executions; see `ExecutionReader.read_trigger_facts`."""
        with self._reading() as (connection, codec):
            return read_trigger_facts(SqliteSummaries(connection, codec), execution_ids)

    def read_usage(
        self, execution_ids: Sequence[str], limits: Sequence[int]
    ) -> dict[str, tuple[Usage, ...]]:
        """Add up the tokens of each execution; see `ExecutionReader.read_usage`."""
        with self._reading() as (connection, codec):
            return read_usage(SqliteCalls(connection, codec), execution_ids, limits)

    def sum_usage(self, chosen: HistoryFilter, limits: Sequence[int]) -> UsageTotals:
        """Add up the tokens of many executions; see `ExecutionReader.sum_usage`."""
        with self._reading() as (connection, codec):
            return sum_usage(SqliteCalls(connection, codec), chosen, limits)

    def find_ids(self, start: str, limit: int) -> tuple[str, ...]:
        """List ids that begin with a text; see `ExecutionReader.find_ids`."""
        with self._snapshot() as connection:
            return find_ids(connection, start, limit)

    def find_matches(
        self, expression: Expression, execution_ids: Sequence[str]
    ) -> dict[str, tuple[QueryMatch, ...]]:
        """Find where executions match a query; see `ExecutionReader.find_matches`."""
        with self._reading() as (connection, codec):
            reads = SqliteMatches(connection, codec)
            return find_matches(reads, expression, execution_ids)

    def list_saved_queries(self) -> tuple[SavedQuery, ...]:
        """List the saved queries; see `ExecutionReader.list_saved_queries`."""
        with self._snapshot() as connection:
            return list_saved_queries(connection)

    def read_outline(
        self, execution_id: str, limit: int | None = None, cursor: str | None = None
    ) -> Outline | None:
        """Read one execution without payloads; see `ExecutionReader.read_outline`."""
        with self._reading() as (connection, codec):
            row_id = resolve_address(connection, execution_id)
            reads = SqliteOutlines(connection, codec)
            return read_outline(reads, row_id, limit, cursor)

    def read_page(self, execution_id: str, limit: int, cursor: str | None) -> ExecutionPage | None:
        """Read one execution with a page of its nodes; see `ExecutionReader.read_page`."""
        with self._reading() as (connection, codec):
            row_id = resolve_address(connection, execution_id)
            reads = SqliteReads(connection, codec)
            return record_reader.get_page(reads, row_id, limit, cursor)

    def read_states(
        self, runs: Sequence[RunKey] | None = None, cursor: str | None = None
    ) -> StatePage:
        """Read the merged states of executions; see `ExecutionReader.read_states`."""
        with self._reading() as (connection, codec):
            return read_states(states.SqliteStateRows(connection, codec), runs, cursor)

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
