"""The tokens of models' calls: every store finds them, and adds them up alike."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from flightlog.errors import InvalidQueryError
from flightlog.models import Price, Usage, list_limits, sum_usage
from flightlog.query import Reader, parse
from flightlog.store.query import EVERYTHING, HistoryFilter
from flightlog.store.writer import ExecutionStore
from support.model_calls import add, answer, index, read


def test_lists_have_the_tokens_of_executions(store: ExecutionStore) -> None:
    """Calls are added up by model; executions without calls are left out."""
    add(store, "a", answer("m", 10, 1), {"usage": 7}, answer("m", 20, 2), answer("k", 5, 5))
    add(store, "b", {"note": "no model"})
    index(store)
    assert read(store, "a") == [("k", 1, 5, 5), ("m", 2, 30, 3)]
    assert list(store.read_usage(["a", "b", "unknown"], ())) == ["a"]
    assert store.read_usage([], ()) == {}
    with pytest.raises(InvalidQueryError, match="501 ids"):
        store.read_usage([str(number) for number in range(501)], ())


def test_calls_are_added_up_apart_where_prices_differ(store: ExecutionStore) -> None:
    """A limit separates the calls of a model, and so do missing tokens."""
    part = {"model": "m", "usage": {"prompt_tokens": 7}, "choices": [{"message": {}}]}
    add(store, "a", answer("m", 10, 1), answer("m", 11, 1), answer("m", 9, 1), part)
    index(store)
    found = store.read_usage(["a"], [10])["a"]
    shown = {(each.input_tokens, each.largest_input, each.is_complete) for each in found}
    assert shown == {(19, 10, True), (11, 11, True), (7, 7, False)}


def test_hostile_answers_do_no_harm(store: ExecutionStore) -> None:
    """Huge numbers, deep values and long names are bounded, and repeated answers count once."""
    deep: Any = 7
    for _ in range(500):
        deep = [deep]
    repeated = answer("k", 5, 5, id="x")
    add(store, "a", answer("m" * 500, 10**30, 1), repeated, {"usage": deep}, repeated)
    part: dict[str, Any] = {"choices": [{"message": {"content": [{"type": {}}]}}]}
    add(store, "b", answer("n\0", 3, 4), answer("o", 5, 6, **part))
    index(store)
    assert read(store, "a") == [("k", 1, 5, 5), ("m" * 200, 1, 0, 1)]
    assert read(store, "b") == [("n\0", 1, 3, 4), ("o", 1, 5, 6)]


def test_many_executions_are_added_up_by_a_filter(store: ExecutionStore) -> None:
    """The filter chooses the executions, as for a list."""
    for number in range(3):
        add(store, f"run-{number}", answer("m", 10, 1), workflowId=f"w{number % 2}")
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


def test_calls_follow_their_execution(store: ExecutionStore) -> None:
    """A change replaces the calls, also by none, and they go with the execution."""
    for name in ("a", "b"):
        add(store, name, answer("m", 10, 1))
    add(store, "a", answer("m", 99, 1), revision=1)
    index(store)
    assert read(store, "a") == [("m", 1, 99, 1)]
    add(store, "a", {"note": "nothing"}, revision=2)
    assert store.delete("b")
    index(store)
    assert store.sum_usage(EVERYTHING, ()).usages == ()


PRICES = (
    Price(model="m", input=1_000.0, output=2_000.0, cached=100.0, max_input=100),
    Price(model="k", input=10.0, output=10.0),
)
READER = Reader(now=datetime(2026, 11, 29, tzinfo=UTC), read_prices=lambda: PRICES)


def test_queries_choose_by_models_tokens_and_costs(store: ExecutionStore) -> None:
    """Sums of an execution are compared; a cost that isn't known, and no calls, meet nothing."""
    add(store, "a", answer("m", 10, 1), answer("k", 5, 5))
    add(store, "b", answer("k", 10, 10))
    add(store, "c", answer("m", 101, 1))
    add(store, "d", {"note": "no model"})
    add(store, "e", answer("unknown", 3, 1))
    index(store)
    for query, expected in (
        ("model:m", ["a", "c"]),
        ("model:(k, x)", ["a", "b"]),
        ("model:M*", ["a", "c"]),
        ("NOT model:k", ["c", "d", "e"]),
        ("tokens:>20", ["a", "c"]),
        ("tokens:20", ["b"]),
        ("tokens:<1k", ["a", "b", "c", "e"]),
        ("NOT tokens:>=0", ["d"]),
        ("cost:>=0.0121", ["a"]),
        ("cost:<0.001", ["b"]),
        ("cost:>0 model:m", ["a"]),
        ("cost:0..1 OR tokens:>100", ["a", "b", "c"]),
    ):
        chosen = EVERYTHING.narrow(parse(query, READER)).make_page_query(limit=9)
        found = [summary.id for summary in store.list_summaries(chosen).summaries]
        assert (query, sorted(found)) == (query, expected)
    assert [
        (each.value, each.count, each.term) for each in store.read_facets(EVERYTHING).facets.model
    ] == [("k", 2, "model:k"), ("m", 2, "model:m"), ("unknown", 1, "model:unknown")]


def test_costs_of_queries_are_those_of_lists(store: ExecutionStore) -> None:
    """Cached input and prices that change with the size count in both."""
    cached = answer("m-2026-11-01", 50, 3)
    cached["usage"]["prompt_tokens_details"] = {"cached_tokens": 40}
    add(store, "a", cached, answer("m", 90, 0), answer("m", 101, 1), answer("openai/k", 7, 0))
    index(store)
    sums = sum_usage(store.read_usage(["a"], list_limits(PRICES))["a"], PRICES)
    assert sums is not None
    assert sums.cost_usd == pytest.approx(0.01 + 0.004 + 0.006 + 0.09 + 0.00007)
    for query, count in (("cost:0.11006..0.11008", 1), ("cost:>0.11008", 0)):
        chosen = EVERYTHING.narrow(parse(query, READER)).make_page_query(limit=9)
        assert len(store.list_summaries(chosen).summaries) == count
