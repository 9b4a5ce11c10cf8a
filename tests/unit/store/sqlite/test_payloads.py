from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest
import zstandard
from msgspec import Raw
from msgspec.structs import replace

from flightlog.errors import InvalidRecordError
from flightlog.store.compression import FIRST_TRAINING_PAYLOADS
from flightlog.store.sqlite import SqliteStore
from flightlog.store.sqlite.compression import Codec
from flightlog.store.sqlite.payloads import GATHERED_BYTES, STREAMED_BYTES
from support.records import record


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Choose where the history is."""
    return tmp_path / "history.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    """Make an empty store."""
    store = SqliteStore(path)
    yield store
    store.close()


def column(path: Path, sql: str) -> list[Any]:
    """List the first column of a statement's rows."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        return [row[0] for row in connection.execute(sql)]
    finally:
        connection.close()


def carrying(execution_id: str, value: Any) -> Any:
    """Make a record whose trigger, input and output all carry one value."""
    node = {"nodeId": "n", "nodeName": "N", "nodeType": "t", "status": "success"}
    return record(
        execution_id,
        trigger={"type": "http", "data": value},
        nodeExecutions=[{**node, "input": value, "output": value}],
    )


def test_a_small_payload_stays_in_its_column(store: SqliteStore, path: Path) -> None:
    """A small payload stays in its column as JSON text that any SQLite program can read."""
    store.merge([carrying("a", {"orderId": 7})])
    assert column(path, "SELECT json_extract(input, '$.orderId') FROM node_executions") == [7]
    assert column(path, "SELECT count(*) FROM payloads") == [0]


@pytest.mark.parametrize("size", [200, 5_000], ids=["medium", "large"])
def test_a_payload_is_stored_once(store: SqliteStore, path: Path, size: int) -> None:
    """A repeated payload is stored once, within a record, a call, a process and after a restart."""
    value = {"text": "x" * size}
    store.merge([carrying("a", value), carrying("b", value)])
    store.merge([carrying("c", value)])
    store.close()
    again = SqliteStore(path)
    again.merge([carrying("d", value)])
    again.close()
    assert column(path, "SELECT refs FROM payloads") == [12]


def test_a_payload_of_a_megabyte_is_written_in_parts(store: SqliteStore, path: Path) -> None:
    """A large payload comes back byte for byte, is stored once, and is one frame as small ones."""
    sent = carrying("a", {"text": random.Random(7).randbytes(STREAMED_BYTES).hex()})
    store.merge([sent])
    store.merge([replace(sent, id="b")])
    found = store.get("b")
    assert found is not None
    assert found.trigger == sent.trigger
    assert column(path, "SELECT refs FROM payloads") == [6]
    (frame,) = column(path, "SELECT data FROM payloads")
    assert zstandard.decompress(frame) == bytes(sent.trigger.data)


def test_many_payloads_of_one_record_are_written_in_between(store: SqliteStore, path: Path) -> None:
    """New payloads don't all wait in memory, and references from later nodes still count."""
    texts = [random.Random(seed).randbytes(450_000).hex() for seed in range(12)]
    node = {"nodeName": "N", "nodeType": "t", "status": "success"}
    nodes = [
        {**node, "nodeId": f"n{number}", "input": text, "output": texts[0]}
        for number, text in enumerate(texts)
    ]
    assert sum(map(len, texts)) / 2 > GATHERED_BYTES
    sent = record("a", nodeExecutions=nodes)
    store.merge([sent])
    assert column(path, "SELECT refs FROM payloads ORDER BY id") == [13] + [1] * 11
    found = store.get("a")
    assert found is not None
    assert found.node_executions == sent.node_executions


def test_two_processes_find_each_others_payloads(store: SqliteStore, path: Path) -> None:
    """Two writers on one file each find the payloads that the other writer has stored."""
    other = SqliteStore(path)
    store.merge([carrying("a", {"text": "x" * 200})])
    other.merge([carrying("b", {"text": "x" * 200}), carrying("c", {"text": "y" * 200})])
    store.merge([carrying("d", {"text": "y" * 200})])
    assert column(path, "SELECT refs FROM payloads ORDER BY id") == [6, 6]
    other.delete("b")
    other.delete("a")
    store.merge([carrying("e", {"text": "x" * 200})])
    other.close()
    found = store.get("e")
    assert found is not None
    assert found.trigger == carrying("e", {"text": "x" * 200}).trigger


def test_a_rolled_back_transaction_leaves_no_wrong_reference(store: SqliteStore) -> None:
    """The store doesn't trust its memory of payloads that a rollback removed."""
    first, second = {"text": "a" * 300}, {"text": "b" * 300}
    broken = replace(record("broken"), workflow_name="\ud800")
    with pytest.raises(InvalidRecordError):
        store.merge([carrying("never", first), broken])
    sent = [carrying("one", second), carrying("two", first)]
    store.merge(sent)
    assert [store.get("one"), store.get("two")] == sent


def test_a_dictionary_that_was_not_stored_is_not_used(store: SqliteStore, path: Path) -> None:
    """A training that is rolled back, as on a full disk, leaves every frame readable."""
    store.merge([carrying(f"run-{n}", {"text": f"{n} order declined " * 20}) for n in range(600)])
    store.close()
    connection = apsw.Connection(str(path))
    connection.execute("DELETE FROM dictionaries")
    codec, other = Codec(), Codec()
    plain = [codec.compress(bytes([n]) * 300) for n in range(3)]
    connection.execute("DELETE FROM payloads")
    connection.executemany(
        "INSERT INTO payloads (id, refs, size, hash, data) VALUES (?, 1, 300, zeroblob(32), ?)",
        enumerate(plain * 200, 1),
    )
    connection.execute("BEGIN")
    codec.train(connection, 600)
    connection.execute("ROLLBACK")
    frame = codec.compress(b"z" * 300)
    assert other.decompress(connection, frame) == b"z" * 300
    connection.close()


def test_a_deleted_executions_payloads_are_erased(store: SqliteStore, path: Path) -> None:
    """A deletion erases an execution's payloads, except payloads that other executions share."""
    shared, own = {"text": "s" * 300}, {"text": "o" * 300}
    store.merge([carrying("a", shared), carrying("b", shared), carrying("c", own)])
    store.delete("a")
    store.delete("c")
    assert column(path, "SELECT refs FROM payloads") == [3]
    assert store.get("b") == carrying("b", shared)


def test_another_programs_delete_keeps_the_references_true(store: SqliteStore, path: Path) -> None:
    """
    Triggers keep the reference counts right when another program deletes.

    The next sweep erases.
    """
    store.merge([carrying("a", {"text": "a" * 300}), carrying("b", {"text": "b" * 300})])
    shell = apsw.Connection(str(path))
    shell.execute("PRAGMA foreign_keys = ON; DELETE FROM executions WHERE id = 'a'")
    shell.close()
    assert column(path, "SELECT refs FROM payloads ORDER BY id") == [0, 3]
    store.delete("b")
    assert column(path, "SELECT refs FROM payloads") == []


def test_a_dictionary_is_trained_on_the_databases_own_payloads(
    store: SqliteStore, path: Path
) -> None:
    """Payloads from before and after the training are readable, at once and after a restart."""
    chance = random.Random(7)
    words = ["order", "customer", "delivery", "declined", "warehouse", "invoice"]
    sent = [
        carrying(
            f"run-{number}",
            {
                "customer": {"name": chance.choice(words), "id": chance.randrange(10**6)},
                "lines": [{"sku": chance.randrange(10**6), "text": chance.choice(words)}] * 3,
            },
        )
        for number in range(FIRST_TRAINING_PAYLOADS * 2)
    ]
    for start in range(0, len(sent), 100):
        store.merge(sent[start : start + 100])
    assert column(path, "SELECT count(*) FROM dictionaries") == [1]
    means = column(
        path,
        f"SELECT avg(length(data) * 1.0 / size) FROM payloads "
        f"GROUP BY id > {FIRST_TRAINING_PAYLOADS} ORDER BY id",
    )
    assert means[1] < means[0] / 1.5
    store.close()
    again = SqliteStore(path)
    assert [again.get(whole.id) for whole in sent] == sent
    again.merge([carrying("later", {"customer": {"name": "order", "id": 1}, "x": "y" * 200})])
    assert again.get("later") is not None
    again.close()


def test_payloads_with_nothing_in_common_do_without_a_dictionary(
    store: SqliteStore, path: Path
) -> None:
    """A failed training of a dictionary doesn't fail the write."""
    chance = random.Random(3)
    sent = [
        carrying(f"run-{number}", chance.randbytes(100).hex())
        for number in range(FIRST_TRAINING_PAYLOADS + 100)
    ]
    store.merge(sent)
    store.merge([carrying("last", "z" * 400)])
    assert store.get("run-0") == sent[0]
    assert store.get("last") == carrying("last", "z" * 400)
    assert column(path, "SELECT count(*) FROM payloads") == [len(sent) + 1]


def test_a_payload_of_many_megabytes_comes_back(store: SqliteStore) -> None:
    """A payload of many megabytes is read like any other payload."""
    value = json.dumps([random.Random(1).random() for _ in range(300_000)])
    store.merge([carrying("a", value)])
    assert store.get("a") == carrying("a", value)


@pytest.mark.parametrize("size", [200, 5_000, 3_000_000])
def test_payloads_of_one_version_are_compared_in_parts(store: SqliteStore, size: int) -> None:
    """Of two payloads of one version the one with the greater bytes stays, in either order."""
    texts = [f'"{"ab" * size}{end}"'.encode() for end in ("", "a", "b", "bb")]
    for order in ([0, 1, 2, 3], [3, 2, 1, 0], [2, 2, 0, 3]):
        name = f"run-{order}"
        for number in order:
            store.merge([record(name, trigger={"type": "t", "data": Raw(texts[number])})])
        found = store.get(name)
        assert found is not None
        assert found.trigger is not None
        assert found.trigger.data == Raw(max(texts[number] for number in order))
        assert store.merge([found]).changed == 0
