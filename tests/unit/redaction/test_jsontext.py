"""JSON as text: what is valid, and where its strings stand."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flightlog.redaction.jsontext import NotJsonError, Strings, check, close, string_end

DEEP = 5_000


@pytest.mark.parametrize(
    "text",
    [
        b'{"a": [1, -2.5e3, true, null, "x"]}',
        b"1e400",
        b"[" * DEEP + b"]" * DEEP,
        b'{"a":' * DEEP + b"1e999" + b"}" * DEEP,
    ],
)
def test_json_is_valid_however_deep_or_large(text: bytes) -> None:
    """Deep JSON, and numbers outside of the decoder's range, are JSON."""
    check(text)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"[1",
        b"nothing",
        b'{"a" 1}',
        b"[" * DEEP + b"]" * (DEEP - 1),
        b"[" * DEEP + b"]" * DEEP + b"1",
        b"[" * DEEP + b'"a":1' + b"]" * DEEP,
        b"[" * DEEP + b"}" + b"]" * (DEEP - 1),
    ],
)
def test_other_texts_are_refused(text: bytes) -> None:
    """The error says nothing of the text."""
    with pytest.raises(NotJsonError):
        check(text)


@pytest.mark.parametrize(
    ("backslashes", "ends"), [(0, True), (1, False), (2, True), (3, False), (4, True)]
)
def test_string_ends_at_a_quote_that_is_not_escaped(backslashes: int, ends: bool) -> None:
    """A quote after an odd number of backslashes belongs to the string."""
    text = b"a" + b"\\" * backslashes + b'" b" c'
    first = 1 + backslashes
    assert string_end(text, 0, len(text)) == (first if ends else first + 3)


def test_string_without_an_end_ends_at_the_limit() -> None:
    """A quote beyond the limit is not seen."""
    assert string_end(b'no quote"', 0, 8) == 8


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=8), min_size=1, max_size=4))
def test_places_within_strings_are_found(value: dict[str, str]) -> None:
    """Exactly the characters between the quotes of a string are within it."""
    text = json.dumps(value, ensure_ascii=False).encode()
    inside, escaped, expected = False, False, []
    for byte in text:
        expected.append(inside)
        if escaped:
            escaped = False
        elif byte == ord("\\"):
            escaped = True
        elif byte == ord('"'):
            inside = not inside
    strings = Strings(text)
    places = [place for place in range(len(text)) if text[place] not in b'"\\']
    assert [strings.hold(place) for place in places] == [expected[place] for place in places]


def test_number_around_some_digits_is_whole() -> None:
    """Signs, fractions and exponents belong to a number."""
    text = b'{"n": -12.5e+30, "m": 1}'
    start, end = Strings(text).number_around(text.index(b"2"), text.index(b"2") + 1)
    assert text[start:end] == b"-12.5e+30"


def test_json_that_is_closed_at_any_token_is_json() -> None:
    """Wherever a value, or a member's name, starts or ends, the mark and the brackets fit."""
    text = json.dumps({"a": [1, "x", {"b": "]"}, [], {}], "c": '"', "d": None}, indent=1)
    places = [found.start() for found in re.finditer(r'(?<![\w\\])(?=["\[{]|\d|null)', text)]
    places += [found.end() for found in re.finditer(r"\d|null|[\]}]", text)]
    assert len(places) > 20
    strings = Strings(text.encode())
    for place in sorted(places):
        if strings.hold(place):
            continue
        closed = text[:place].encode() + close(text.encode(), place, b"mark")
        assert "mark" in json.dumps(json.loads(closed)) or place == len(text)
