"""Tests of filters compiled to conditions of SQL."""

from __future__ import annotations

import pytest

from flightlog.errors import InvalidQueryError
from flightlog.store.postgres.source import DIALECT
from flightlog.store.query import MAX_IDS, HistoryFilter
from flightlog.store.server.selection import compile_terms, has_text, split_filter


def test_split_filter_separates_conditions_with_an_index() -> None:
    """Ids, states and times lead a search; durations and texts are checked on its rows."""
    chosen = HistoryFilter(statuses=("error",), min_duration_ms=5.0, text="50%")
    led, left = split_filter(chosen, DIALECT)
    assert compile_terms(led) == ("started_at >= %s AND status = %s", ("", "error"))
    where, bound = compile_terms(left)
    assert "50" not in where
    assert bound[0] == 5.0
    assert set(bound[1:]) == {r"50\%%", r"%50\%%"}


def test_split_filter_refuses_too_many_ids() -> None:
    """More ids than `MAX_IDS` are refused before any statement runs."""
    with pytest.raises(InvalidQueryError):
        split_filter(HistoryFilter(ids=("a",) * (MAX_IDS + 1)), DIALECT)


def test_has_text_folds_case() -> None:
    """A text beyond ASCII is compared as Python folds it."""
    chosen = HistoryFilter(text="STRASSE")
    assert has_text(chosen, "run-1", [None, "die straße"])
    assert has_text(chosen, "Straße-7", [])
    assert not has_text(chosen, "run-1", [None, "street"])
