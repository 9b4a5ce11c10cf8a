"""
The writing connection: its transactions, and everything that belongs to one connection.

A lost connection is opened again at the next call. A transaction that failed before its commit is
repeated once with a new connection, because nothing of it was stored.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeVar

import psycopg
from msgspec import Raw
from psycopg import errors

from flightlog.clock import Clock
from flightlog.record.model import WorkflowExecution
from flightlog.record.state import ExecutionState
from flightlog.store.postgres.aggregates import Aggregates
from flightlog.store.postgres.compression import Codec
from flightlog.store.postgres.connection import connect, take_slot
from flightlog.store.postgres.erase import Eraser
from flightlog.store.postgres.errors import RetryError, is_lost
from flightlog.store.postgres.indexing import IndexWriter
from flightlog.store.postgres.ledger import LedgerWriter
from flightlog.store.postgres.migrate import prepare
from flightlog.store.postgres.model_calls import update_calls
from flightlog.store.postgres.payloads import PayloadWriter, list_payloads
from flightlog.store.postgres.retention import BATCHES, PortionRemover, PostgresPruneReads
from flightlog.store.postgres.row_store import (
    PostgresRows,
    PostgresRunStatements,
    lock_all_runs,
    lock_runs,
)
from flightlog.store.postgres.settings import PostgresSettings
from flightlog.store.postgres.statements import Connection
from flightlog.store.pruning import Pruner
from flightlog.store.record_writer import Writer
from flightlog.store.retention import Pruned, RetentionLimits

_ATTEMPTS: Final = 8
_PORTION_PARTS: Final = 2_500
"""The executions and node executions of a portion; each portion waits for several statements."""
_CONFLICTS: Final = (
    RetryError,
    errors.DeadlockDetected,
    errors.SerializationFailure,
    errors.UniqueViolation,
    errors.ForeignKeyViolation,
)
"""Another receiver was faster; the same transaction may succeed now."""

Result = TypeVar("Result")


class Session:
    """
    Writes through one connection.

    Args:
        url: The address.
        settings: The settings.
        location: The address without secrets.
        clock: The time of the events that the store itself notes.
        codec: Compresses payloads.
    """

    def __init__(
        self, url: str, settings: PostgresSettings, location: str, clock: Clock, codec: Codec
    ) -> None:
        self.connection: Connection = connect(url, settings, timeout_ms=settings.write_timeout_ms)
        self.schema = settings.schema
        self.codec = codec
        try:
            prepare(self.connection, settings.schema, location)
            slot = take_slot(self.connection, settings.schema)
            codec.load_newest(self.connection)
        except BaseException:
            self.connection.close()
            raise
        aggregates = Aggregates(self.connection, slot)
        self.payloads = PayloadWriter(self.connection, codec)
        self.ledger = LedgerWriter(self.connection, clock)
        self.index = IndexWriter(self.connection, clock)
        self.eraser = Eraser(self.connection, settings.schema, aggregates, clock)
        self._clock = clock
        self._pruner = self._make_pruner()
        self.writer = Writer(
            PostgresRows(self.connection),
            PostgresRunStatements(self.connection),
            self.payloads,
            aggregates,
            clock,
            ledger=self.ledger,
            portion_parts=_PORTION_PARTS,
        )

    def _make_pruner(self) -> Pruner:
        return Pruner(
            PostgresPruneReads(self.connection, self._clock),
            PortionRemover(self.connection, self.eraser, self.lock, self.index.note_stale),
            self._clock,
            batches=BATCHES,
        )

    def prune(self, limits: RetentionLimits) -> tuple[Pruned, list[str]]:
        """
        Remove one batch of what exceeds limits.

        Args:
            limits: The limits.

        Returns:
            The removed parts, and the ids of the executions that changed.
        """
        try:
            removed = self._pruner.prune(limits, portion_s=math.inf, is_wanted=lambda: True)
        except BaseException:
            # It has passed executions that stay if the transaction fails.
            self._pruner = self._make_pruner()
            raise
        return removed, self._pruner.changed

    def lock(self, ids: Iterable[str]) -> None:
        """
        Lock runs until the end of the transaction.

        Args:
            ids: The ids that the runs were started under.
        """
        lock_runs(self.connection, self.schema, ids)

    def lock_all(self) -> None:
        """Exclude all other transactions that lock runs, until the end of this one."""
        lock_all_runs(self.connection, self.schema)

    def prepare_records(self, records: Iterable[WorkflowExecution]) -> None:
        """
        Lock the runs of records, and find their payloads; call this before they are joined.

        Args:
            records: All records of the transaction.
        """
        known = list(records)
        self.lock(record.id for record in known)
        self.payloads.prepare(payload for record in known for payload in list_payloads(record))

    def prepare_states(self, states: Iterable[ExecutionState]) -> None:
        """
        Lock the runs of states, and find their payloads; call this before they are joined.

        Args:
            states: All states of the transaction.
        """
        known = list(states)
        self.lock(state.run.execution_id for state in known)
        parts = [part for state in known for part in (state.execution, *state.nodes.values())]
        self.payloads.prepare(
            value for part in parts for value in part.values if isinstance(value, Raw)
        )

    def note_changed(self, signed: Sequence[str]) -> None:
        """
        Find the calls of models in changed executions, and note that these must be indexed.

        Call this after records were joined.

        Args:
            signed: The ids of the runs whose records may hold calls.
        """
        self.index.note_changed(self.writer.changed)
        update_calls(self.connection, self.codec, self.writer.changed, signed)

    def train(self) -> None:
        """Train the compression if the history has outgrown it; call this after a commit."""
        if not self.codec.wants_training(self.payloads.newest_id):
            return
        # Another receiver may already have trained a dictionary.
        self.codec.load_newest(self.connection)
        if self.codec.wants_training(self.payloads.newest_id):
            with self.connection.transaction():
                self.codec.train(self.connection, self.payloads.newest_id)
            self.codec.load_newest(self.connection)


class Transactions:
    """
    Runs transactions on the writing connection; the caller holds a lock.

    Args:
        open_session: Opens the connection.
    """

    def __init__(self, open_session: Callable[[], Session]) -> None:
        self._open_session = open_session
        self._session: Session | None = open_session()

    def run(self, change: Callable[[Session], Result]) -> Result:
        """
        Commit a change.

        Args:
            change: Changes the history, within a transaction; it may run several times.

        Returns:
            The result of `change`.

        Raises:
            psycopg.Error: The change failed; unless the connection was lost while the transaction
                ended, nothing was stored.
            RetryError: Other receivers were faster each time.
        """
        lost = 0
        for attempt in range(_ATTEMPTS):
            if self._session is None:
                self._session = self._open_session()
            session = self._session
            is_ending = False
            try:
                session.connection.execute("BEGIN")
                result = change(session)
                is_ending = True
                session.connection.execute("COMMIT")
            except BaseException as error:
                self._abandon(session)
                if isinstance(error, _CONFLICTS) and attempt < _ATTEMPTS - 1:
                    continue
                if is_lost(error) and not is_ending and not lost:
                    lost += 1
                    continue
                raise
            return result
        raise RetryError

    def after_commit(self, work: Callable[[Session], None]) -> None:
        """
        Do something after a commit, with the same connection; a failure is ignored.

        Args:
            work: The work.
        """
        session = self._session
        if session is not None:
            try:
                work(session)
            except psycopg.Error:
                self._abandon(session)

    def _abandon(self, session: Session) -> None:
        with contextlib.suppress(psycopg.Error):
            session.connection.execute("ROLLBACK")
        if session.connection.broken or session.connection.closed:
            session.connection.close()
            self._session = None

    def close(self) -> None:
        """Close the connection."""
        if self._session is not None:
            self._session.connection.close()
            self._session = None
