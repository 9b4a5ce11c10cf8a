"""The write-ahead log stays bounded, whatever readers do."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from flightlog.errors import StoreLogFullError, StoreReadEndedError
from flightlog.logger import ExecutionLogger
from flightlog.receiver import Receiver, ReceiverSettings
from flightlog.record.decoding import encode_execution
from flightlog.record.model import WorkflowExecution
from flightlog.store.query import ExecutionQuery
from flightlog.store.sqlite import SqliteSettings, SqliteStore
from flightlog.store.sqlite.inspection import inspect_file
from support.programs import read_line, start_program
from support.records import record
from support.waiting import until

MIB = 2**20
SMALL = SqliteSettings(
    synchronous="normal",
    checkpoint_bytes=MIB,
    wal_limit_bytes=2 * MIB,
    wal_refuse_bytes=3 * MIB,
)


def make_record(number: int) -> WorkflowExecution:
    """Make a record of about 40 KB that no compression shortens much."""
    data = [(number * 7919 + k * 104_729) % 1_000_003 for k in range(6_000)]
    return record(f"run-{number}", trigger={"type": "t", "data": data})


def log_size(path: Path) -> int:
    """Measure the write-ahead log."""
    return path.with_name(path.name + "-wal").stat().st_size


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Name the history."""
    return tmp_path / "history.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    """Open a history whose log has small limits, with one execution."""
    store = SqliteStore(path, SMALL)
    store.merge([record("first")])
    yield store
    store.close()


@pytest.fixture
def reader(store: SqliteStore, path: Path) -> Iterator[subprocess.Popen[str]]:
    """Start another program that reads the history in one long transaction."""
    process = start_program("sqlite_holds_a_snapshot", path)
    assert read_line(process) == "1"
    yield process
    process.kill()
    process.communicate()


def let_go(reader: subprocess.Popen[str]) -> None:
    """End the reader's transaction."""
    reader.communicate("")
    assert reader.returncode == 0


def fill_log(store: SqliteStore) -> tuple[int, StoreLogFullError]:
    """Store records until the log is full; return their number, and the error."""
    for number in range(1_000):
        try:
            store.merge([make_record(number)])
        except StoreLogFullError as error:
            return number, error
    raise AssertionError("the log grew without bound")


def can_store(store: SqliteStore, number: int) -> bool:
    """Try to store a record."""
    try:
        return store.merge([make_record(number)]).created == 1
    except StoreLogFullError:
        return False


def test_a_reader_makes_the_store_refuse_before_the_log_exceeds_its_limit(
    store: SqliteStore, path: Path, reader: subprocess.Popen[str]
) -> None:
    """The refused call stores nothing; once the reader is gone, the log shrinks and calls store."""
    stored, error = fill_log(store)
    assert error.retryable
    assert 10 < stored < 200
    assert log_size(path) < 4 * MIB
    with pytest.raises(StoreLogFullError):
        store.delete("first")
    assert store.get(f"run-{stored}") is None
    let_go(reader)
    until(lambda: can_store(store, stored), "the store takes records again")
    assert log_size(path) <= 2 * MIB
    assert store.health().executions == stored + 2


def test_the_log_is_emptied_without_new_records(
    store: SqliteStore, path: Path, reader: subprocess.Popen[str]
) -> None:
    """`trim_log` empties the log after the reader is gone, and does no harm before."""
    fill_log(store)
    for _ in range(3):
        store.trim_log()
    size = log_size(path)
    assert 3 * MIB <= size < 4 * MIB
    let_go(reader)

    def is_small() -> bool:
        store.trim_log()
        return log_size(path) == 0

    until(is_small, "the log is empty")
    assert store.get("run-0") == make_record(0)


def test_a_deletion_is_out_of_the_log_once_the_reader_is_gone(
    path: Path, store: SqliteStore, reader: subprocess.Popen[str]
) -> None:
    """The log of a deletion that a reader keeps is emptied as soon as the reader lets it go."""
    impatient = SqliteStore(path, SqliteSettings(busy_timeout_ms=1))
    assert impatient.delete("first")
    assert log_size(path) > 0
    let_go(reader)

    def is_empty() -> bool:
        impatient.trim_log()
        return log_size(path) == 0

    until(is_empty, "the log is empty")
    impatient.close()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems don't list locks")
def test_the_reader_is_named(store: SqliteStore, path: Path, reader: subprocess.Popen[str]) -> None:
    """The error, and `doctor` by its report of the file, name the program and its number."""
    _, error = fill_log(store)
    assert f"(process {reader.pid})" in error.message
    assert any(f"(process {reader.pid})" in each for each in inspect_file(path).log_readers)
    let_go(reader)
    assert inspect_file(path).log_readers == ()


def test_the_receiver_answers_429_until_the_reader_is_gone(
    store: SqliteStore, path: Path, reader: subprocess.Popen[str]
) -> None:
    """Clients get an error that says when to retry; all of their records are stored in the end."""
    logger = ExecutionLogger(store=store)
    statuses: set[int] = set()
    done = threading.Event()

    def send(url: str, sender: int) -> None:
        with httpx.Client(base_url=url, timeout=60) as client:
            for number in range(sender, 200, 4):
                body = encode_execution(make_record(number))
                kind = {"Content-Type": "application/json"}
                while True:
                    answer = client.post("/api/executions", content=body, headers=kind)
                    statuses.add(answer.status_code)
                    if answer.status_code == 200:
                        break
                    assert answer.json()["code"] == "store_log_full", answer.text
                    assert int(answer.headers["Retry-After"]) > 0
                    done.wait(0.05)

    with Receiver(logger, ReceiverSettings(port=0)).running() as receiver:
        senders = [threading.Thread(target=send, args=(receiver.url, k)) for k in range(4)]
        for sender in senders:
            sender.start()
        until(lambda: 429 in statuses, "the receiver refuses")
        assert log_size(path) < 5 * MIB
        let_go(reader)
        for sender in senders:
            sender.join()
        assert statuses == {200, 429}
        assert store.health().executions == 201
        until(lambda: log_size(path) <= 2 * MIB, "the log is small")


def test_reads_of_this_process_never_make_the_store_refuse(store: SqliteStore, path: Path) -> None:
    """Reads that overlap without end wait for a moment, and then the log starts anew."""
    ending = threading.Event()
    begun = [threading.Event(), threading.Event()]
    reads: Counter[int] = Counter()

    def read(reader: int) -> None:
        ours, theirs = begun[reader], begun[1 - reader]
        while not ending.is_set():
            with store._snapshot() as connection:
                reads[reader] += len(connection.execute("SELECT 1 FROM executions").fetchall())
                theirs.clear()
                ours.set()
                # This read ends once the other reader's next one has begun, or is kept waiting.
                theirs.wait(0.1)

    readers = [threading.Thread(target=read, args=(number,)) for number in range(2)]
    for reader in readers:
        reader.start()
    try:
        for number in range(300):
            store.merge([make_record(number)])
            assert log_size(path) < 4 * MIB
    finally:
        ending.set()
        for reader in readers:
            reader.join()
    assert store.health().executions == 301
    assert len(reads) == 2


def test_a_call_that_reads_for_too_long_is_ended(path: Path) -> None:
    """The call fails with a retryable error, and the connection serves the next call."""
    settings = SqliteSettings(longest_read_ms=0)
    store = SqliteStore(path, settings)
    store.merge([record(f"run-{number}") for number in range(2_000)])
    with pytest.raises(StoreReadEndedError, match="for too long") as caught:
        store.find(ExecutionQuery(limit=1_000))
    assert caught.value.retryable
    assert store.get("run-7") is not None
    store.close()


def test_a_call_may_read_for_long_while_the_log_is_small(path: Path) -> None:
    """Only a large log makes the shorter time limit count."""
    store = SqliteStore(path, SqliteSettings(read_timeout_ms=0))
    store.merge([record(f"run-{number}") for number in range(2_000)])
    assert len(store.find(ExecutionQuery(limit=1_000)).executions) == 1_000
    hasty = SqliteStore(path, SqliteSettings(read_timeout_ms=0, wal_limit_bytes=1))
    with pytest.raises(StoreReadEndedError):
        hasty.find(ExecutionQuery(limit=1_000))
    hasty.close()
    store.close()
