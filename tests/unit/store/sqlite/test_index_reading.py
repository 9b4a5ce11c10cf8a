"""Reading what waits to be indexed: what a portion holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest
from msgspec import Raw

from flightlog.store.sqlite import SqliteStore, index_reading
from flightlog.store.sqlite.compression import Codec
from flightlog.store.sqlite.index_reading import EntryReader
from flightlog.store.sqlite.index_terms import ALWAYS
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
    reader.adapt(LARGE, 10.0, 0.01)
    second = read(connection, reader)
    assert 1 <= len(second) < len(first)
    reader.adapt(LARGE, 1e-6, 0.01)
    assert len(read(connection, reader)) > len(second)


def test_a_small_portion_leaves_the_size_as_it_is(
    store: SqliteStore, connection: apsw.Connection
) -> None:
    """A portion that ended for want of executions doesn't make the next one smaller."""
    add(store, "run-0")
    reader = EntryReader()
    read(connection, reader)
    reader.adapt(1_000, 0.001, 0.01)
    for number in range(1, 20):
        add(store, f"run-{number}")
    assert len(read(connection, reader)) == 20


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
    entries = EntryReader().read(connection, Codec(), 0)
    assert [entry.ordinal for entry in entries] == [5, 4, 3, 2, 1]
    assert all(f"run-{entry.ordinal - 1}" in (entry.words or "") for entry in entries)


def test_a_group_with_too_much_content_is_always_a_candidate(
    store: SqliteStore, connection: apsw.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Payloads of an execution with too much content aren't read; the others of its group are."""
    monkeypatch.setattr(index_reading, "MAX_BYTES", 1_000)
    add(store, "small", "declined " * 50)
    add(store, "large", "declined " * 200)
    large, small = EntryReader().read(connection, Codec(), 0)
    assert large.words == ALWAYS
    assert "declined" in (small.words or "")
