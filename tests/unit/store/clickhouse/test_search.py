"""Tests of the text index of payloads."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

import pytest
from msgspec import Raw

from flightlog.query import parse
from flightlog.store import scanning
from flightlog.store.clickhouse import ClickHouseStore
from flightlog.store.clickhouse.payloads import FOLDED_TO_ASCII, is_odd
from flightlog.store.clickhouse.search import find_candidates
from flightlog.store.query import EVERYTHING
from support.queries import READER
from support.records import record

_LONG = "padding " * 20
TEXTS = {
    "newline": f"line\nSKU-01234 {_LONG}",
    "underscore": f"sku_01234 {_LONG}",
    "ideograph": f"\u65e5SKU\u65e5 01234 {_LONG}",
    "folded": f"\u212a\u017fku 01234 {_LONG}",
    "short": "SKU 01234",
    "other": f"skunk 012345 {_LONG}",
}


@pytest.fixture
def store(
    open_store: Callable[[], ClickHouseStore], monkeypatch: pytest.MonkeyPatch
) -> ClickHouseStore:
    """Store an execution for each text."""
    # A scan must not end because the machine is slow.
    monkeypatch.setattr(scanning, "_LONGEST_S", 600.0)
    made = open_store()
    data = {name: {"type": "t", "data": {"text": text}} for name, text in TEXTS.items()}
    made.merge([record(name, trigger=trigger) for name, trigger in data.items()])
    return made


def _find(store: ClickHouseStore, text: str) -> set[str]:
    query = EVERYTHING.narrow(parse(text, READER)).make_page_query(limit=50)
    return {each.id for each in store.list_summaries(query).summaries}


@pytest.mark.parametrize("is_merged", [False, True])
def test_the_index_leaves_out_no_match(store: ClickHouseStore, *, is_merged: bool) -> None:
    """Escapes, other scripts and small payloads are found, in parts with and without the index."""
    if is_merged:
        store._connection.run(f"OPTIMIZE TABLE {store._connection.database}.payloads FINAL")
    assert _find(store, "sku") == {"newline", "underscore", "ideograph", "short"}
    assert _find(store, "01234") == {"newline", "underscore", "ideograph", "folded", "short"}
    assert _find(store, "trigger.text:~unk") == {"other"}
    assert _find(store, "trigger.text:skunk*") == {"other"}
    assert _find(store, "nowhere") == set()


def test_candidates_are_few(store: ClickHouseStore) -> None:
    """A rare word has few candidates, and a range of numbers isn't narrowed by its value."""
    expression = parse("skunk", READER)
    assert expression is not None
    found = find_candidates(store._connection, expression)
    assert found is not None
    # The odd payload is always a candidate.
    assert len(found.list_few(10) or ()) == 2
    assert found.list_few(1) is None
    negated = parse("NOT skunk", READER)
    assert negated is not None
    assert find_candidates(store._connection, negated) is None


def test_all_letters_that_fold_to_ascii_are_known() -> None:
    """The letters are those of this Python's Unicode."""
    letters = (chr(code) for code in range(0x80, sys.maxunicode + 1))
    folded = {each for each in letters if any(map(str.isascii, each.casefold()))}
    assert folded
    assert all(map(FOLDED_TO_ASCII.fullmatch, folded))


def test_escaped_and_folded_letters_make_a_payload_odd() -> None:
    """The index can't split them."""
    assert is_odd(Raw(b'"\\u0041"'))
    assert is_odd(Raw(json.dumps("gro\u00df", ensure_ascii=False).encode()))
    assert not is_odd(Raw(json.dumps("gr\u00f6\n", ensure_ascii=False).encode()))
