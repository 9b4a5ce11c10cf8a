"""Small segments are merged and dead places go, and every execution is still found."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import psycopg

from flightlog.query import Reader, parse
from flightlog.store.postgres import PostgresSettings, PostgresStore
from flightlog.store.query import EVERYTHING
from support.records import record

if TYPE_CHECKING:
    from support.postgres import PostgresHistories

OpenStore = Callable[[], PostgresStore]


def _store(store: PostgresStore, number: int) -> None:
    node = {"nodeId": "n", "nodeName": "N", "nodeType": "t", "status": "success"}
    output = {"order": f"ord-{number:05d}"}
    store.merge([record(f"run-{number}", nodeExecutions=[{**node, "output": output}])])


def _index_all(store: PostgresStore) -> None:
    while store.index_portion().more:
        pass


def _count(histories: PostgresHistories, settings: PostgresSettings, table: str) -> object:
    return histories.query(f"SELECT count(*) FROM {table}", settings)[0][0]


def _find(store: PostgresStore, number: int) -> list[str]:
    text = f"output.order:ord-{number:05d}"
    expression = parse(text, Reader(now=datetime(2026, 12, 1, tzinfo=UTC)))
    assert expression is not None
    page = store.list_summaries(EVERYTHING.narrow(expression).make_page_query(limit=10))
    return [each.id for each in page.summaries]


def test_small_segments_are_merged(
    open_store: OpenStore, postgres_histories: PostgresHistories, settings: PostgresSettings
) -> None:
    """Executions that are indexed one by one don't leave a segment each."""
    store = open_store()
    for number in range(20):
        _store(store, number)
        _index_all(store)
    assert _count(postgres_histories, settings, "search_segments") == 6
    assert _count(postgres_histories, settings, "search_entries") == 20
    assert all(_find(store, number) == [f"run-{number}"] for number in range(20))


def test_dead_places_go(
    open_store: OpenStore, postgres_histories: PostgresHistories, settings: PostgresSettings
) -> None:
    """The postings of deleted executions are written anew, or deleted with the last of them."""
    store = open_store()
    for number in range(10):
        _store(store, number)
    _index_all(store)
    store.delete_many([f"run-{number}" for number in range(1, 10)])
    _index_all(open_store())
    places = postgres_histories.query("SELECT sum(places) FROM search_segments", settings)
    assert places == [(1,)]
    assert _find(store, 0) == ["run-0"]
    store.delete("run-0")
    _index_all(open_store())
    assert _count(postgres_histories, settings, "search_segments") == 0
    assert _count(postgres_histories, settings, "search_postings") == 0


def test_a_merge_waits_for_nobody(
    open_store: OpenStore, postgres_histories: PostgresHistories, settings: PostgresSettings
) -> None:
    """While another transaction holds an entry, the segments stay, and are merged later."""
    store = open_store()
    for number in range(7):
        _store(store, number)
        _index_all(store)
    _store(store, 7)
    with psycopg.connect(postgres_histories.url) as other:
        other.execute("SELECT set_config('search_path', %s, false)", (settings.schema,))
        other.execute("SELECT 1 FROM search_entries LIMIT 1 FOR UPDATE")
        _index_all(store)
        assert _count(postgres_histories, settings, "search_segments") == 8
        assert _find(store, 3) == ["run-3"]
    _index_all(open_store())
    assert _count(postgres_histories, settings, "search_segments") == 1
    assert all(_find(store, number) == [f"run-{number}"] for number in range(8))
