from __future__ import annotations

import json
from html import unescape
from re import sub

import pytest
from hypothesis import given

from flightlog.share.values import PAYLOAD_CHARACTERS, Space, show_payload, show_text
from support.strategies import json_values


def read(payload: object, page: Space | None = None) -> str:
    """Return the text of a shown payload, without tags."""
    data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return unescape(sub("<[^>]*>", "", show_payload(data, page or Space())))


@pytest.mark.parametrize("number", ["12345678901234567890123", "-0.0", "1e-300", "1.50"])
def test_numbers_are_shown_as_they_were_written(number: str) -> None:
    """No number passes through a float."""
    assert number in read(f'{{"a": {number}}}'.encode())
    assert number in read(f"[{number}]".encode())


def test_repeated_names_and_nested_containers_are_shown() -> None:
    """Every member of an object is shown, in order, also of a repeated name."""
    assert read(b'{"a":1,"a":{"b":[true,null]}}') == "{2}a 1a {1}b [2] true, null"


def test_redactions_and_marks_do_not_look_like_data() -> None:
    """A removed secret and a placeholder are in an element of their own."""
    shown = show_payload(
        b'{"token":"[REDACTED:9f2c]","at":{"$flightlog":"datetime","value":"x"}}', Space()
    )
    assert "<mark>[REDACTED:9f2c]</mark>" in shown
    assert "<mark>datetime</mark>" in shown
    assert "$flightlog" not in shown


def test_a_large_payload_is_cut_with_a_count() -> None:
    """The values that are left out are counted, and the markup stays within its limit."""
    rows = [{"number": number, "text": "x" * 100} for number in range(20_000)]
    shown = show_payload(json.dumps(rows).encode(), Space())
    assert len(shown) < 3 * PAYLOAD_CHARACTERS
    assert "more, not in this file" in shown
    page = Space(1_000)
    assert "values more, not in this file" in read(list(range(10_000)), page)
    assert page.left < 1_000
    assert "characters more" in show_text("x" * 5_000, Space(100))


def test_deep_and_broken_payloads_are_shown_as_text() -> None:
    """A payload of 900 levels and a text that is no JSON raise nothing."""
    deep = b"[" * 900 + b'{"a":"b"}' + b"]" * 900
    assert '{"a": "b"}' in read(deep)
    assert read(b"{not json") == '"{not json"'
    assert r"\ud800" in read(b'"\\ud800"')


@given(json_values)
def test_every_text_of_a_payload_is_on_the_page(payload: object) -> None:
    """All texts of any JSON are shown, and no other angle brackets than those of elements."""
    shown = show_payload(json.dumps(payload).encode(), Space())
    tags = "details|summary|div|span|pre|mark"
    assert "<" not in sub(rf"</?(?:{tags})(?: class=\"[a-z]+\")?(?: open)?>", "", shown)
