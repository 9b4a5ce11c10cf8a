"""Texts of values, and texts that are too long."""

from __future__ import annotations

import json
from typing import Any

from flightlog.capture.encoding import encode_value

ROOM = 1_000_000


def encoded(value: object, limit_bytes: int = ROOM) -> Any:
    """Encode a value and read it back."""
    return json.loads(encode_value(value, limit_bytes))


def test_long_text_says_how_long_it_was() -> None:
    """A truncated text keeps its beginning and contains the length of the whole text."""
    found = encoded("word " * 1_000, 500)
    assert found["$flightlog"] == "truncated"
    assert found["size"] == 5_000
    assert len(found["value"]) > 400
    assert ("word " * 1_000).startswith(found["value"])


def test_no_word_is_cut_in_two() -> None:
    """A text is cut between words, because redaction can't recognize half of a secret."""
    for limit in range(200, 260):
        found = encoded("secret-word-of-some-length " * 50, limit)["value"]
        assert set(found.split()) == {"secret-word-of-some-length"}
