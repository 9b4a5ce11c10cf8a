"""JSON as text: what is valid, and the parts that are excepted or match a pattern."""

from __future__ import annotations

import pytest

from flightlog.redaction.jsontext import NotJsonError, check, excepted, matches
from flightlog.redaction.paths import Paths
from flightlog.redaction.re2_patterns import Pattern

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
    ("path", "parts"),
    [
        ("output", [b'{"a": {"b": [1, "x"]}, "c": 2}']),
        ("output.a", [b'"a": {"b": [1, "x"]}']),
        ("output.a.b.1", [b'"x"']),
        ("output.*", [b'"a": {"b": [1, "x"]}', b'"c": 2']),
        ("output.none", []),
        ("input.a", []),
    ],
)
def test_excepted_parts_are_found(path: str, parts: list[bytes]) -> None:
    """A part begins with its name, or the comma before it, and ends with its value."""
    text = b'{"a": {"b": [1, "x"]}, "c": 2}'
    spans = excepted(text, Paths([path]), "output")
    assert [text[start:end].strip(b", ") for start, end in spans] == parts


def test_patterns_match_texts_names_and_numbers() -> None:
    """A match is found behind escapes and within JSON in a text; a number is matched whole."""
    text = rb'{"EMP-1": "a \u0045MP-2", "n": [1234], "inner": "{\"k\": \"EMP-3\"}"}'
    pattern = Pattern(b"EMP-[0-9]|23")
    found = [
        (text[start:end], quoted) for start, end, quoted in matches(text, pattern, is_json=True)
    ]
    assert found == [
        (b"EMP-1", False),
        (rb"\u0045MP-2", False),
        (b"1234", True),
        (b"EMP-3", False),
    ]
