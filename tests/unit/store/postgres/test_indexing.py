"""Several receivers index one history, and none loses or repeats the work of another."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from flightlog.errors import StoreDisconnectedError
from flightlog.query import Reader, parse
from flightlog.record.model import WorkflowExecution
from flightlog.store.postgres import PostgresSettings, PostgresStore, index_reading, indexing
from flightlog.store.query import EVERYTHING
from flightlog.store.retention import RetentionPolicy
from support.records import record

if TYPE_CHECKING:
    from support.postgres import PostgresHistories

OpenStore = Callable[[], PostgresStore]


def _make(number: int, word: str = "first", revision: int = 1) -> WorkflowExecution:
    node = {"nodeId": "n", "nodeName": "N", "nodeType": "t", "status": "success"}
    output = {"order": f"ord-{number:05d}", "word": word}
    return record(f"run-{number}", revision=revision, nodeExecutions=[{**node, "output": output}])


def _index_all(store: PostgresStore) -> int:
    total, more = 0, True
    while more:
        done = store.index_portion()
        total, more = total + done.executions, done.more
    return total


def _find(store: PostgresStore, text: str) -> list[str]:
    expression = parse(text, Reader(now=datetime(2026, 12, 1, tzinfo=UTC)))
    assert expression is not None
    page = store.list_summaries(EVERYTHING.narrow(expression).make_page_query(limit=10))
    return [each.id for each in page.summaries]


def test_receivers_share_the_work(open_store: OpenStore) -> None:
    """Each execution is indexed once by one of them, and both find it then."""
    stores = [open_store() for _ in range(3)]
    stores[0].merge([_make(number) for number in range(400)])
    assert stores[1].health().not_indexed == 400
    with ThreadPoolExecutor(3) as pool:
        done = list(pool.map(_index_all, stores))
    # One may end while others still hold what is left.
    assert sum(done) + _index_all(stores[0]) == 400
    assert stores[1].health().not_indexed == 0
    assert _find(stores[2], "output.order:ord-00217") == ["run-217"]
    assert _find(stores[2], "00399") == ["run-399"]


def test_a_change_while_an_execution_is_read_is_indexed_again(
    open_store: OpenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The note of the change stays, so that the newer content gets its terms, too."""
    first, second = open_store(), open_store()
    first.merge([_make(1)])
    read = index_reading.read_terms

    def change_meanwhile(*arguments: Any) -> dict[int, Any]:
        terms = read(*arguments)
        second.merge([_make(1, "second", revision=2)])
        return terms

    with monkeypatch.context() as patch:
        patch.setattr(indexing, "read_terms", change_meanwhile)
        assert first.index_portion().executions == 0
    assert first.health().not_indexed == 1
    assert _find(first, "output.word:second") == ["run-1"]
    assert _index_all(second) == 1
    assert _find(first, "output.word:second") == ["run-1"]


def test_deletion_deletes_entries_and_notes(
    open_store: OpenStore, postgres_histories: PostgresHistories, settings: PostgresSettings
) -> None:
    """Nothing of a deleted execution stays in the index, whether it was indexed or waits."""
    store = open_store()
    store.merge([_make(1), _make(2)])
    assert _index_all(store) == 2
    store.merge([_make(2, "second", revision=2)])
    assert store.delete_many(["run-1", "run-2"]) == 2
    for table in ("search_entries", "search_pending"):
        counted = postgres_histories.query(f"SELECT count(*) FROM {table}", settings)
        assert counted == [(0,)], table


def test_a_lost_connection_gives_up_its_claims(
    open_store: OpenStore, postgres_histories: PostgresHistories
) -> None:
    """The next portion opens another connection, and nothing waits for the lost one."""
    store = open_store()
    store.merge([_make(1)])
    assert _index_all(store) == 1
    store.merge([_make(number) for number in range(2, 5)])
    postgres_histories.cut_connections()
    with pytest.raises(StoreDisconnectedError):
        store.index_portion()
    assert _index_all(store) == 3


def test_the_estimate_of_the_space_counts_the_index(open_store: OpenStore) -> None:
    """The index is a part of the used space, and its share goes with the executions."""
    store = open_store()
    store.merge([_make(number) for number in range(100)])
    before = store.measure_space(RetentionPolicy()).parts
    assert before.index_bytes == 0
    _index_all(store)
    after = store.measure_space(RetentionPolicy()).parts
    assert 100 * 120 < after.index_bytes < 100 * 1_000
    assert after.used_bytes == before.used_bytes + after.index_bytes
    store.delete_many([f"run-{number}" for number in range(100)])
    assert store.measure_space(RetentionPolicy()).parts.index_bytes == 0
