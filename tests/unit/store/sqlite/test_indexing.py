"""Filling the search index: what a portion holds, and what changes meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest
from msgspec import Raw

from flightlog.query.expressions import Condition, Exact
from flightlog.store.query import EVERYTHING
from flightlog.store.sqlite import SqliteStore, indexing
from flightlog.store.sqlite.compression import Codec
from flightlog.store.sqlite.indexing import (
    EntryReader,
    IndexWriter,
    Share,
    Stopwatch,
    read_index_state,
)
from support.records import record


@pytest.fixture(autouse=True)
def read_slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a portion take any time to read, because the machine may be slow."""
    monkeypatch.setattr(indexing, "_READ_S", 600)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    """Open a history."""
    store = SqliteStore(tmp_path / "history.db")
    yield store
    store.close()


@pytest.fixture
def connection(store: SqliteStore, tmp_path: Path) -> Iterator[apsw.Connection]:
    """Open a second connection to the history."""
    store.health()
    connection = apsw.Connection(str(tmp_path / "history.db"))
    yield connection
    connection.close()


def add(store: SqliteStore, name: str, text: str = "declined", **fields: object) -> None:
    """Store an execution with one node."""
    node = {"nodeId": "n", "nodeName": "n", "nodeType": "t", "status": "success"}
    output = Raw(f'{{"note":"{text} {name}"}}'.encode())
    store.merge([record(name, nodeExecutions=[{**node, "output": output}], **fields)])


def list_indexed(connection: apsw.Connection, word: str = "declined") -> list[int]:
    """List the ordinals of the executions that the index has under a word."""
    sql = "SELECT rowid FROM search_words WHERE search_words MATCH ? ORDER BY rowid"
    return [row[0] for row in connection.execute(sql, (f'"{word}"',))]


def count(connection: apsw.Connection, sql: str) -> int:
    """Return the number that a statement selects."""
    return int(connection.execute(sql).get)


def read(connection: apsw.Connection, reader: EntryReader, now_s: float = 0) -> list[int]:
    """Read a portion, and return its ordinals."""
    return [entry.ordinal for entry in reader.read(connection, Codec(), now_s)]


def test_the_newest_executions_come_first(store: SqliteStore, connection: apsw.Connection) -> None:
    """A portion begins with the execution that arrived last."""
    for number in range(3):
        add(store, f"run-{number}")
    assert read(connection, EntryReader()) == [3, 2, 1]


def test_a_portion_ends_when_it_has_enough_terms(
    store: SqliteStore, connection: apsw.Connection
) -> None:
    """After a slow write the next portion is smaller, and after a quick one larger."""
    for number in range(20):
        add(store, f"run-{number}", "long text " * 4_000)
    reader = EntryReader()
    first = read(connection, reader)
    assert 1 < len(first) < 20
    reader.adapt(10.0)
    second = read(connection, reader)
    assert 1 <= len(second) < len(first)
    reader.adapt(1e-6)
    assert len(read(connection, reader)) > len(second)


def test_a_small_portion_leaves_the_size_as_it_is(
    store: SqliteStore, connection: apsw.Connection
) -> None:
    """A portion that ended for want of executions doesn't make the next one smaller."""
    add(store, "run-0")
    reader = EntryReader()
    read(connection, reader)
    reader.adapt(0.001)
    for number in range(1, 20):
        add(store, f"run-{number}")
    assert len(read(connection, reader)) == 20


def test_a_running_execution_waits_until_it_is_quiet(
    store: SqliteStore, connection: apsw.Connection
) -> None:
    """A running execution is indexed when it has not changed for a minute."""
    add(store, "run-0", status="running")
    noted_at = count(connection, "SELECT noted_at FROM search_pending")
    assert read(connection, EntryReader(), noted_at + indexing.QUIET_S - 1) == []
    assert read(connection, EntryReader(), noted_at + indexing.QUIET_S) == [1]


def test_a_change_during_a_portion_is_not_lost(
    store: SqliteStore, connection: apsw.Connection
) -> None:
    """Terms of an execution that has changed since it was read are not written."""
    add(store, "run-0")
    add(store, "run-1")
    entries = EntryReader().read(connection, Codec(), 0)
    add(store, "run-0", "paid", revision=1)
    with connection:
        IndexWriter(connection).write(entries)
    assert list_indexed(connection) == [2]
    assert read_index_state(connection) == ("full", 1)
    while store.index_portion().more:
        pass
    assert list_indexed(connection) == [2]
    assert list_indexed(connection, "paid") == [1]
    assert read_index_state(connection) == ("full", 0)


def test_many_executions_are_written_at_once(
    store: SqliteStore, connection: apsw.Connection
) -> None:
    """A portion writes and forgets any mixture of executions."""
    for number in range(30):
        add(store, f"run-{number}")
    while store.index_portion().more:
        pass
    with connection:
        IndexWriter(connection).forget("[1, 2]", are_stale=True)
    connection.execute("DELETE FROM executions WHERE ordinal % 3 = 0")
    with connection:
        entries = EntryReader().read(connection, Codec(), 0)
        IndexWriter(connection).write(entries)
    kept = [number for number in range(1, 31) if number % 3]
    assert {entry.ordinal for entry in entries} == {1, 2, *range(3, 31, 3)}
    assert list_indexed(connection) == kept
    assert read_index_state(connection) == ("full", 0)


def test_a_portion_writes_one_segment(store: SqliteStore, connection: apsw.Connection) -> None:
    """FTS5 would begin a segment at each row that is out of order."""
    for number in range(5):
        add(store, f"run-{number}")
    assert store.index_portion().executions == 5
    for table in ("search_words", "search_parts"):
        assert count(connection, f"SELECT count(DISTINCT segid) FROM {table}_idx") == 1


def test_deleted_entries_are_gone_at_once(store: SqliteStore, connection: apsw.Connection) -> None:
    """A deleted execution is under no word any more."""
    for number in range(2):
        add(store, f"run-{number}")
    while store.index_portion().more:
        pass
    assert list_indexed(connection) == [1, 2]
    store.delete("run-0")
    assert list_indexed(connection) == [2]


def test_merging_ends(store: SqliteStore, connection: apsw.Connection) -> None:
    """Segments are merged step by step until few remain, and nothing is lost."""
    sql = "SELECT count(DISTINCT segid) FROM search_words_idx"
    for number in range(20):
        add(store, f"run-{number}")
        entries = EntryReader().read(connection, Codec(), 0)
        with connection:
            IndexWriter(connection).write(entries)
    before = count(connection, sql)
    writer = IndexWriter(connection)
    steps = 0
    while writer.merge():
        steps += 1
        assert steps < 100
    after = count(connection, sql)
    assert steps > 0
    assert after < before
    assert list_indexed(connection) == list(range(1, 21))


def test_an_index_of_other_terms_is_built_anew(
    store: SqliteStore, connection: apsw.Connection
) -> None:
    """An index that another version made is not searched, and the next portions replace it."""
    add(store, "run-0")
    while store.index_portion().more:
        pass
    connection.execute("UPDATE search_settings SET version = 0")
    connection.execute("DELETE FROM search_words")
    query = EVERYTHING.narrow(Condition("text", Exact("declined"))).make_page_query()
    assert [summary.id for summary in store.list_summaries(query).summaries] == ["run-0"]
    assert store.index_portion().more
    assert read_index_state(connection) == ("full", 1)
    while store.index_portion().more:
        pass
    assert list_indexed(connection) == [1]
    assert read_index_state(connection) == ("full", 0)


def test_a_stopwatch_counts_processor_time() -> None:
    """A stopwatch never runs backwards, and counts work."""
    stopwatch = Stopwatch()
    first = stopwatch.read_s()
    sum(range(100_000))
    assert 0 <= first < stopwatch.read_s()


def test_the_share_of_some_work() -> None:
    """A share is 0 without work, and at most 1."""
    share = Share()
    assert share.take() == 0
    with share.measuring():
        sum(range(100_000))
    assert 0 < share.take() <= 1
    assert share.take() == 0
