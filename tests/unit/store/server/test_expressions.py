"""Tests of the conditions of SQL that rule executions out."""

from __future__ import annotations

import pytest

from flightlog.query import parse
from flightlog.store.postgres.source import DIALECT
from flightlog.store.server.expressions import Compiled, compile_expression
from support.queries import READER


def _compile(text: str) -> Compiled:
    expression = parse(text, READER)
    assert expression is not None
    return compile_expression(expression, DIALECT)


@pytest.mark.parametrize(
    ("text", "is_exact"),
    [
        ("status:error is:child duration:>1s started:2026-11-22", True),
        ("NOT (status:error OR node.status:skipped)", True),
        ("NOT (node.status:error node.duration:>1s)", True),
        ("workflow:intake", False),
        ("NOT workflow:intake", False),
        ("status:error output.total:5", False),
        ("node.status:error output.total:5", False),
        ("status:error OR declined", False),
    ],
)
def test_texts_and_payloads_are_left_to_the_test_of_each_row(text: str, is_exact: bool) -> None:
    """States, times and durations are exact in SQL."""
    assert _compile(text).is_exact == is_exact


def test_a_negated_text_rules_nothing_out() -> None:
    """The opposite of too many executions would be too few."""
    assert _compile("NOT workflow:intake").sql == "true"
    both = _compile("NOT (workflow:intake OR status:error)")
    assert both.bound == ("error",)


def test_patterns_are_bound_and_escaped() -> None:
    """A text of the query is never SQL, and `%` in it stands for itself."""
    compiled = _compile('workflow:"50%_a\\*b"')
    assert "50" not in compiled.sql
    assert {
        pattern.replace("\\%", "").replace("\\_", "").count("%") for pattern in compiled.bound
    } == {0}
    assert _compile("name:a*b").bound == ("a%b",)
    assert _compile("id:A-17").bound == ("a-17%",)
