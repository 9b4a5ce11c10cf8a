"""
`ExecutionLogger`: the history as one object, which everything above the store uses.

The class chooses the store and its file, and accepts records in every shape that a caller may have.
It names operations as the editor's own logger does. `reader` and `writer` have all operations of
the store.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeAlias

from msgspec import Raw

from flightlog.clock import Clock, utc_now
from flightlog.errors import InvalidQueryError, StoreReadOnlyError
from flightlog.history_paths import check_project, default_database, project_database
from flightlog.record.decoding import convert_execution
from flightlog.record.model import WorkflowExecution
from flightlog.record.times import normalize_time
from flightlog.store.address import StorageAddress, parse_address
from flightlog.store.opening import open_reader, open_store
from flightlog.store.outline import PayloadKind
from flightlog.store.query import ExecutionQuery, HistoryFilter
from flightlog.store.reader import ExecutionReader
from flightlog.store.results import ExecutionStats, LogResult, Page
from flightlog.store.retention import Pruned, RetentionLimits
from flightlog.store.sqlite import Migration, SqliteStore
from flightlog.store.writer import ExecutionStore, ExecutionWriter

__all__ = ["ExecutionLogger", "default_database", "project_database"]

if TYPE_CHECKING:
    from flightlog.redaction import RedactionRules, Redactor

Record: TypeAlias = WorkflowExecution | Mapping[str, Any]
"""A record, or a mapping shaped like its JSON."""


def _make_redactor(rules: RedactionRules) -> Redactor:
    # Most histories are written by programs that redact, and don't need these modules.
    from flightlog.redaction import Redactor, environment_secrets  # noqa: PLC0415
    from flightlog.secret_key import load_secret_key  # noqa: PLC0415

    key = load_secret_key().redaction_key
    return Redactor(key, rules, secrets=environment_secrets(os.environ))


class ExecutionLogger:
    """
    Records executions and reads them back.

    Several threads may use one logger, and several processes may open one file. The logger is also
    a context manager.

    Every method that reads or writes may raise `StoreBusyError` (another process held the database
    for too long; retryable), `StoreUnavailableError`, `StoreGoneError` (the file was moved or
    removed) and, after `close`, `StoreClosedError`. A method that writes may also raise
    `StoreFullError` and, with `read_only`, `StoreReadOnlyError`.

        with ExecutionLogger("history.db") as logger:
            logger.log_execution(record)
            newest = logger.get_executions("order-intake", limit=10)

    Args:
        path: The database, made if missing: a path, `sqlite:FILE` or `postgresql://HOST/DATABASE`.
            Without a path, `default_database()`.
        clock: Gives the times that the store itself notes.
        store: Keeps the executions; without a store, the store at `path` keeps them.
        redaction: Remove secrets from records before they are stored, with these further rules.
            Without rules, records are stored as they are, because recorders and the receiver have
            removed secrets already.
        read_only: Only read. Nothing is made, written or migrated, and another user may own the
            file. Methods that would write raise `StoreReadOnlyError`.

    Raises:
        StoreForeignError: The file is not a Flightlog database; the file was not changed.
        StoreVersionError: A newer Flightlog made the file; the file was not changed.
        StoreUnavailableError: The file can't be opened or made.
        StoreUnsafeError: Another user owns the file or can replace it.
        StoreBusyError: Another process held the database, e.g. during a migration; retryable.
        StoreFullError: The disk is full.
    """

    _instance: ClassVar[ExecutionLogger | None] = None
    _instance_lock: ClassVar[threading.Lock] = threading.Lock()

    def __init__(
        self,
        path: str | PathLike[str] | StorageAddress | None = None,
        *,
        clock: Clock = utc_now,
        store: ExecutionStore | None = None,
        redaction: RedactionRules | None = None,
        read_only: bool = False,
    ) -> None:
        self._address = parse_address(default_database() if path is None else path, "path")
        self._read_only = read_only
        self._redactor = None if redaction is None else _make_redactor(redaction)
        self._store: ExecutionReader
        self._writer: ExecutionWriter | None = None
        if store is None and read_only:
            self._store = open_reader(self._address, clock)
        else:
            self._store = self._writer = store or open_store(self._address, clock)

    @classmethod
    def get_instance(cls) -> ExecutionLogger:
        """
        Return this process's only logger on the default database.

        Returns:
            The logger; the first call opens it.

        Raises:
            StoreError: The database can't be opened.
        """
        with cls._instance_lock:
            if cls._instance is None:
                cls._instance = cls()
            return cls._instance

    @classmethod
    def for_project(cls, project: str | PathLike[str]) -> ExecutionLogger:
        """
        Open the history of one project, so that the histories of projects never mix.

        Args:
            project: The project's directory; its `.lowcode` is made if missing.

        Returns:
            The logger of the project's history.

        Raises:
            StoreUnavailableError: The directory does not exist, or can't be reached.
            StoreUnsafeError: This user is root and the project's owner is another user.
            StoreError: The history can't be opened.
        """
        directory = Path(project)
        check_project(directory)
        return cls(project_database(directory))

    @property
    def path(self) -> Path:
        """
        The database's file.

        For a server's database, the name beside which this machine keeps its own files.
        """
        return self._address.path

    @property
    def location(self) -> str:
        """The place of the history for people, without passwords."""
        return str(self._address)

    @property
    def reader(self) -> ExecutionReader:
        """The reads of the history: lists, counts, outlines, payloads, losses and condition."""
        return self._store

    @property
    def writer(self) -> ExecutionWriter:
        """
        The changes of the history.

        Raises:
            StoreReadOnlyError: The history was opened for reading only.
        """
        if self._writer is None:
            raise StoreReadOnlyError(self.location)
        return self._writer

    @property
    def is_read_only(self) -> bool:
        """Whether the history was opened for reading only."""
        return self._read_only

    @property
    def migration(self) -> Migration | None:
        """The migration that ran when the file was opened; None if there was none."""
        return self._store.migration if isinstance(self._store, SqliteStore) else None

    def log_execution(self, execution: Record) -> LogResult:
        """
        Merge one record into the history.

        Args:
            execution: A record, whole or partial, or a mapping shaped like its JSON.

        Returns:
            The outcome. When this method returns, the record is on disk.

        Raises:
            InvalidRecordError: A mapping is not a record; nothing was stored.
            StoreReadOnlyError: The history was opened for reading only.
            StoreBusyError: Another process held the database; retryable, nothing was stored.
            StoreFullError: The disk is full; nothing was stored.
        """
        return self.log_executions([execution])

    def log_executions(self, executions: Sequence[Record]) -> LogResult:
        """
        Merge many records into the history, all in one transaction.

        Args:
            executions: Records, whole or partial, in any order; repeated records are allowed.

        Returns:
            How many executions were new, changed, unchanged, and deleted before. When this method
            returns, the records are on disk.

        Raises:
            InvalidRecordError: A mapping is not a record; nothing was stored.
            StoreReadOnlyError: The history was opened for reading only.
            StoreBusyError: Another process held the database; retryable, nothing was stored.
            StoreFullError: The disk is full; nothing was stored.
        """
        records = [
            record if isinstance(record, WorkflowExecution) else convert_execution(record)
            for record in executions
        ]
        if self._redactor is not None:
            records = list(map(self._redactor.record, records))
        return self.writer.merge(records)

    def get_executions(
        self, workflow_id: str, limit: int = 50, offset: int = 0, *, payloads: bool = True
    ) -> list[WorkflowExecution]:
        """
        List a workflow's executions, newest first.

        Args:
            workflow_id: The workflow.
            limit: The largest number of executions, 1 to 1,000.
            offset: How many executions to skip first.
            payloads: Whether to read the payloads too; a list without payloads is faster.

        Returns:
            Executions with their node executions.

        Raises:
            InvalidQueryError: `limit` or `offset` is out of range.
        """
        query = ExecutionQuery(
            workflow_ids=(workflow_id,), limit=limit, offset=offset, payloads=payloads
        )
        return list(self.query(query).executions)

    def query(self, query: ExecutionQuery) -> Page:
        """
        List executions by workflow, project, status, mode and time, page by page.

        Args:
            query: The filters, the order, and the place of the page.

        Returns:
            One page of executions and the cursor of the next page.

        Raises:
            InvalidQueryError: The limit, offset or cursor can't be used.
        """
        return self._store.find(query)

    def get_execution(self, execution_id: str) -> WorkflowExecution | None:
        """
        Read one execution with all its payloads.

        Args:
            execution_id: The execution.

        Returns:
            The execution; None when it does not exist.
        """
        return self._store.get(execution_id)

    def get_payload(
        self,
        execution_id: str,
        kind: PayloadKind,
        sequence: int | None = None,
        node_id: str | None = None,
    ) -> Raw | None:
        """
        Read one payload without the rest of its execution.

        Args:
            execution_id: The execution.
            kind: `trigger` for the trigger's data, otherwise the node execution's `input` or
                `output`.
            sequence: The node execution's place; not used for `trigger`.
            node_id: The node, where several node executions share one `sequence`. Without a node,
                the first node execution counts.

        Returns:
            The JSON as it was received; None when the value does not exist.
        """
        found = self._store.get_payload(execution_id, kind, sequence, node_id)
        return None if found is None else found.data

    def get_stats(
        self, workflow_id: str | None = None, project_id: str | None = None
    ) -> ExecutionStats:
        """
        Count and time executions without a scan.

        Args:
            workflow_id: Count only this workflow's executions.
            project_id: Count only this project's executions.

        Returns:
            Counts by status, and durations in milliseconds.
        """
        workflow_ids = () if workflow_id is None else (workflow_id,)
        return self._store.read_stats(
            HistoryFilter(workflow_ids=workflow_ids, project_id=project_id)
        )

    def delete_execution(self, execution_id: str) -> bool:
        """
        Erase an execution with its node executions.

        Args:
            execution_id: The execution.

        Returns:
            False when the execution did not exist.

        Raises:
            StoreReadOnlyError: The history was opened for reading only.
            StoreBusyError: Another process held the database; retryable, nothing was erased.
            StoreFullError: The disk is full; nothing was erased.
        """
        return self.writer.delete(execution_id)

    def clear_workflow_executions(
        self,
        workflow_id: str,
        project_id: str | None = None,
        on_progress: Callable[[int], None] | None = None,
    ) -> int:
        """
        Erase all executions of a workflow.

        Args:
            workflow_id: The workflow.
            project_id: Erase only this project's executions.
            on_progress: Called after each portion with the number of erased executions in that
                portion.

        Returns:
            How many executions were erased.

        Raises:
            StoreReadOnlyError: The history was opened for reading only.
            StoreBusyError: Another process held the database; retryable, some may be erased.
            StoreFullError: The disk is full; some may be erased.
        """
        return self.writer.clear(workflow_id, project_id, on_progress)

    def clear_executions_before(
        self, started_before: str, on_progress: Callable[[int], None] | None = None
    ) -> int:
        """
        Erase the executions that started before a given time and have ended.

        Starred executions stay.

        Args:
            started_before: An ISO 8601 time; a time without an offset is UTC.
            on_progress: Called after each portion with the number of erased executions in that
                portion.

        Returns:
            How many executions were erased.

        Raises:
            InvalidQueryError: `started_before` is not a time.
            StoreReadOnlyError: The history was opened for reading only.
            StoreBusyError: Another process held the database; retryable, some may be erased.
            StoreFullError: The disk is full; some may be erased.
        """
        try:
            moment = normalize_time(started_before)
        except ValueError as error:
            raise InvalidQueryError(
                "started_before",
                f"is {started_before[:40]!r}, no time",
                hint="Write it in ISO 8601, e.g. 2026-11-22T19:04:11Z.",
            ) from error
        return self.writer.clear_before(moment, on_progress)

    def prune(
        self, limits: RetentionLimits, on_progress: Callable[[Pruned], None] | None = None
    ) -> Pruned:
        """
        Remove what exceeds the limits of the history.

        Running and starred executions and the newest successful execution of each workflow stay,
        even if they alone exceed the limits.

        Args:
            limits: The limits; `RetentionPolicy.limits_at` computes them from ages in days.
            on_progress: Called after each portion with its numbers.

        Returns:
            The numbers of all portions together.
        """
        removed = Pruned(more=True)
        while removed.more:
            portion = self.writer.prune(limits)
            removed += portion
            if on_progress is not None:
                on_progress(portion)
        return removed

    def close(self) -> None:
        """Release the database; a second call does nothing."""
        self._store.close()
        with ExecutionLogger._instance_lock:
            if ExecutionLogger._instance is self:
                ExecutionLogger._instance = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
