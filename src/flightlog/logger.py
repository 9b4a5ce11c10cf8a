"""
`ExecutionLogger`: the history as one object, which everything above the store uses.

The seed's class for Python. It chooses the store and its file, takes records in every shape a
caller may have them in, and leaves the keeping to `flightlog.store`.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Mapping, Sequence
from os import PathLike, fspath
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self, TypeAlias

import platformdirs
from msgspec import Raw

from flightlog.clock import Clock, utc_now
from flightlog.errors import InvalidQueryError, StoreUnavailableError, StoreUnsafeError
from flightlog.record.model import WorkflowExecution, canonical_time, execution_from
from flightlog.store.base import (
    ExecutionQuery,
    ExecutionStats,
    ExecutionStore,
    Ledger,
    LogResult,
    Page,
    StoreHealth,
    Unfinished,
)
from flightlog.store.changes import OnChange
from flightlog.store.outline import PayloadKind
from flightlog.store.sqlite import Migration, ReadOnlyStore, SqliteStore
from flightlog.store.sqlite.access import describe_user, is_foreign, is_root
from flightlog.store.views import HistoryViews

Record: TypeAlias = WorkflowExecution | Mapping[str, Any]
"""A record, or a mapping shaped like its JSON."""


def default_database() -> Path:
    """`executions.db` in the user's data directory, e.g. `~/.local/share/flightlog`."""
    return platformdirs.user_data_path("flightlog", appauthor=False) / "executions.db"


def project_database(project: str | PathLike[str]) -> Path:
    """Where a project keeps its history: `.lowcode/executions.db` in its directory."""
    return Path(project) / ".lowcode" / "executions.db"


def _check_project_owner(project: Path) -> None:
    # The project's owner could not write a history that root has made in it.
    with contextlib.suppress(OSError):
        found = project.stat()
        if is_root() and is_foreign(found) and not project_database(project).exists():
            owner = describe_user(found.st_uid)
            raise StoreUnsafeError(
                str(project_database(project)),
                f"is not made by root: the project belongs to {owner}",
                hint=f"Run this command as {owner}.",
            )


class ExecutionLogger:
    """
    Records executions and reads them back.

    Safe to use from several threads, and several processes may open one file. Usable as a context
    manager.

        with ExecutionLogger("history.db") as logger:
            logger.log_execution(record)
            newest = logger.get_executions("order-intake", limit=10)

    Args:
        path: The database; made if missing. Without it, `default_database()`.
        clock: For the moments that the store itself notes.
        store: What keeps them; without it, the SQLite file at `path`.
        read_only: Only read: nothing is made, written or migrated, and the file may be another
            user's. Methods that would write raise `StoreReadOnlyError`.

    Raises:
        StoreForeignError: The file is something else; it was not touched.
        StoreVersionError: The file is a newer Flightlog's; it was not touched.
        StoreUnavailableError: It can't be opened or made.
        StoreUnsafeError: It belongs to another user, or others can exchange it.
    """

    _instance: ClassVar[ExecutionLogger | None] = None
    _instance_lock: ClassVar[threading.Lock] = threading.Lock()

    def __init__(
        self,
        path: str | PathLike[str] | None = None,
        *,
        clock: Clock = utc_now,
        store: ExecutionStore | None = None,
        read_only: bool = False,
    ) -> None:
        self._path = default_database() if path is None else Path(fspath(path))
        self._read_only = read_only
        if store is None:
            kind = ReadOnlyStore if read_only else SqliteStore
            store = kind(self._path, clock=clock)
        self._store: ExecutionStore = store

    @classmethod
    def get_instance(cls) -> ExecutionLogger:
        """The one logger of this process on the default database, opened at the first call."""
        with cls._instance_lock:
            if cls._instance is None:
                cls._instance = cls()
            return cls._instance

    @classmethod
    def for_project(cls, project: str | PathLike[str]) -> ExecutionLogger:
        """
        Open the history of one project, so that projects never mix.

        Args:
            project: The project's directory; its `.lowcode` is made if missing.

        Raises:
            StoreUnavailableError: There is no such directory, or it can't be reached.
        """
        directory = Path(project)
        _check_project_owner(directory)
        try:
            fault = None if directory.is_dir() else "does not exist"
        except OSError as error:
            fault = f"can't be reached ({error.strerror})"
        if fault is not None:
            raise StoreUnavailableError(
                str(project_database(directory)),
                f"can't be opened: the project's directory {fault}",
                hint="Name the directory that holds the project, as in --project DIR.",
            )
        return cls(project_database(directory))

    @property
    def path(self) -> Path:
        """The database's file."""
        return self._path

    @property
    def is_read_only(self) -> bool:
        """Whether it was opened for reading only."""
        return self._read_only

    @property
    def migration(self) -> Migration | None:
        """The migration that opening the file brought about; None if there was none."""
        return self._store.migration if isinstance(self._store, SqliteStore) else None

    def log_execution(self, execution: Record) -> LogResult:
        """
        Merge one record into the history.

        Args:
            execution: A record, whole or partial, or a mapping shaped like its JSON.

        Returns:
            What became of it. When this returns it is on disk.

        Raises:
            InvalidRecordError: A mapping is no record; nothing was stored.
            StoreBusyError: Another process held the database; retryable, nothing was stored.
            StoreFullError: The disk is full; nothing was stored.
        """
        return self.log_executions([execution])

    def log_executions(self, executions: Sequence[Record]) -> LogResult:
        """
        Merge many records into the history, all in one transaction.

        Args:
            executions: Records, whole or partial, in any order; repetitions are welcome.

        Returns:
            How many executions were new, changed, unchanged, and deleted before. When this returns
            they are on disk.

        Raises:
            InvalidRecordError: A mapping is no record; nothing was stored.
            StoreBusyError: Another process held the database; retryable, nothing was stored.
            StoreFullError: The disk is full; nothing was stored.
        """
        return self._store.merge(
            [
                record if isinstance(record, WorkflowExecution) else execution_from(record)
                for record in executions
            ]
        )

    def get_executions(
        self, workflow_id: str, limit: int = 50, offset: int = 0, *, payloads: bool = False
    ) -> list[WorkflowExecution]:
        """
        List a workflow's executions, newest first.

        Args:
            workflow_id: The workflow.
            limit: At most so many, 1 to 1,000.
            offset: Skip so many first.
            payloads: Bring the payloads too; a list is faster without.

        Returns:
            Executions with their node executions.

        Raises:
            InvalidQueryError: `limit` or `offset` is out of range.
        """
        query = ExecutionQuery(
            workflow_id=workflow_id, limit=limit, offset=offset, payloads=payloads
        )
        return list(self.query(query).executions)

    def query(self, query: ExecutionQuery) -> Page:
        """
        List executions by workflow, project, status, mode and time, page by page.

        Raises:
            InvalidQueryError: The limit, offset or cursor can't be used.
        """
        return self._store.find(query)

    def get_execution(self, execution_id: str) -> WorkflowExecution | None:
        """Read one execution with all its payloads; None when there is none."""
        return self._store.get(execution_id)

    def get_payload(
        self,
        execution_id: str,
        kind: PayloadKind,
        sequence: int | None = None,
        node_id: str | None = None,
    ) -> Raw | None:
        """
        Read one payload alone.

        Args:
            execution_id: The execution.
            kind: `trigger` for the trigger's data, else the node execution's `input` or `output`.
            sequence: Which node execution; not used for `trigger`.
            node_id: Its node, where several have one `sequence`; without it, the first of them.

        Returns:
            The JSON as it came; None when there is no such value.
        """
        return self._store.get_payload(execution_id, kind, sequence, node_id)

    def get_stats(
        self, workflow_id: str | None = None, project_id: str | None = None
    ) -> ExecutionStats:
        """Count and time the executions of a workflow, a project, or all; costs no scan."""
        return self._store.stats(workflow_id, project_id)

    @property
    def views(self) -> HistoryViews:
        """What a viewer reads: lists in one line each, counts over time, outlines."""
        return self._store.views

    def set_star(self, execution_id: str, *, starred: bool) -> bool:
        """Mark an execution, or take the mark away; False when there is none."""
        return self._store.set_star(execution_id, starred=starred)

    def delete_executions(self, execution_ids: Sequence[str]) -> int:
        """Erase executions with their node executions; returns how many there were."""
        return self._store.delete_many(execution_ids)

    def delete_execution(self, execution_id: str) -> bool:
        """Erase an execution with its node executions; False when there was none."""
        return self._store.delete(execution_id)

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
            project_id: Only those of this project.
            on_progress: Told how many each portion erased.

        Returns:
            How many there were.
        """
        return self._store.clear(workflow_id, project_id, on_progress)

    def clear_executions_before(
        self, started_before: str, on_progress: Callable[[int], None] | None = None
    ) -> int:
        """
        Erase the executions that started before a moment and have ended; starred ones stay.

        Args:
            started_before: An ISO 8601 time; one without an offset is UTC.
            on_progress: Told how many each portion erased.

        Returns:
            How many there were.

        Raises:
            InvalidQueryError: `started_before` is no time.
        """
        try:
            moment = canonical_time(started_before)
        except ValueError as error:
            raise InvalidQueryError(
                "started_before",
                f"is {started_before[:40]!r}, no time",
                hint="Write it in ISO 8601, e.g. 2026-11-22T19:04:11Z.",
            ) from error
        return self._store.clear_before(moment, on_progress)

    def note_sent(self, process_id: str, last_number: int) -> None:
        """
        Note how far a process has numbered its messages, so that a missing tail shows.

        Args:
            process_id: The process.
            last_number: The number of its latest message; a smaller one than noted is no news.

        Raises:
            InvalidQueryError: The process's id or the number can't be one.
        """
        self._store.note_sent(process_id, last_number)

    def ledger(self) -> Ledger:
        """Say how many messages of recording processes were received, and which are missing."""
        return self._store.ledger()

    def running_processes(self) -> tuple[str, ...]:
        """The processes that have executions still running."""
        return self._store.running_processes()

    def unfinished(self) -> tuple[Unfinished, ...]:
        """Count what is shown as running, by process: executions, and nodes of ended executions."""
        return self._store.unfinished()

    def mark_crashed(self, process_id: str) -> int:
        """
        Presume that a process's running executions and node executions have crashed.

        A later message with a greater revision, or a reported end, overrules the presumption.

        Args:
            process_id: A process that is known, or presumed, to be dead.

        Returns:
            How many executions were running; 0 when it is called again.
        """
        return self._store.mark_crashed(process_id)

    def health(self) -> StoreHealth:
        """Say where the history is and how large."""
        return self._store.health()

    def subscribe(self, on_change: OnChange) -> Callable[[], None]:
        """
        Have every change that goes through this logger told, right after its commit.

        What other processes write into the same file is not told.

        Args:
            on_change: Takes the ids of executions that were created, changed or deleted. Called in
                the thread that commits, while others wait to: it must be quick, and must not write
                to the history.

        Returns:
            Ends it.
        """
        return self._store.subscribe(on_change)

    def foreign_changes(self) -> int:
        """A number that is another one after another process has changed the history."""
        return self._store.foreign_changes()

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
