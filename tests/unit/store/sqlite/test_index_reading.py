"""Reading what waits to be indexed: what a portion holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest
from msgspec import Raw

from flightlog.store.index_terms import ALWAYS
from flightlog.store.sqlite import SqliteStore, index_reading
from flightlog.store.sqlite.compression import Codec
from flightlog.store.sqlite.index_reading import EntryReader
from support.records import record

LARGE = 2**20
"""The size of a large portion."""


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


def count(connection: apsw.Connection, sql: str) -> int:
    """Return the number that a statement selects."""
    return int(connection.execute(sql).get)


def read(
    connection: apsw.Connection, reader: EntryReader, now_s: float = 0, most_bytes: int = LARGE
) -> list[int]:
    """Read a portion, and return its ordinals."""
    return [entry.ordinal for entry in reader.read(connection, Codec(), now_s, most_bytes).entries]


def test_the_newest_executions_come_first(store: SqliteStore, connection: apsw.Connection) -> None:
    """A portion begins with the execution that arrived last."""
    for number in range(3):
        add(store, f"run-{number}")
    assert read(connection, EntryReader()) == [3, 2, 1]


def test_a_portion_ends_when_it_has_enough_terms(
    store: SqliteStore, connection: apsw.Connection
) -> None:
    """A portion is not much larger than asked for, and says whether others wait."""
    for number in range(20):
        add(store, f"run-{number}", "long text " * 4_000)
    reader = EntryReader()
    first = reader.read(connection, Codec(), 0, 128 * 2**10)
    assert 1 < len(first.entries) < 20
    assert first.more
    assert 1 <= len(read(connection, reader, most_bytes=64 * 2**10)) < len(first.entries)
    every = reader.read(connection, Codec(), 0, LARGE)
    assert len(every.entries) == 20
    assert not every.more


def test_executions_that_were_read_before_are_left_out(
    store: SqliteStore, connection: apsw.Connection
) -> None:
    """Only another version of an execution is read again."""
    for number in range(3):
        add(store, f"run-{number}")
    reader = EntryReader()
    before = reader.read(connection, Codec(), 0)
    known = {entry[:2] for entry in before.entries}
    assert reader.read(connection, Codec(), 0, known=known) == ([], False)
    add(store, "run-1", "paid", revision=1)
    again = reader.read(connection, Codec(), 0, known=known)
    assert [entry.ordinal for entry in again.entries] == [2]


def test_a_running_execution_waits_until_it_is_quiet(
    store: SqliteStore, connection: apsw.Connection
) -> None:
    """A running execution is indexed when it has not changed for a minute."""
    add(store, "run-0", status="running")
    noted_at = count(connection, "SELECT noted_at FROM search_pending")
    assert read(connection, EntryReader(), noted_at + index_reading.QUIET_S - 1) == []
    assert read(connection, EntryReader(), noted_at + index_reading.QUIET_S) == [1]


def test_a_group_ends_before_too_many_nodes(
    store: SqliteStore, connection: apsw.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Executions with many nodes are read one after the other, and none is left out."""
    monkeypatch.setattr(index_reading, "_GROUP_ROWS", 1)
    for number in range(5):
        add(store, f"run-{number}")
    entries = EntryReader().read(connection, Codec(), 0).entries
    assert [entry.ordinal for entry in entries] == [5, 4, 3, 2, 1]
    assert all(f"run-{entry.ordinal - 1}" in (entry.words or "") for entry in entries)


def test_a_group_with_too_much_content_is_always_a_candidate(
    store: SqliteStore, connection: apsw.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Payloads of an execution with too much content aren't read; the others of its group are."""
    monkeypatch.setattr(index_reading, "MAX_BYTES", 1_000)
    add(store, "small", "declined " * 50)
    add(store, "large", "declined " * 200)
    large, small = EntryReader().read(connection, Codec(), 0).entries
    assert large.words == ALWAYS
    assert "declined" in (small.words or "")


def test_an_execution_that_cant_be_read_stops_no_other(
    store: SqliteStore, connection: apsw.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    """An execution with a value of a wrong type is a candidate of every query."""
    for name in ("a", "b", "c"):
        add(store, name, "word " * 400)
    connection.execute("UPDATE executions SET workflow_name = x'ff' WHERE id = 'a'")
    entries = EntryReader().read(connection, Codec(), 0, LARGE).entries
    assert [entry.words == ALWAYS for entry in entries] == [False, False, True]
    assert "'a' can't be indexed" in caplog.text


def test_a_damaged_payload_leaves_the_rest_of_its_execution_in_the_index(
    store: SqliteStore, connection: apsw.Connection
) -> None:
    """The placeholder that a search reads is indexed in the payload's place."""
    add(store, "run-0", "word " * 400)
    connection.execute("UPDATE payloads SET data = x'28b52ffd0000'")
    assert connection.changes() == 1
    (entry,) = EntryReader().read(connection, Codec(), 0, LARGE).entries
    assert entry.words != ALWAYS
    assert "run-0" in entry.parts
    assert "damaged" in (entry.words or "")
