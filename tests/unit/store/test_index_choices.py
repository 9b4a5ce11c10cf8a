from __future__ import annotations

from datetime import UTC, datetime

import pytest

from flightlog.query import Reader, parse
from flightlog.store.index_choices import AnyChoice, Choice, Terms, choose_terms
from flightlog.store.index_terms import ALWAYS
from flightlog.store.results import IndexContent

_ALWAYS = Terms("words", (ALWAYS,))


def choose(text: str, content: IndexContent = "full") -> Choice | None:
    """Choose the terms of a query."""
    expression = parse(text, Reader(now=datetime(2026, 12, 1, tzinfo=UTC)))
    assert expression is not None
    return choose_terms(expression, content)


def test_a_name_is_looked_up_by_its_parts() -> None:
    """A text that is a part of a name has each three letters in a row of the name."""
    found = AnyChoice((Terms("parts", ("rec", "ece", "cei", "eiv", "ive")), _ALWAYS))
    assert choose("node:~receive") == found


@pytest.mark.parametrize("text", ["status:error", "NOT card", "node:~ab", "duration:>1s"])
def test_a_condition_without_terms_is_not_narrowed(text: str) -> None:
    """The index has no terms of statuses, of what isn't there, or of two letters."""
    assert choose(text) is None


def test_an_index_that_is_off_narrows_nothing() -> None:
    """Without an index, even a rare word is searched by a scan."""
    assert choose("9f8e7d65") is not None
    assert choose("9f8e7d65", "off") is None


def test_a_piece_is_looked_up_by_its_rare_words() -> None:
    """A word with five digits says more than three letters in a row, if its beginning is known."""
    whole = AnyChoice((Terms("words", ("12345",)), _ALWAYS))
    assert choose('~"ku-12345-b"') == whole
    expression = parse('~"ku-12345"', Reader(now=datetime(2026, 12, 1, tzinfo=UTC)))
    assert expression is not None
    beginning = Terms("words", ("12345",), are_beginnings=True)
    found = choose_terms(expression, "full", with_beginnings=True)
    assert found == AnyChoice((beginning, _ALWAYS))
    parts = AnyChoice((Terms("parts", ("ku-", "u-1", "-12", "123", "234", "345")), _ALWAYS))
    assert choose('~"ku-12345"') == parts
    assert choose("*12345") == AnyChoice((Terms("parts", ("123", "234", "345")), _ALWAYS))
