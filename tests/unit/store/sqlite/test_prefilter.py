"""Executions are ruled out by bytes, and those that can't be searched within limits stay."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest
from msgspec import Raw

from flightlog.query.needles import Needles
from flightlog.store.sqlite import SqliteStore, kept_texts, prefilter
from flightlog.store.sqlite.compression import Codec
from flightlog.store.sqlite.kept_texts import KeptTexts
from flightlog.store.sqlite.prefilter import Prefilter
from support.records import record

LONG = "x" * 300
OUTPUTS = ('"short card"', f'{{"note":"{LONG} card"}}', f'{{"note":"{LONG}"}}', f'["{LONG}", 1]')


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[apsw.Connection]:
    """Open a history of four executions of two nodes; payloads are in columns and outside."""
    path: Path = tmp_path_factory.mktemp("prefilter") / "history.db"
    store = SqliteStore(path)
    for number, output in enumerate(OUTPUTS):
        node = {"nodeId": "n", "nodeName": "Step", "nodeType": "t", "status": "success"}
        nodes = [
            {**node, "sequence": each, "output": Raw(output.encode()), "input": Raw(b"{}")}
            for each in range(2)
        ]
        named = record(f"run-{number}", name=f"Order {number}", nodeExecutions=nodes)
        store.merge([named])
    store.close()
    connection = apsw.Connection(str(path))
    yield connection
    connection.close()


def select(connection: apsw.Connection, *texts: str) -> tuple[set[int], dict[int, int]]:
    """Search the executions for texts."""
    return Prefilter(connection, Codec(), Needles(texts), set()).select([4, 3, 2, 1])


def test_executions_without_a_text_are_ruled_out(connection: apsw.Connection) -> None:
    """Payloads within columns, payloads outside, and names are searched."""
    assert select(connection, "card")[0] == {1, 2}
    assert select(connection, "order 3")[0] == {4}
    assert select(connection, "card", "order 1")[0] == {2}
    assert select(connection, "absent")[0] == set()


def test_payloads_count_once(connection: apsw.Connection) -> None:
    """Both nodes of an execution share a payload."""
    searched = Prefilter(connection, Codec(), Needles(("absent",)), set())
    sizes = {ordinal: len(OUTPUTS[ordinal - 1]) for ordinal in (4, 3, 2)}
    assert searched.select([4, 3, 2, 1])[1] == {**sizes, 1: 0}
    assert searched.select([4])[1] == {4: 0}


@pytest.mark.parametrize(
    ("limit", "value", "kept"),
    [
        ("_MOST_ROWS", 1, {4, 3, 2, 1}),
        ("_MOST_ROWS", 5, {2, 1}),
        ("_MOST_BYTES", 310, {4, 3, 2}),
        ("_MOST_BYTES", 650, {4}),
    ],
)
def test_what_exceeds_a_limit_is_not_ruled_out(
    limit: str,
    value: int,
    kept: set[int],
    connection: apsw.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The test of the query decides about these executions."""
    monkeypatch.setattr(prefilter, limit, value)
    assert select(connection, "absent")[0] == kept


def test_a_search_is_worthwhile_while_hardly_any_execution_matches(
    connection: apsw.Connection,
) -> None:
    """It begins after some misses, and ends when most executions may match."""
    searched = Prefilter(connection, Codec(), Needles(("step",)), set())
    for accepted in (False, False, True, False, False, False):
        searched.note(accepted=accepted)
        assert not searched.is_worthwhile
    searched.note(accepted=False)
    assert searched.is_worthwhile
    assert searched.select([4, 3, 2, 1])[0] == {4, 3, 2, 1}
    assert not searched.is_worthwhile
    without = Prefilter(connection, Codec(), Needles(), set())
    for _ in range(9):
        without.note(accepted=False)
    assert not without.is_worthwhile


def select_twice(
    connection: apsw.Connection, codec: Codec, text: str, ordinals: list[int]
) -> tuple[int, set[int]]:
    """Count what kept texts rule out, and then search the executions."""
    searched = Prefilter(connection, codec, Needles((text,)), set())
    return searched.count_ruled_out(ordinals), searched.select(ordinals)[0]


def test_texts_of_waiting_executions_are_kept(connection: apsw.Connection) -> None:
    """The second search reads nothing, and rules out the executions before the first match."""
    codec = Codec()
    assert select_twice(connection, codec, "absent", [4, 3, 2, 1]) == (0, set())
    assert select_twice(connection, codec, "card", [4, 3, 2, 1]) == (2, {1, 2})
    assert select_twice(connection, codec, "order 3", [4, 3, 2, 1]) == (0, {4})


def test_texts_are_not_kept_where_they_would_not_fit(connection: apsw.Connection) -> None:
    """A search of more waiting executions than fit in memory leaves nothing for the next one."""
    codec = Codec()
    searched = Prefilter(connection, codec, Needles(("absent",)), set(), keeps_texts=False)
    assert searched.select([4, 3, 2, 1])[0] == set()
    assert select_twice(connection, codec, "absent", [4, 3, 2, 1]) == (0, set())
    assert select_twice(connection, codec, "absent", [4, 3, 2, 1])[0] == 4


def test_a_kept_text_of_an_older_state_is_not_used(connection: apsw.Connection) -> None:
    """A change gives the execution's note another number, and indexed executions have none."""
    codec = Codec()
    select_twice(connection, codec, "absent", [4, 3, 2, 1])
    with connection:
        connection.execute("UPDATE search_pending SET version = version + 1 WHERE ordinal = 3")
        connection.execute("DELETE FROM search_pending WHERE ordinal = 1")
        searched = Prefilter(connection, codec, Needles(("absent",)), set())
        assert searched.count_ruled_out([4, 3, 2, 1]) == 1
        assert searched.count_ruled_out([3, 2, 1]) == 0
        assert searched.count_ruled_out([2, 1]) == 1


def test_the_oldest_texts_make_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kept texts are bounded, and a text that is kept again counts once."""
    monkeypatch.setattr(kept_texts, "MOST_BYTES", 10)
    kept = KeptTexts()
    for ordinal in (1, 2, 2, 3):
        kept.keep(ordinal, 7, b"12345")
    assert [kept.find(ordinal, 7) for ordinal in (1, 2, 3)] == [None, b"12345", b"12345"]
    kept.keep(4, 7, b"12345678901")
    assert kept.find(4, 7) is None
    kept.keep(5, 7, b"1234567890")
    assert kept.find(5, 7) == b"1234567890"
