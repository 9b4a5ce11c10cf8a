"""Tests of JSON."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flightlog.query import parse
from flightlog.query.expressions import Condition, Exact, Fragment, Part
from flightlog.query.operands import read_number
from flightlog.query.payloads import check_json, check_words
from support.queries import NUMBERS, READER

ORDER = (
    b'{"order": {"id": 7021, "total": 12.50, "paid": true, "note": null, "items": '
    b'[{"sku": "A-17", "n": 1e0}, {"sku": "b-2", "n": 30}]}, "a.b": {"": "x"}, "tags": ["new", ""],'
    b' "big": 123456789012345678901234567890, "name": "Stra\\u00dfe", "empty": {}}'
)


def matches(term: str, data: bytes = ORDER) -> bool:
    """Check a payload by one payload term."""
    condition = parse(term, READER)
    assert isinstance(condition, Condition)
    check = check_json(condition.test, condition.path, at_any_depth=condition.field == "any")
    return check(data)


@pytest.mark.parametrize(
    "term",
    [
        "output.order.id:7021",
        "output.order.id:7021.0",
        "output.order.total:12.5",
        "output.order.items.n:1",
        "output.order.items.n:1.0",
        "output.order.items[0].n:1",
        "output.order.items[].sku:a-17",
        "output.order.items.n:>=30",
        "output.order.paid:true",
        "output.order.note:null",
        "output.order.note:*",
        "output.empty:*",
        'output."a.b"."":x',
        "output.tags:new",
        'output.tags:""',
        "output.tags[0]:new",
        "output.big:123456789012345678901234567890",
        "output.name:STRASSE",
        "output:7021",
        "output:~17",
        "any.items.sku:(x,B-2)",
        "any.sku:A*",
        "any.n:0.5..1",
        "any:a-17",
        '{"sku": "A-17"}',
        '{"n": 1.0, "sku": "A-17"}',
        '"tags": ["new", ""]',
        '"total": 12.5',
    ],
)
def test_a_value_is_found(term: str) -> None:
    """Names lead through lists, numbers are compared by value, and case is ignored in values."""
    assert matches(term)


@pytest.mark.parametrize(
    "term",
    [
        'output.order.id:"7021"',
        "output.order.ID:7021",
        "output.id:7021",
        "output.order.items[1].sku:A-17",
        "output.order.items[2].sku:*",
        "output.order.missing:*",
        "output.order:7021",
        "output.paid:true",
        "output.order.paid:1",
        "output.big:123456789012345678901234567891",
        "output.big:1.2345678901234568e29",
        "any.n:>30",
        "any.sku:>100",
        "output.a.b:x",
        '{"sku": "A-17", "n": 30}',
        '"tags": ["new"]',
        '"id": "7021"',
    ],
)
def test_another_value_is_not_found(term: str) -> None:
    """A text is no number, a path begins at the root, and names are spelled exactly."""
    assert not matches(term)


def test_a_number_finds_texts_that_are_written_so() -> None:
    """Many systems write numbers as texts."""
    assert matches("any.id:7021", b'{"id": "7021"}')
    assert not matches("any.id:7021.0", b'{"id": "7021"}')
    assert matches("any.zip:null", b'{"zip": "NULL"}')


@given(NUMBERS, NUMBERS)
def test_numbers_are_equal_by_value(first: str, second: str) -> None:
    """`1`, `1.0` and `1e0` are equal, and so are `0` and `-0.0`."""
    check = check_json(Exact(first, is_literal=True), (), at_any_depth=False)
    assert check(second.encode()) == (read_number(first) == read_number(second))


@given(
    st.recursive(
        st.text(max_size=3),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=2), inner),
        max_leaves=5,
    ),
    st.text(min_size=1, max_size=2),
)
def test_skipping_by_bytes_changes_no_result(value: Any, text: str) -> None:
    """The quick search in the bytes never hides a match, however the payload is escaped."""
    plain = msgspec.json.encode(value)
    escaped = "".join(
        letter
        if letter.isascii()
        else "".join(f"\\u{unit:04x}" for unit in memoryview(letter.encode("utf-16-le")).cast("H"))
        for letter in plain.decode()
    ).encode()
    for test in (Exact(text), Part(text)):
        check = check_json(test, (), at_any_depth=False)
        assert check(plain) == check(escaped)
        words = check_words(test)
        assert words(plain) == words(escaped)


@pytest.mark.parametrize(
    ("text", "found"),
    [("a-17", True), ("sku", True), ("12.50", True), ("rder", False), ("true", True)],
)
def test_free_text_finds_words_in_names_and_values(text: str, *, found: bool) -> None:
    """A number is found as it is written."""
    assert check_words(Exact(text))(ORDER) is found


def test_a_fragment_that_is_no_finite_number_equals_nothing() -> None:
    """Numbers beyond every limit are compared to nothing."""
    huge = "1e99999999999999999999"
    check = check_json(Fragment(f'{{"n":{huge}}}'), (), at_any_depth=True)
    assert not check(b'{"n": 1e88888888888888888888}')
