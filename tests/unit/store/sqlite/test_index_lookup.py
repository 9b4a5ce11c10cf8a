"""Which executions the search index proposes for a query, and when it proposes none."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import apsw
import pytest
from msgspec import Raw

from flightlog.query import Expression, Reader, parse
from flightlog.record.model import WorkflowExecution
from flightlog.store.results import IndexContent
from flightlog.store.sqlite import SqliteStore
from flightlog.store.sqlite.index_lookup import (
    do_more_wait,
    find_candidates,
    is_outdated,
    read_content,
)
from support.records import record

OUTPUTS = {
    "mail": '{"to":"jane@example.com","note":"card declined by the bank","status":402}',
    "item": '{"items":[{"sku":"SKU-00417","price":17.5}],"ok":true,"note":"declined"}',
    "other": '{"to":"joe@example.org","note":"paid","status":200,"ok":false,"price":18}',
}


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[apsw.Connection]:
    """Open a history with three indexed executions and one that waits."""
    path: Path = tmp_path_factory.mktemp("index") / "history.db"
    store = SqliteStore(path)
    store.merge([make(name, output) for name, output in OUTPUTS.items()])
    while store.index_portion().more:
        pass
    store.merge([make("waiting", "{}")])
    store.close()
    connection = apsw.Connection(str(path))
    yield connection
    connection.close()


def read(query: str) -> Expression:
    """Read a query."""
    expression = parse(query, Reader(now=datetime(2026, 11, 30, tzinfo=UTC)))
    assert expression is not None
    return expression


def make(name: str, output: str) -> WorkflowExecution:
    """Make an execution with one node."""
    node = {"nodeId": "n", "nodeName": "Step", "nodeType": "t", "status": "success"}
    return record(
        name,
        name=f"Order of {name}",
        tags={"customer": f"acme {name}"},
        nodeExecutions=[
            {**node, "output": Raw(output.encode()), "error": {"message": f"timed out: {name}"}}
        ],
    )


def propose(connection: apsw.Connection, query: str, content: IndexContent = "full") -> str | None:
    """Return the ids of the candidates in their order, without the one that waits."""
    candidates = find_candidates(read(query), content)
    if candidates is None:
        return None
    ordinals = candidates.select_between(connection, 0, 1_000_000)
    rows = connection.execute("SELECT ordinal, id FROM executions ORDER BY ordinal").fetchall()
    found = [str(execution_id) for ordinal, execution_id in rows if ordinal in ordinals]
    assert found.pop() == "waiting", "an execution that is not indexed is always a candidate"
    return " ".join(found)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("output.to:jane@example.com", "mail"),
        ("output.to:JANE@example.com", "mail"),
        ("any:jane@example.com", "mail"),
        ("jane@example.com", "mail"),
        ("output.status:402", "mail"),
        ("output.status:4.02e2", "mail"),
        ("output.items[].sku:SKU-00417", "item"),
        ("any.price:17.50", "item"),
        ("output.ok:true", "item"),
        ("output.ok:(true, false)", "item other"),
        ('"card declined"', "mail"),
        ("declined", "mail item"),
        ("*@example.com", "mail"),
        ('output:~"0041"', "item"),
        ('{"status": 402}', "mail"),
        ("declined output.ok:true", "item"),
        ("output.ok:true OR output.status:402", "mail item"),
        ("absent", ""),
        ("output.absent:*", ""),
        ("output.price:>5", "item other"),
        ("output.price:>18", "other"),
        ("output.price:17..17.9", "item"),
        ("any.status:>=500", ""),
        ("output.status:400..499", "mail"),
        ("Step", "mail item other"),
        ("id:ite", "item"),
        ('name:"Order of mail"', "mail"),
        ("name:*mail", "mail"),
        ("error:~other", "other"),
        ('error:"timed out"', "mail item other"),
        ('tag.customer:"acme item"', "item"),
        ("node:Step id:(item, mail)", "mail item"),
    ],
)
def test_candidates(indexed: apsw.Connection, query: str, expected: str) -> None:
    """The index narrows values, pairs, words, names, errors, tags, ids and their joins."""
    assert propose(indexed, query) == expected


@pytest.mark.parametrize(
    "query",
    [
        "output:~declin",
        "NOT declined",
        "output:>5",
        "status:success",
        "output.ok:true OR any:~bank",
    ],
)
def test_queries_that_the_index_does_not_narrow(indexed: apsw.Connection, query: str) -> None:
    """Pieces of other text, NOT, ranges without a name and columns scan the list."""
    assert propose(indexed, query) is None


def test_words_narrow_without_hashes(indexed: apsw.Connection) -> None:
    """An index of words finds whole values by their words, and no pieces."""
    assert propose(indexed, "output.to:jane@example.com", "words") == "mail"
    assert propose(indexed, "*@example.com", "words") is None
    assert propose(indexed, "declined", "off") is None


def test_candidates_are_counted_up_to_a_limit(indexed: apsw.Connection) -> None:
    """A query with many candidates is noticed without listing them all."""
    candidates = find_candidates(read("declined"), "full")
    assert candidates is not None
    assert candidates.are_more_than(indexed, 1)
    assert not candidates.are_more_than(indexed, 2)
    assert do_more_wait(indexed, 0)
    assert not do_more_wait(indexed, 1)


def test_candidates_in_a_range(indexed: apsw.Connection) -> None:
    """A part of the list asks for the candidates in it alone."""
    candidates = find_candidates(read("declined"), "full")
    assert candidates is not None
    assert candidates.select_between(indexed, 2, 3) == {2}


def test_content_and_version(indexed: apsw.Connection) -> None:
    """A new history indexes all, by the terms of this version."""
    assert read_content(indexed) == "full"
    assert not is_outdated(indexed)
