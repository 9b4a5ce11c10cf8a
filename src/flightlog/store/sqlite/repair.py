"""
Check a history for damage, set a damaged file aside, and merge its readable records into a new one.

The damaged file is only renamed: to `….damaged-<time>`, and to `….salvaged-<time>` once its records
are in the new history. An interrupted salvage begins again, because merging a record twice changes
nothing.
"""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple, Protocol, TypeVar

import apsw

from flightlog.clock import Clock
from flightlog.errors import FlightlogError, StoreError, StoreUnavailableError
from flightlog.record.decoding import encode_execution
from flightlog.record.model import WorkflowExecution
from flightlog.record.times import normalize_time
from flightlog.store.results import FileChange, LogResult, Repair
from flightlog.store.sqlite.access import SUFFIXES, add_suffix
from flightlog.store.sqlite.backup import prepare_copy
from flightlog.store.sqlite.connection import connect
from flightlog.store.sqlite.exchange import append_note
from flightlog.store.sqlite.index_repair import INDEX_TABLES
from flightlog.store.sqlite.ledger import read_process_numbers
from flightlog.store.sqlite.migrate import APPLICATION_ID
from flightlog.store.sqlite.open_database import OpenDatabase
from flightlog.store.sqlite.queries import fetch_all
from flightlog.store.sqlite.raw_pages import RawPages
from flightlog.store.sqlite.readonly import ReadOnlyStore
from flightlog.store.sqlite.restore import hold_alone
from flightlog.store.sqlite.salvage import recognize, salvage
from flightlog.store.sqlite.settings import SqliteSettings
from flightlog.store.sqlite.sources import open_in_place

DAMAGED: Final = ".damaged-"
"""A damaged file gets its own name with this text and a time, until its records are salvaged."""
SALVAGED: Final = ".salvaged-"
"""A damaged file whose records are in the new history."""
_BATCH_RECORDS: Final = 20
_BATCH_BYTES: Final = 4 * 2**20
_PROGRESS_STEPS: Final = 20_000
_SAMPLED_PAGES: Final = 5_000
_HEADER_BYTES: Final = 100
_MAGIC: Final = b"SQLite format 3\0"
_APPLICATION_ID: Final = slice(68, 72)
_log: Final = logging.getLogger("flightlog.store")

Result = TypeVar("Result")


class RepairedStore(Protocol):
    """The operations of a store that a repair needs."""

    def change(self, change: Callable[[OpenDatabase], Result]) -> Result:
        """
        Commit a change to the file that is at the path.

        Args:
            change: Changes the open file, within a transaction.

        Returns:
            The result of `change`.
        """
        ...

    def merge(self, records: Sequence[WorkflowExecution]) -> LogResult:
        """Merge records; see `ExecutionWriter.merge`."""
        ...

    def replace_index(self) -> None:
        """Replace a damaged search index by an empty one, which a receiver fills."""
        ...


def repair(store: RepairedStore, path: Path, clock: Clock, is_ending: Callable[[], bool]) -> Repair:
    """
    Check a history; if it is damaged, go on with a new one that has everything readable.

    Args:
        store: The open history.
        path: The history's file.
        clock: The time in the damaged file's new name.
        is_ending: Whether to stop now and continue at the next start; called often.

    Returns:
        The result.

    Raises:
        StoreError: The new history can't be written; the damaged file stays as it is.
    """
    real = Path(os.path.realpath(path))
    faults: list[_Fault] = []
    # Without a file, the next record makes one.
    if real.exists():
        with contextlib.suppress(apsw.InterruptError):
            faults = list(_find_faults(real, is_ending))
    is_index_alone = bool(faults) and _repair_index(store, real, faults, clock)
    found = Repair(damage=faults[0].text if faults else None, is_index_alone=is_index_alone)
    if faults and not is_index_alone:
        quarantine(real, faults[0].text, clock)
    for damaged in find_unsalvaged(real):
        if not is_ending():
            found += _salvage_into(store, real, damaged, clock, is_ending)
    return found


def _repair_index(store: RepairedStore, path: Path, faults: Sequence[_Fault], clock: Clock) -> bool:
    if not all(fault.is_of_index for fault in faults):
        return False
    try:
        store.replace_index()
    except StoreError as error:
        if error.retryable:
            raise
        _log.warning("The search index can't be replaced: %s", error)
        return False
    what = f"the search index was found to be damaged ({faults[0].text}) and is made anew"
    append_note(path, FileChange(at=normalize_time(clock().isoformat()), what=what, log=None))
    return True


def find_unsalvaged(path: Path) -> list[Path]:
    """
    List the damaged files of a history whose records are not salvaged yet.

    Args:
        path: The history's real path.

    Returns:
        The damaged files, the oldest first.
    """
    found = path.parent.glob(f"{path.name}{DAMAGED}*")
    return sorted(each for each in found if not each.name.endswith(SUFFIXES))


def quarantine(path: Path, damage: str, clock: Clock) -> Path:
    """
    Rename a damaged file; every store that has it open goes on with a new file.

    Args:
        path: The history's real path.
        damage: The damage, for the note.
        clock: The time in the new name.

    Returns:
        The new path.
    """
    aside = add_suffix(path, DAMAGED + clock().strftime("%Y%m%dT%H%M%S%f"))
    path.rename(aside)
    aside.chmod(0o600)
    what = f"the file was found to be damaged ({damage}) and moved to {aside}"
    append_note(path, FileChange(at=normalize_time(clock().isoformat()), what=what, log=None))
    return aside


def quarantine_unreadable(path: Path, error: StoreError, clock: Clock) -> Path | None:
    """
    Rename a history that can't be opened because of damage, so that a new one can be made.

    A file in which nothing looks like a history is left alone, because it may be another program's.
    The error then says so, because a repair can't do more.

    Args:
        path: The history, which this process does not have open.
        error: The error of opening it.
        clock: The time in the new name.

    Returns:
        The new path; None if the error has another reason, or the file is no history.

    Raises:
        StoreUnavailableError: Another process has the damaged file open, or nothing in the damaged
            file looks like a history.
    """
    cause = error.__cause__
    if not isinstance(cause, apsw.CorruptError | apsw.NotADBError):
        return None
    real = Path(os.path.realpath(path))
    if not _looks_like_a_history(real):
        if isinstance(cause, apsw.NotADBError):
            return None
        raise StoreUnavailableError(
            str(path),
            f"is damaged ({cause}) and was left alone: nothing in it looks like an execution",
            hint="Restore a backup with `flightlog restore`, or move the file away; the next "
            "`flightlog serve` then makes a new history.",
        ) from cause
    with hold_alone(real):
        aside = quarantine(real, str(cause), clock)
        for suffix in ("-wal", "-journal"):
            with contextlib.suppress(FileNotFoundError):
                add_suffix(real, suffix).rename(add_suffix(aside, suffix))
        add_suffix(real, "-shm").unlink(missing_ok=True)
    return aside


def _looks_like_a_history(path: Path) -> bool:
    with path.open("rb") as file:
        header = file.read(_HEADER_BYTES)
    if header.startswith(_MAGIC) and header[_APPLICATION_ID] == APPLICATION_ID.to_bytes(4, "big"):
        # A file that was cut may have lost all its executions.
        return True
    pages = RawPages(path, add_suffix(path, "-wal"))
    try:
        return any(
            recognize(row) in {"executions", "node_executions"}
            for number in range(1, min(pages.count, _SAMPLED_PAGES) + 1)
            for row in pages.read_rows(number)
        )
    finally:
        pages.close()


def check_file(path: Path, is_ending: Callable[[], bool]) -> str | None:
    """
    Check all tables and indexes of a history, which may be written meanwhile.

    Args:
        path: The history.
        is_ending: Whether to stop now.

    Returns:
        The first fault in SQLite's words; None for a sound history.

    Raises:
        StoreUnavailableError: The file is missing.
        apsw.InterruptError: `is_ending` said so.
        apsw.Error: The file can't be read.
    """
    return next((fault.text for fault in _find_faults(path, is_ending)), None)


class _Fault(NamedTuple):
    table: str
    text: str

    @property
    def is_of_index(self) -> bool:
        return self.table.startswith(INDEX_TABLES)


def _find_faults(path: Path, is_ending: Callable[[], bool]) -> Iterator[_Fault]:
    table = ""
    try:
        with open_in_place(path, SqliteSettings()) as connection:
            connection.set_progress_handler(is_ending, _PROGRESS_STEPS)
            tables = fetch_all(connection, "SELECT name FROM sqlite_schema WHERE type = 'table'")
            # Check one table after another, because a read transaction keeps the write-ahead log
            # from starting anew.
            for table in ("sqlite_schema", *(str(row[0]) for row in tables)):
                fault = _check_table(connection, table)
                if fault is not None:
                    yield _Fault(table, fault)
    except (apsw.CorruptError, apsw.NotADBError) as error:
        yield _Fault(table, str(error))


def _check_table(connection: apsw.Connection, table: str) -> str | None:
    try:
        (fault,) = fetch_all(connection, f"PRAGMA integrity_check('{table}')")[:1]
    except (apsw.CorruptError, apsw.SQLError) as error:
        # A damaged search index can't even be opened.
        if not table.startswith(INDEX_TABLES):
            raise
        return str(error)
    return None if fault[0] == "ok" else str(fault[0])


def _salvage_into(
    store: RepairedStore,
    path: Path,
    damaged: Path,
    clock: Clock,
    is_ending: Callable[[], bool],
) -> Repair:
    # Let the store go on with a new file, so that the write-ahead log is beside the damaged file.
    store.change(lambda _database: None)
    with prepare_copy(add_suffix(path, ".salvage")) as readable:
        found = salvage(damaged, readable)
        store.change(lambda database: _carry_over(database, readable))
        unreadable = 0
        with contextlib.closing(ReadOnlyStore(readable)) as source:
            ids = _list_ids(readable)
            for batch in _batch(_read(source, ids)):
                if is_ending():
                    return Repair()
                store.merge([record for record in batch if record is not None])
                unreadable += batch.count(None)
    result = Repair(
        executions=found.executions - unreadable,
        lost_executions=unreadable,
        lost_payloads=found.lost_payloads,
        stray_node_executions=found.stray_node_executions,
    )
    _mark_salvaged(path, damaged, result, clock)
    return result


def _list_ids(path: Path) -> list[str]:
    connection = connect(path, apsw.SQLITE_OPEN_READONLY)
    try:
        return [row[0] for row in connection.execute("SELECT id FROM executions ORDER BY ordinal")]
    finally:
        connection.close()


def _read(source: ReadOnlyStore, ids: Sequence[str]) -> Iterator[WorkflowExecution | None]:
    for execution_id in ids:
        try:
            yield source.get(execution_id)
        except FlightlogError:
            raise
        except Exception as error:  # noqa: BLE001 - damaged values fail in any way
            _log.warning("The execution %s can't be salvaged: %s", execution_id, error)
            yield None


def _batch(
    records: Iterator[WorkflowExecution | None],
) -> Iterator[list[WorkflowExecution | None]]:
    batch: list[WorkflowExecution | None] = []
    size = 0
    while part := list(islice(records, 1)):
        batch += part
        size += 0 if part[0] is None else len(encode_execution(part[0]))
        if len(batch) >= _BATCH_RECORDS or size > _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _carry_over(database: OpenDatabase, readable: Path) -> None:
    """Copy what is no record: deletions, the ledger of processes, saved queries, and counts."""
    source = connect(readable, apsw.SQLITE_OPEN_READONLY)
    try:
        deleted = fetch_all(source, "SELECT id, run_id, deleted_at FROM deleted_executions")
        processes = read_process_numbers(source, None, limit=-1)
        saved = fetch_all(source, "SELECT name, query FROM saved_queries")
        removed = fetch_all(source, "SELECT * FROM removed_days")
    finally:
        source.close()
    database.connection.executemany(
        "INSERT OR IGNORE INTO deleted_executions (id, run_id, deleted_at) VALUES (?, ?, ?)",
        deleted,
    )
    database.connection.executemany(
        "INSERT OR IGNORE INTO saved_queries (name, query) VALUES (?, ?)", saved
    )
    database.connection.executemany(
        "INSERT OR IGNORE INTO removed_days VALUES (?, ?, ?, ?, ?, ?, ?)", removed
    )
    for process in processes:
        database.ledger.join(process)


def _mark_salvaged(path: Path, damaged: Path, result: Repair, clock: Clock) -> None:
    done = damaged.with_name(damaged.name.replace(DAMAGED, SALVAGED, 1))
    for suffix in (*SUFFIXES, ""):
        with contextlib.suppress(FileNotFoundError):
            add_suffix(damaged, suffix).rename(add_suffix(done, suffix))
    what = f"{result.describe()} of the damaged file are in the history again; it is {done}"
    append_note(path, FileChange(at=normalize_time(clock().isoformat()), what=what, log=None))
