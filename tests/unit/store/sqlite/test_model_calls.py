"""The tokens of models' calls in the index: found, replaced, forgotten and summed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest
from msgspec import Raw

from flightlog.errors import InvalidQueryError
from flightlog.models import Usage
from flightlog.store.query import EVERYTHING, HistoryFilter
from flightlog.store.results import IndexContent
from flightlog.store.sqlite import SqliteStore
from support.records import record


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    """Open a history."""
    store = SqliteStore(tmp_path / "history.db")
    yield store
    store.close()


def answer(model: str, asked: int, answered: int, **more: object) -> dict[str, Any]:
    """Make the answer of a model."""
    usage = {"prompt_tokens": asked, "completion_tokens": answered}
    message = {"role": "assistant", "content": "Hi"}
    return {"model": model, "usage": usage, "choices": [{"message": message}], **more}


def add(store: SqliteStore, name: str, *outputs: object, **fields: object) -> None:
    """Store an execution with a node for each output."""
    nodes = [
        {
            "sequence": place,
            "nodeId": f"n{place}",
            "nodeName": "n",
            "nodeType": "t",
            "status": "success",
            "output": Raw(json.dumps(output).encode()),
        }
        for place, output in enumerate(outputs)
    ]
    store.merge([record(name, nodeExecutions=nodes, **fields)])


def index(store: SqliteStore) -> None:
    """Index everything."""
    while store.index_portion().more:
        pass


def read(store: SqliteStore, name: str, *limits: int) -> list[tuple[object, ...]]:
    """Read the model, the calls and the tokens of an execution."""
    found = store.read_usage([name], limits).get(name, ())
    return [(each.model, each.calls, each.input_tokens, each.output_tokens) for each in found]


def test_lists_have_the_tokens_of_indexed_executions(store: SqliteStore) -> None:
    """Calls are added up by model; executions without calls are left out."""
    add(store, "a", answer("m", 10, 1), {"usage": 7}, answer("m", 20, 2), answer("k", 5, 5))
    add(store, "b", {"note": "no model"})
    assert store.read_usage(["a", "b"], ()) == {}
    index(store)
    assert read(store, "a") == [("k", 1, 5, 5), ("m", 2, 30, 3)]
    assert list(store.read_usage(["a", "b", "unknown"], ())) == ["a"]
    assert store.read_usage([], ()) == {}
    with pytest.raises(InvalidQueryError, match="501 ids"):
        store.read_usage([str(number) for number in range(501)], ())


def test_calls_are_added_up_apart_where_prices_differ(store: SqliteStore) -> None:
    """A limit separates the calls of a model, and so do missing tokens."""
    part = {"model": "m", "usage": {"prompt_tokens": 7}, "choices": [{"message": {}}]}
    add(store, "a", answer("m", 10, 1), answer("m", 11, 1), answer("m", 9, 1), part)
    index(store)
    found = store.read_usage(["a"], [10])["a"]
    shown = {(each.input_tokens, each.largest_input, each.is_complete) for each in found}
    assert shown == {(19, 10, True), (11, 11, True), (7, 7, False)}


def test_calls_follow_the_execution(store: SqliteStore, tmp_path: Path) -> None:
    """A change replaces them, and they go with the execution, whoever deletes it."""
    for name in ("a", "b", "c"):
        add(store, name, answer("m", 10, 1))
    index(store)
    add(store, "a", answer("m", 99, 1), revision=1)
    index(store)
    assert read(store, "a") == [("m", 1, 99, 1)]
    add(store, "a", {"note": "nothing"}, revision=2)
    index(store)
    assert read(store, "a") == []
    store.delete("b")
    connection = apsw.Connection(str(tmp_path / "history.db"))
    connection.execute("DELETE FROM executions WHERE id = 'c'")
    assert connection.execute("SELECT count(*) FROM search_model_calls").get == 0
    connection.close()


@pytest.mark.parametrize(("content", "expected"), [("words", 1), ("off", 0)])
def test_the_content_of_the_index_decides(
    store: SqliteStore, content: IndexContent, expected: int
) -> None:
    """Words alone find calls, too; without an index there are none. A rebuild finds them again."""
    add(store, "a", answer("m", 10, 1))
    store.choose_index(content)
    index(store)
    assert len(store.read_usage(["a"], ())) == expected
    store.rebuild_index("full")
    assert store.read_usage(["a"], ()) == {}
    index(store)
    assert read(store, "a") == [("m", 1, 10, 1)]


def test_executions_too_large_for_the_index_have_their_calls(store: SqliteStore) -> None:
    """Only outputs are searched, and each that is too large is left out."""
    large = answer("m", 1, 1, note="x" * (1 << 20))
    add(store, "a", {"note": "y" * 600_000}, answer("m", 10, 1), large)
    index(store)
    assert read(store, "a") == [("m", 1, 10, 1)]


def test_hostile_answers_do_no_harm(store: SqliteStore) -> None:
    """Huge numbers, deep values and long names are bounded, and repeated answers count once."""
    deep: Any = 7
    for _ in range(500):
        deep = [deep]
    repeated = answer("k", 5, 5, id="x")
    add(store, "a", answer("m" * 500, 10**30, 1), repeated, {"usage": deep}, repeated)
    index(store)
    assert read(store, "a") == [("k", 1, 5, 5), ("m" * 200, 1, 0, 1)]


def test_many_executions_are_added_up_by_a_filter(store: SqliteStore) -> None:
    """The filter chooses the executions, as for a list."""
    for number in range(3):
        add(store, f"run-{number}", answer("m", 10, 1), workflowId=f"w{number % 2}")
    assert store.sum_usage(EVERYTHING, ()).usages == ()
    index(store)
    (found,) = store.sum_usage(EVERYTHING, ()).usages
    assert found == Usage(
        model="m",
        calls=3,
        input_tokens=30,
        cached_tokens=0,
        output_tokens=3,
        largest_input=10,
        is_complete=True,
    )
    (found,) = store.sum_usage(HistoryFilter(workflow_ids=("w0",)), ()).usages
    assert found.calls == 2
