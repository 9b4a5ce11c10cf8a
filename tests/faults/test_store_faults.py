from __future__ import annotations

import signal
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path

import apsw
import pytest
from msgspec import Raw
from msgspec.structs import replace

from flightlog.errors import (
    InvalidRecordError,
    StoreBusyError,
    StoreFullError,
    StoreLogFullError,
    StoreUnavailableError,
)
from flightlog.logger import ExecutionLogger
from flightlog.record.model import Trigger, WorkflowExecution
from flightlog.store.query import ExecutionQuery
from flightlog.store.sqlite import SqliteSettings, SqliteStore
from support.programs import read_line, start_program
from support.records import record
from support.waiting import until


def start_writer(
    path: Path, name: str, checkpoint_bytes: int = SqliteSettings().checkpoint_bytes
) -> subprocess.Popen[str]:
    """Start a process that logs without end and prints each acknowledged id."""
    return start_program("store_writes_until_killed", path, name, checkpoint_bytes)


def kill(writer: subprocess.Popen[str]) -> list[str]:
    """Kill a writer at once, and return the ids that it has printed and nobody has read."""
    writer.kill()
    printed, _ = writer.communicate()
    assert writer.returncode == -signal.SIGKILL
    return printed.split()


def test_what_was_acknowledged_survives_sigkill(tmp_path: Path) -> None:
    """A writer killed at any moment loses no acknowledged record and stores no partial call."""
    path = tmp_path / "history.db"
    for attempt in range(4):
        writer = start_writer(path, f"run-{attempt}")
        acknowledged = [read_line(writer) for _ in range(5 + 7 * attempt)]
        acknowledged += kill(writer)
        with ExecutionLogger(path) as logger:
            for name in acknowledged:
                assert logger.get_execution(name) is not None
                assert logger.get_execution(f"{name}-twin") is not None
            assert logger.get_stats().total % 2 == 0


def test_several_processes_write_one_file(tmp_path: Path) -> None:
    """
    Several processes that write one file lose nothing, while each runs checkpoints all the time.

    No process takes another's checkpoint for an overwritten file, not even an interrupted one.
    """
    path = tmp_path / "history.db"
    writers = [start_writer(path, name, checkpoint_bytes=20_000) for name in ("a", "b", "c")]
    acknowledged = []
    for writer in writers:
        acknowledged += [read_line(writer) for _ in range(40)]
        acknowledged += kill(writer)
    assert len(acknowledged) >= 120
    with ExecutionLogger(path) as logger:
        assert [name for name in acknowledged if logger.get_execution(name) is None] == []
        assert logger.reader.health().changes == ()
    assert not list(tmp_path.glob("*.stale-*"))


def test_a_database_that_another_process_holds_is_a_retryable_error(tmp_path: Path) -> None:
    """A database locked by another process stores nothing; a retry after the lock succeeds."""
    path = tmp_path / "history.db"
    store = SqliteStore(path, SqliteSettings(busy_timeout_ms=20))
    holder = apsw.Connection(str(path))
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreBusyError, match="20 ms") as caught:
        store.merge([record("a")])
    assert caught.value.retryable
    with pytest.raises(StoreBusyError):
        store.delete("a")
    assert store.get("a") is None
    holder.execute("ROLLBACK")
    holder.close()
    assert store.merge([record("a")]).created == 1
    store.close()


def test_a_full_disk_stores_nothing_and_harms_nothing(tmp_path: Path) -> None:
    """
    A full disk stores nothing and damages nothing.

    SQLite's own page limit stands in for the disk's size.
    """
    path = tmp_path / "history.db"
    store = SqliteStore(path)
    store.merge([record("a")])
    limit = store._connection.pragma("page_count")
    store._connection.pragma("max_page_count", limit)
    large = record("b", trigger={"type": "http", "data": list(range(60_000))})
    with pytest.raises(StoreFullError):
        store.merge([large, record("c")])
    assert store.get("b") is None
    assert store.get("c") is None
    store._connection.pragma("max_page_count", limit + 1_000)
    assert store.merge([large]).created == 1
    assert store.get("a") == record("a")
    store.close()


def test_a_bad_record_fails_its_own_call_alone(tmp_path: Path) -> None:
    """Calls that share a transaction don't share a failure."""
    store = SqliteStore(tmp_path / "history.db", SqliteSettings(synchronous="normal"))
    bad = {3: replace(record("run-3"), workflow_name="\ud800"), 7: broken_payload("run-7")}
    results: dict[int, object] = {}

    def log(number: int) -> None:
        try:
            results[number] = store.merge([bad.get(number, record(f"run-{number}"))]).created
        except InvalidRecordError as error:
            results[number] = error.code

    holder = apsw.Connection(str(tmp_path / "history.db"))
    holder.execute("BEGIN IMMEDIATE")
    threads = [threading.Thread(target=log, args=(number,)) for number in range(9)]
    for thread in threads:
        thread.start()
    holder.execute("ROLLBACK")
    holder.close()
    for thread in threads:
        thread.join()
    assert results == {n: "invalid_record" if n in bad else 1 for n in range(9)}
    assert store.read_stats().total == 7
    store.close()


def broken_payload(execution_id: str) -> WorkflowExecution:
    """Make a record with a payload that no decoder produces."""
    return replace(record(execution_id), trigger=Trigger(type="http", data=Raw(b"\xff")))


def test_a_place_that_cannot_be_written_is_a_clear_error(tmp_path: Path) -> None:
    """A directory at the file's place, or a file at the directory's place, is a clear error."""
    (tmp_path / "file").write_text("")
    for path in (tmp_path, tmp_path / "file" / "history.db"):
        with pytest.raises(StoreUnavailableError, match="--db"):
            ExecutionLogger(path)


def test_a_damaged_file_is_a_clear_error(tmp_path: Path) -> None:
    """The error for a damaged file says what to do first."""
    path = tmp_path / "history.db"
    with ExecutionLogger(path) as logger:
        logger.log_executions([record(f"run-{number}") for number in range(200)])
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xaa" * (len(content) - 4096)
    path.write_bytes(content)
    with (
        pytest.raises(StoreUnavailableError, match="doctor --repair"),
        ExecutionLogger(path) as logger,
    ):
        logger.query(ExecutionQuery())


def can_store(store: SqliteStore, records: Sequence[WorkflowExecution]) -> bool:
    """Try to store records while readers may keep the write-ahead log."""
    try:
        return store.merge(records).created == len(records)
    except StoreLogFullError:
        return False


def test_the_write_ahead_log_stays_bounded_while_readers_read(tmp_path: Path) -> None:
    """The log exceeds its limit by at most one commit, although readers are always present."""
    path = tmp_path / "history.db"
    limit = 1_000_000
    store = SqliteStore(
        path,
        SqliteSettings(
            synchronous="normal",
            checkpoint_bytes=limit // 4,
            wal_limit_bytes=limit // 2,
            wal_refuse_bytes=limit,
        ),
    )
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            store.find(ExecutionQuery(limit=20, payloads=True))

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    largest = written = 0
    try:
        for number in range(150):
            data = {"text": f"{number} " * 9_000}
            records = [
                record(f"run-{number}-{k}", trigger={"type": "t", "data": [k, data, "x" * 200]})
                for k in range(20)
            ]
            until(lambda: can_store(store, records), "the readers let go of the log")  # noqa: B023
            size = (tmp_path / "history.db-wal").stat().st_size
            largest = max(largest, size)
            written = store.health().size_bytes
    finally:
        done.set()
        for reader in readers:
            reader.join()
        store.close()
    assert written > limit
    assert largest < 2 * limit


def test_what_is_deleted_is_gone_from_the_files(tmp_path: Path) -> None:
    """Deletion overwrites the deleted data and shrinks the file."""
    path = tmp_path / "history.db"
    secret = "the-secret-nobody-shall-find"
    with ExecutionLogger(path) as logger:
        logger.log_executions(
            [record(f"run-{n}", error={"message": secret + "x" * 3_000}) for n in range(300)]
        )
        logger.log_execution(record("kept"))
        grown = sum(file.stat().st_size for file in tmp_path.iterdir())
        for number in range(10):
            logger.delete_execution(f"run-{number}")
        assert logger.clear_workflow_executions("order-intake") == 291
        for file in tmp_path.iterdir():
            assert secret.encode() not in file.read_bytes()
        assert sum(file.stat().st_size for file in tmp_path.iterdir()) < grown / 4
