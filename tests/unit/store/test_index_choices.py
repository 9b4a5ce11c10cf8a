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
