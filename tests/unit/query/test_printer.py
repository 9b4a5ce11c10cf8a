"""Expressions as text, and back."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flightlog.errors import InvalidQueryError
from flightlog.query import Expression, parse, write_query
from support.queries import READER, expressions

PIECES = st.sampled_from(
    [
        "status",
        ":",
        "error",
        "(",
        ")",
        '"',
        "AND",
        "OR",
        "NOT",
        "~",
        "*",
        "..",
        "output.a",
        "1",
        "any",
        "[",
        "]",
        "{",
        "}",
        ",",
        ">=",
        "<",
        "\\",
        "2026-11-01",
        "tag.x",
        "https://a.b",
        "é",
        " ",
    ]
)


@given(expressions())
def test_a_printed_expression_reads_the_same(expression: Expression) -> None:
    """`parse` inverts `write`."""
    assert parse(write_query(expression), READER) == expression


@given(st.lists(PIECES, max_size=14).map("".join) | st.text(max_size=30))
def test_any_text_is_a_query_or_an_error(text: str) -> None:
    """No text fails in another way; and what is read, prints and reads the same."""
    with contextlib.suppress(InvalidQueryError):
        expression = parse(text, READER)
        assert parse(write_query(expression), READER) == expression


@pytest.mark.parametrize("text", ["\ufffd :7*", '"x y" :7', "a OR (b :7*)", ":*(", '"x (" :*('])
def test_a_word_with_a_colon_first_reads_the_same(text: str) -> None:
    """A text in quotation marks before a word such as `:7*` makes no member of JSON of them."""
    expression = parse(text, READER)
    assert parse(write_query(expression), READER) == expression


def test_no_expression_is_no_text() -> None:
    """An empty query chooses everything."""
    assert parse("  ", READER) is None
    assert write_query(None) == ""
