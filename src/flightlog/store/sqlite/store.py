"""`SqliteStore`: the `ExecutionStore` in one SQLite file."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final

import apsw
from msgspec import Raw

from flightlog.clock import Clock, utc_now
from flightlog.errors import InvalidQueryError, StoreClosedError, printable
from flightlog.model import MAX_COUNT, WorkflowExecution, check_id
from flightlog.store.base import (
    ExecutionQuery,
    ExecutionStats,
    Ledger,
    LogResult,
    Page,
    StoreHealth,
)
from flightlog.store.changes import ChangeFeed, OnChange
from flightlog.store.outline import PayloadKind
from flightlog.store.sqlite import reader
from flightlog.store.sqlite.aggregates import Aggregates
from flightlog.store.sqlite.checkpoint import Checkpointer
from flightlog.store.sqlite.commit import GroupCommit
from flightlog.store.sqlite.compression import Codec
from flightlog.store.sqlite.connection import (
    ReaderPool,
    in_force,
    make_private_file,
    open_writer,
)
from flightlog.store.sqlite.erase import CHUNK_EXECUTIONS, Eraser
from flightlog.store.sqlite.failures import translated
from flightlog.store.sqlite.ledger import newest_number, read_ledger
from flightlog.store.sqlite.migrate import SCHEMA_VERSION, prepare
from flightlog.store.sqlite.payloads import PayloadWriter
from flightlog.store.sqlite.settings import SqliteSettings
from flightlog.store.sqlite.stars import set_star
from flightlog.store.sqlite.views import SqliteViews
from flightlog.store.sqlite.writer import CRASHED_AT_ONCE, Writer

_ADOPTED_AT_ONCE: Final = 200


class SqliteStore:
    """
    Keeps executions in one SQLite file; see `ExecutionStore` for what each method does.

    Args:
        path: The file; made if missing, with its directories, for its owner alone.
        settings: How it is kept.
        clock: For the moments that the store itself notes.

    Raises:
        StoreForeignError: The file is something else; it was not touched.
        StoreVersionError: The file is a newer Flightlog's; it was not touched.
        StoreUnavailableError: It can't be opened or made.
        StoreBusyError: It has to be migrated and another process holds it.
    """

    def __init__(
        self, path: Path, settings: SqliteSettings | None = None, *, clock: Clock = utc_now
    ) -> None:
        self._path = path
        self._settings = settings or SqliteSettings()
        self._lock = threading.Lock()
        self._closed = False
        self._changes = ChangeFeed()
        make_private_file(path)
        with self._translated():
            self._connection = open_writer(path, self._settings)
            try:
                self._set_up(clock)
            except BaseException:
                self._connection.close()
                raise
        self._readers = ReaderPool(path, self._settings)
        self._commits = GroupCommit(self._commit, self._lock)
        self._views = SqliteViews(self._snapshot, self._codec, clock)

    def _set_up(self, clock: Clock) -> None:
        self._codec = Codec()
        self._payloads = PayloadWriter(self._connection, self._codec)
        self._aggregates = Aggregates(self._connection)
        self._writer = Writer(
            self._connection, self._codec, self._payloads, self._aggregates, clock
        )
        self._eraser = Eraser(self._connection, self._payloads, self._aggregates, clock)
        prepare(self._connection, self._path, self._settings.busy_timeout_ms, clock, self._adopt)
        self._codec.load_newest(self._connection)
        self._checkpointer = Checkpointer(self._path, self._connection, self._settings)
        self._in_force = in_force(self._connection)

    def _adopt(self, records: Iterable[WorkflowExecution]) -> None:
        iterator = iter(records)
        while batch := list(islice(iterator, _ADOPTED_AT_ONCE)):
            self._writer.write([batch])

    def merge(self, records: Sequence[WorkflowExecution]) -> LogResult:
        """Join records into what is stored; see `ExecutionStore.merge`."""
        if not records:
            return LogResult()
        with self._translated():
            return self._commits.run(records)

    def _commit(self, requests: Sequence[Sequence[WorkflowExecution]]) -> list[LogResult]:
        with self._transaction():
            results = self._writer.write(requests)
        self._changes.publish(self._writer.changed)
        self._keep_house()
        return results

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        if self._closed:
            raise StoreClosedError(str(self._path))
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def _keep_house(self) -> None:
        # The records are on disk: a training that can't be done now is done later.
        with contextlib.suppress(apsw.BusyError, apsw.LockedError, apsw.FullError):
            newest = self._payloads.newest_id
            if self._codec.wants_training(newest):
                # Another process may have trained one already.
                self._codec.load_newest(self._connection)
            if self._codec.wants_training(newest):
                with self._transaction():
                    self._codec.train(self._connection, newest)
                self._codec.load_newest(self._connection)
        self._checkpointer.after_commit()

    def find(self, query: ExecutionQuery) -> Page:
        """List executions; see `ExecutionStore.find`."""
        with self._snapshot() as connection:
            return reader.find(connection, self._codec, query)

    def get(self, execution_id: str) -> WorkflowExecution | None:
        """Read one execution; see `ExecutionStore.get`."""
        with self._snapshot() as connection:
            return reader.get(connection, self._codec, execution_id)

    def get_payload(
        self, execution_id: str, kind: PayloadKind, sequence: int | None = None
    ) -> Raw | None:
        """Read one payload; see `ExecutionStore.get_payload`."""
        with self._snapshot() as connection:
            return reader.get_payload(connection, self._codec, execution_id, kind, sequence)

    def stats(
        self, workflow_id: str | None = None, project_id: str | None = None
    ) -> ExecutionStats:
        """Count and time executions; see `ExecutionStore.stats`."""
        with self._snapshot() as connection:
            return reader.stats(connection, workflow_id, project_id)

    def health(self) -> StoreHealth:
        """Say how the store is; see `ExecutionStore.health`."""
        with self._snapshot() as connection:
            executions = reader.count(connection)
        return StoreHealth(
            location=printable(str(self._path)),
            schema_version=SCHEMA_VERSION,
            executions=executions,
            size_bytes=sum(
                file.stat().st_size
                for file in (self._path, self._path.with_name(f"{self._path.name}-wal"))
                if file.exists()
            ),
            settings=self._in_force,
        )

    def note_sent(self, process_id: str, last_number: int) -> None:
        """Note how far a process has come; see `ExecutionStore.note_sent`."""
        _check_process(process_id, last_number)
        with self._snapshot() as connection:
            known = newest_number(connection, process_id)
        if known is not None and last_number <= known:
            return
        with self._translated(), self._lock:
            with self._transaction():
                self._writer.ledger.note_sent(process_id, last_number)
            self._keep_house()

    def ledger(self) -> Ledger:
        """Say what was received and what is missing; see `ExecutionStore.ledger`."""
        with self._snapshot() as connection:
            return read_ledger(connection)

    def running_processes(self) -> tuple[str, ...]:
        """The processes that have executions running; see `ExecutionStore.running_processes`."""
        with self._snapshot() as connection:
            return reader.running_processes(connection)

    def mark_crashed(self, process_id: str) -> int:
        """Presume a crash; see `ExecutionStore.mark_crashed`."""
        total = 0
        while True:
            with self._translated(), self._lock:
                with self._transaction():
                    marked = self._writer.crash(process_id)
                self._changes.publish(self._writer.changed)
                self._keep_house()
            total += marked
            if marked < CRASHED_AT_ONCE:
                return total

    @property
    def views(self) -> SqliteViews:
        """What a viewer reads; see `ExecutionStore.views`."""
        return self._views

    def set_star(self, execution_id: str, *, starred: bool) -> bool:
        """Mark an execution, or take the mark away; see `ExecutionStore.set_star`."""
        with self._translated(), self._lock:
            with self._transaction():
                changed = set_star(self._connection, execution_id, starred=starred)
            if changed:
                self._changes.publish([execution_id])
            self._keep_house()
        return changed is not None

    def delete_many(self, execution_ids: Sequence[str]) -> int:
        """Erase executions; see `ExecutionStore.delete_many`."""
        portions = (
            execution_ids[start : start + CHUNK_EXECUTIONS]
            for start in range(0, len(execution_ids), CHUNK_EXECUTIONS)
        )
        total = sum(
            self._clear_chunk(partial(self._eraser.erase_these, portion)) for portion in portions
        )
        with self._translated(), self._lock:
            if total:
                self._checkpointer.empty_log()
        return total

    def delete(self, execution_id: str) -> bool:
        """Erase one execution; see `ExecutionStore.delete`."""
        with self._translated(), self._lock:
            with self._transaction():
                erased = self._eraser.erase_one(execution_id)
            if erased:
                self._changes.publish([execution_id])
                self._eraser.shrink()
                self._checkpointer.empty_log()
        return erased

    def clear(
        self,
        workflow_id: str,
        project_id: str | None = None,
        on_progress: Callable[[int], None] | None = None,
    ) -> int:
        """Erase a workflow's executions; see `ExecutionStore.clear`."""
        return self._clear(lambda: self._eraser.erase_chunk(workflow_id, project_id), on_progress)

    def clear_before(
        self, started_before: str, on_progress: Callable[[int], None] | None = None
    ) -> int:
        """Erase what started before a moment; see `ExecutionStore.clear_before`."""
        return self._clear(lambda: self._eraser.erase_chunk_before(started_before), on_progress)

    def _clear(
        self, erase_chunk: Callable[[], list[str]], on_progress: Callable[[int], None] | None
    ) -> int:
        total = 0
        while erased := self._clear_chunk(erase_chunk):
            total += erased
            if on_progress is not None:
                on_progress(erased)
        with self._translated(), self._lock:
            if total:
                self._checkpointer.empty_log()
        return total

    def _clear_chunk(self, erase_chunk: Callable[[], list[str]]) -> int:
        with self._translated(), self._lock:
            with self._transaction():
                erased = erase_chunk()
            if erased:
                self._changes.publish(erased)
                self._eraser.shrink()
        return len(erased)

    def subscribe(self, on_change: OnChange) -> Callable[[], None]:
        """Have every change told; see `ExecutionStore.subscribe`."""
        return self._changes.subscribe(on_change)

    def foreign_changes(self) -> int:
        """Say whether others wrote; see `ExecutionStore.foreign_changes`."""
        with self._translated(), self._lock:
            if self._closed:
                raise StoreClosedError(str(self._path))
            return int(self._connection.pragma("data_version"))

    def close(self) -> None:
        """Release everything; a second call does nothing."""
        with self._translated(), self._lock:
            self._closed = True
            self._checkpointer.finish()
            self._readers.close()
            self._connection.close()

    @contextlib.contextmanager
    def _snapshot(self) -> Iterator[apsw.Connection]:
        with self._translated(), self._readers.snapshot() as connection:
            yield connection

    def _translated(self) -> contextlib.AbstractContextManager[None]:
        return translated(self._path, self._settings.busy_timeout_ms)


def _check_process(process_id: str, last_number: int) -> None:
    try:
        check_id(process_id, "process_id")
    except ValueError as error:
        raise InvalidQueryError(
            "process_id", f"is {process_id[:40]!r}", hint=f"{error}.".replace("`", "")
        ) from error
    if not 0 <= last_number <= MAX_COUNT:
        raise InvalidQueryError(
            "last_number", f"is {last_number}", hint=f"It must be from 0 to {MAX_COUNT}."
        )
