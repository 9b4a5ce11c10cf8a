"""Filling the search index: what a portion holds, and what changes meanwhile."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import get_args

import apsw
import pytest
from msgspec import Raw

from flightlog.query.expressions import Condition, Exact
from flightlog.store.query import EVERYTHING
from flightlog.store.sqlite import SqliteStore, index_reading
from flightlog.store.sqlite.compression import Codec
from flightlog.store.sqlite.index_reading import Entry, EntryReader, Table
from flightlog.store.sqlite.indexing import (
    IndexWriter,
    read_index_state,
)
from support.records import record


@pytest.fixture(autouse=True)
def read_slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a portion take any time to read, because the machine may be slow."""
    monkeypatch.setattr(index_reading, "_READ_S", 600)


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


def write(connection: apsw.Connection, entries: Sequence[Entry]) -> None:
    """Write entries to both tables of the index."""
    for table in get_args(Table):
        IndexWriter(connection).write(table, entries)


def test_a_change_during_a_portion_is_not_lost(
    store: SqliteStore, connection: apsw.Connection
) -> None:
    """Terms of an execution that has changed since it was read are not written."""
    add(store, "run-0")
    add(store, "run-1")
    entries = EntryReader().read(connection, Codec(), 0).entries
    add(store, "run-0", "paid", revision=1)
    with connection:
        write(connection, entries)
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
        entries = EntryReader().read(connection, Codec(), 0).entries
        write(connection, entries)
    kept = [number for number in range(1, 31) if number % 3]
    assert {entry.ordinal for entry in entries} == {1, 2, *range(3, 31, 3)}
    assert list_indexed(connection) == kept
    assert read_index_state(connection) == ("full", 0)


def test_executions_wait_until_their_words_are_written(
    store: SqliteStore, connection: apsw.Connection
) -> None:
    """With the parts alone, an execution is still read by searches; a changed one isn't written."""
    add(store, "run-0")
    add(store, "run-1")
    entries = EntryReader().read(connection, Codec(), 0).entries
    add(store, "run-0", "paid", revision=1)
    with connection:
        IndexWriter(connection).write("parts", entries)
    assert read_index_state(connection) == ("full", 2)
    assert count(connection, "SELECT group_concat(id) FROM search_parts_docsize") == 2
    assert list_indexed(connection) == []


def test_a_portion_writes_one_segment(store: SqliteStore, connection: apsw.Connection) -> None:
    """FTS5 would begin a segment at each row that is out of order."""
    for number in range(5):
        add(store, f"run-{number}")
    indexed = store.index_portion()
    assert indexed.executions == 5
    assert indexed.longest_s > 0
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
        entries = EntryReader().read(connection, Codec(), 0).entries
        with connection:
            write(connection, entries)
    before = count(connection, sql)
    writer = IndexWriter(connection)
    steps = 0
    while writer.merge("words", 4):
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
