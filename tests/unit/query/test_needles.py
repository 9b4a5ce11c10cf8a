"""The texts that a query needs somewhere in an execution, so that bytes rule the others out."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flightlog.query import parse
from flightlog.query.expressions import Exact, Part, Pattern
from flightlog.query.needles import Needles, find_needles, find_test_needles
from flightlog.query.operands import read_number
from flightlog.query.payloads import check_value, check_words, read_json
from support.queries import NUMBERS, READER

LETTERS = st.text(st.sampled_from('aAbsSkK1.5 -_"\\/ſßKé中\n'), min_size=1, max_size=4)


def find(query: str) -> Needles:
    """Find the needles of a query."""
    expression = parse(query, READER)
    assert expression is not None
    return find_needles(expression)


@pytest.mark.parametrize(
    ("query", "texts", "digits"),
    [
        ("declined", ("declined",), ()),
        ("Declined 402", ("declined", "402"), ()),
        ('~"card dec"', ("card dec",), ()),
        ("output.items[].sku:A-17", ("items", "sku", "a-17"), ()),
        ("any.email:*@Example.com", ("email", "@example.com"), ()),
        ("any:70210", (), ("7021",)),
        ("any:-12.5e3", (), ("125",)),
        ("output.total:>=500", ("total",), ()),
        ("output.ok:true", ("ok", "true"), ()),
        ("a any.b:c status:error", ("a", "b", "c"), ()),
        ("any:40", (), ()),
        ("any:(ab, cd)", (), ()),
        ("a OR b", (), ()),
        ("NOT a", (), ()),
        ("node:Charge", (), ()),
        ("tag.a:b", (), ()),
        ("Straße", (), ()),
        ('"a/b"', (), ()),
    ],
)
def test_needles_of_a_query(query: str, texts: tuple[str, ...], digits: tuple[str, ...]) -> None:
    """Only what each matching execution has, and what JSON writes in one way."""
    assert find(query) == Needles(texts, digits)


@pytest.mark.parametrize(
    ("data", "may"),
    [
        (b'{"a": "Card DECLINED"}', True),
        (b'{"a": "decline"}', False),
        (b'{"a": "de\\ncline d"}', False),
        (b'{"a": "\\u0064eclined"}', True),
        ('{"a": "é", "b": "declined"}'.encode(), True),
        ('{"a": "é", "b": "decline"}'.encode(), False),
    ],
)
def test_escapes_and_other_scripts(data: bytes, *, may: bool) -> None:
    """An escape of a character may hide a needle; other escapes and other scripts don't."""
    assert find("declined").may_match(data) == may


def escape(text: str, how: int) -> bytes:
    """Write a text as JSON: as it is, with all other scripts escaped, or wholly escaped."""
    if how == 0:
        return msgspec.json.encode(text)
    if how == 1:
        return json.dumps(text).encode()
    units = memoryview(text.encode("utf-16-le")).cast("H")
    return b'"%s"' % b"".join(b"\\u%04x" % unit for unit in units)


@given(LETTERS, LETTERS, LETTERS, st.integers(0, 2))
def test_what_matches_is_never_ruled_out(before: str, text: str, after: str, how: int) -> None:
    """The case, the script and the escapes of the value make no difference."""
    value = before + text.swapcase() + after
    data = b'{"A b": [%s]}' % escape(value, how)
    decoded: Any = read_json(data)["A b"][0]
    for test in (Exact(value), Part(text), Pattern(f"*{text}*"), Exact(text), Part(value.upper())):
        if check_value(test)(decoded):
            assert find_test_needles(test, ("A b",), is_text=False).may_match(data)
        if check_words(test)(data):
            assert find_test_needles(test, (), is_text=True).may_match(data)


@given(NUMBERS, NUMBERS)
def test_equal_numbers_are_never_ruled_out(first: str, second: str) -> None:
    """Points, zeros and exponents make no difference."""
    needles = find_test_needles(Exact(first, is_literal=True), (), is_text=False)
    if read_number(first) == read_number(second):
        assert needles.may_match(f"[{second}]".encode())
    assert needles.may_match(f'["{first}"]'.encode())
