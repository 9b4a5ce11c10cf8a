"""Values as texts of expressions."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count, repeat
from typing import Any

import pytest

from flightlog.runtime.budget import ExpressionFault, begin_budget
from flightlog.runtime.texts import MAX_CHARACTERS, check_size, concatenate, to_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("text", "text"),
        (None, ""),
        (True, "true"),
        (False, "false"),
        (7, "7"),
        (1.5, "1.5"),
        (datetime(2026, 11, 22, 19, tzinfo=UTC), "2026-11-22T19:00:00+00:00"),
        ([1, None, "ä"], '[1,null,"ä"]'),
        ({"a": {"b": True}}, '{"a":{"b":true}}'),
        (b"raw", '{"$flightlog":"bytes","text":"raw"}'),
    ],
)
def test_value_has_its_text(value: Any, text: str) -> None:
    """Lists and objects are JSON, and values without JSON are placeholders, as in records."""
    with begin_budget():
        assert to_text(value) == text


def test_texts_are_concatenated_up_to_the_limit() -> None:
    """An endless iterator is stopped when the text is too long."""
    with begin_budget():
        assert concatenate(iter(["a", "", "b"])) == "ab"
        with pytest.raises(ExpressionFault):
            concatenate("x" * 1000 for _ in count())
        with pytest.raises(ExpressionFault):
            concatenate(repeat("x" * MAX_CHARACTERS, 2))


def test_size_at_the_limit_is_allowed() -> None:
    """The limit itself is no fault."""
    check_size(MAX_CHARACTERS)
    with pytest.raises(ExpressionFault):
        check_size(MAX_CHARACTERS + 1)
