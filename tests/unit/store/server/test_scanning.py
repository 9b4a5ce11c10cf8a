"""Tests of searches by texts and payloads."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from flightlog.query import parse
from flightlog.store.postgres import PostgresStore
from flightlog.store.query import EVERYTHING, HistoryFilter
from flightlog.store.server import scanning
from support.queries import READER
from support.records import record


def find(store: PostgresStore, text: str, chosen: HistoryFilter = EVERYTHING) -> list[str]:
    """Find the ids of one page."""
    query = chosen.narrow(parse(text, READER)).make_page_query()
    return [summary.id for summary in store.list_summaries(query).summaries]


def test_texts_are_compared_as_in_python(open_store: Callable[[], PostgresStore]) -> None:
    """PostgreSQL folds no letters beyond ASCII, and knows neither U+0000 nor `%` in a text."""
    store = open_store()
    names = ["ſale 100%", "SALE 100%", "sale 100 %", "a\0b", "Straße", "\ufdd0"]
    store.merge([record(f"run-{place}", name=name) for place, name in enumerate(names)])
    assert sorted(find(store, 'name:"sale 100%"')) == ["run-0", "run-1"]
    assert find(store, "name:STRASSE") == ["run-4"]
    assert sorted(find(store, "name:sale*%")) == ["run-0", "run-1", "run-2"]
    assert find(store, 'name:"a\0b"') == ["run-3"]
    assert find(store, "name:\ufdd0") == ["run-5"]
    assert find(store, "name:~ra", HistoryFilter(text="straße")) == []
    both = HistoryFilter(text="ÉTÉ")
    store.merge([record("x", workflowName="été", name="July"), record("y", workflowName="été")])
    assert find(store, "name:july", both) == ["x"]
    for chosen in (both, EVERYTHING.narrow(parse("workflow:ÉTÉ", READER))):
        ranked = store.list_by_duration(chosen, "longest", 5).summaries
        assert sorted(each.id for each in ranked) == ["x", "y"]
    assert len(store.list_by_duration(both, "longest", 1).summaries) == 1


@pytest.mark.parametrize("kept", [0, scanning.MOST_KEPT_BYTES])
def test_many_payloads_are_read_in_parts(
    open_store: Callable[[], PostgresStore], monkeypatch: pytest.MonkeyPatch, kept: int
) -> None:
    """One statement reads some payloads; those that were forgotten are read again."""
    store = open_store()
    store.merge(
        [
            record(
                f"run-{number}",
                startedAt=f"2026-11-22T19:04:{number:02d}Z",
                trigger={"type": "t", "data": {"text": f"{number}" * 500, "n": number}},
            )
            for number in range(12)
        ]
    )
    monkeypatch.setattr("flightlog.store.scanning._LONGEST_S", 600.0)
    monkeypatch.setattr(scanning, "_AT_ONCE_BYTES", 2_000)
    monkeypatch.setattr(scanning, "MOST_KEPT_BYTES", kept)
    assert find(store, "trigger.n:3 OR trigger.n:11") == ["run-11", "run-3"]
    assert find(store, "trigger.n:>100") == []
