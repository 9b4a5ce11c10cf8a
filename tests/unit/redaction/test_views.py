"""Secrets behind escapes are found in texts of any size, in windows that overlap."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flightlog.redaction import Redactor
from flightlog.redaction.views import hides, reveal, unescape, unwrap

REDACTOR = Redactor(b"k" * 32)
FILLING = "all is well here, and there; "
WINDOW_BYTES = 1 << 18


def long_text(escaped: str, characters: int) -> str:
    """Write a JSON string in which an escaped text stands at many places, with a number."""
    unit = FILLING * 40
    return '"' + "".join(f"{escaped}{at:07} {unit}" for at in range(characters // len(unit))) + '"'


def test_each_secret_behind_escapes_is_removed_from_large_text() -> None:
    """Windows overlap, so that no secret is lost where one ends."""
    text = long_text("\\u0070assword=hunter2x", 2 * WINDOW_BYTES)
    redacted = REDACTOR.payload(text.encode(), "input").decode()
    assert "hunter2x" not in redacted
    assert redacted.count("[REDACTED:") == text.count("hunter2x")
    assert json.loads(redacted).count(FILLING) == text.count(FILLING)


def test_secret_longer_than_a_window_is_removed_to_its_end() -> None:
    """A value that reaches a window's end goes on to the end of its string."""
    value = "q7" * WINDOW_BYTES
    text = '{"a":"\\u0070assword=b1","p\\u0061ssword":"' + value + '","c":"kept"}'
    redacted = json.loads(REDACTOR.payload(text.encode(), "input"))
    assert "q7q7" not in json.dumps(redacted)
    assert redacted["c"] == "kept"


def test_number_behind_escapes_in_a_later_window_stays_json() -> None:
    """A window that begins within a string knows that it does."""
    inside = "x" * 1000 + " "
    text = '{"a":"' + inside * 300 + '","p\\u0061ssword":123456789,"b":"' + inside + '"}'
    redacted = json.loads(REDACTOR.payload(text.encode(), "input"))
    assert redacted["password"].startswith("[REDACTED:")
    assert redacted["b"] == inside


@given(st.text(max_size=30))
def test_text_of_a_json_string_is_what_json_reads(text: str) -> None:
    """Escapes of JSON are undone, surrogate pairs too."""
    source = json.dumps(text)[1:-1].encode()
    assert unescape(source).text.decode("utf-8", "surrogatepass") == text


@pytest.mark.parametrize(
    "written",
    [
        rb"\u0070assword",
        b"%70assword",
        b"%2570assword",
        "ｐassword".encode(),
        "pass\u200bword".encode(),
        rb"p\u200bassword",
        rb"\x70assword",
    ],
)
def test_hidden_letters_are_shown(written: bytes) -> None:
    """The view has the plain word, and its span leads back to all of the source."""
    text = b"a " + written + b" b"
    view = reveal(text)
    assert view.text == b"a password b"
    start, end = view.source_span(2, 10)
    assert text[start:end] == written
    assert any(hides(text, place) for place in range(len(text)))


def test_entities_of_quotes_are_apostrophes() -> None:
    """A view has no quotes that end a string of JSON which its source does not end."""
    assert reveal(b"&quot;a&quot; &lt;b&gt; &amp;quot;").text == b"'a' <b> '"


def test_span_that_cuts_an_escape_has_the_whole_escape() -> None:
    """No half of an escape is left in the source."""
    source = rb"ab\ud83d\ude00cd"
    view = unescape(source)
    assert source[slice(*view.source_span(3, 5))] == rb"\ud83d\ude00"


def test_placeholder_of_a_text_is_its_text() -> None:
    """A name and its text are side by side; JSON without placeholders has no view."""
    text = b'{"password":{"$flightlog":"truncated","text":"hunter2","size":9000}}'
    view = unwrap(text)
    assert view is not None
    assert view.text == b'{"password":"hunter2"}'
    start = view.text.index(b"hunter2")
    assert text[slice(*view.source_span(start, start + 7))] == b"hunter2"
    assert unwrap(b'{"password":"hunter2"}') is None
