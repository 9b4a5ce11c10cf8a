"""Tests of queries that choose more."""

from __future__ import annotations

import pytest
from hypothesis import given

from flightlog.query import Expression, parse, write_query
from flightlog.query.relaxation import list_looser_queries, list_searched_fields
from support.queries import READER, expressions


@pytest.mark.parametrize(
    ("text", "looser"),
    [
        (
            "status:error after:-7d declined",
            ["status:error after:-7d", "status:error declined", "after:-7d declined"],
        ),
        ('node:Charge AND "card declined"', ["node:Charge", '"card declined"']),
        ("(a OR b) NOT c", ['"(a OR b) NOT c"', "(a OR b)", "NOT c"]),
        ("do NOT retry", ['"do NOT retry"', "do", "NOT retry"]),
        ('"x": 1, y', ['"x": 1,', "y"]),
        ("output.items[0].sku:A-17", ["any.sku:A-17", "A-17", "output.items[0].sku:~A-17"]),
        ("any.sku:A-17", ["A-17", "any.sku:~A-17"]),
        ("trigger:jane@example.com", ["jane@example.com", "trigger:~jane@example.com"]),
        ("declined", ["~declined"]),
        ("workflow:order", ["workflow:~order"]),
        ("id:0193a7", ['~"0193a7"']),
        ("output.n:>5", ["any.n:>5"]),
        ("status:error", []),
        ("duration:>2s", []),
        ("a OR b", ['"a OR b"']),
        ("NOT a", ['"NOT a"']),
        ("", []),
    ],
)
def test_a_query_has_looser_queries(text: str, looser: list[str]) -> None:
    """
    Each leaves out one term, the last first; a single term becomes less exact.

    A text with AND, OR or NOT and without fields may be pasted, so it is also tried as one value.
    """
    assert list(list_looser_queries(text, READER)) == looser


@given(expressions())
def test_every_looser_query_is_a_query(expression: Expression) -> None:
    """No text that can be read leads to one that can't."""
    for looser in list_looser_queries(write_query(expression), READER):
        assert parse(looser, READER) is not None


def test_free_text_searches_several_fields() -> None:
    """A query with fields searches only these."""
    assert list_searched_fields(None) == ()
    assert list_searched_fields(parse("output.a:1 NOT status:error", READER)) == (
        "output",
        "status",
    )
    assert "logs" in list_searched_fields(parse("declined status:error", READER))
