"""The joined text of a stream, within a limit."""

from __future__ import annotations

import json
from typing import Any

import pytest

from flightlog.capture.stream_text import StreamText


def test_items_are_joined() -> None:
    """Texts and bytes are joined as they are; no item is an empty text."""
    text = StreamText(100)
    assert [text.add(item) for item in ("Hello, ", "", "world")] == [True] * 3
    assert (text.encode(None), text.kept, text.is_whole) == (b'"Hello, world"', 3, True)
    assert StreamText(100).encode(None) == b'""'


@pytest.mark.parametrize(
    ("first", "other"), [("a", b"b"), (b"a", "b"), ("a", 1), ("a", None), ("a", ["b"])]
)
def test_item_of_another_type_is_not_joined(first: Any, other: Any) -> None:
    """The item is refused, and the text before it stays."""
    text = StreamText(100)
    assert text.add(first)
    assert not text.add(other)
    assert text.kept == 1


def test_text_ends_at_the_limit() -> None:
    """Items beyond the limit are counted as not whole, and their text is cut."""
    text = StreamText(10)
    for _ in range(5):
        assert text.add("abcd")
    assert (text.kept, text.is_whole) == (2, False)
    assert json.loads(text.encode(None)) == "abcdabcdab"


def test_cut_is_where_it_is_allowed() -> None:
    """The place of the cut is chosen with the text beyond the limit in view."""
    text = StreamText(10)
    for _ in range(5):
        text.add("abcd")
    seen: list[str] = []

    def find_cut(whole: str, end: int) -> int:
        seen.append(whole)
        return min(end, 4)

    assert json.loads(text.encode(find_cut)) == "abcd"
    assert len(seen[0]) > 10


def test_bytes_are_cut_without_half_a_letter() -> None:
    """The cut in bytes is found in their text."""
    text = StreamText(3)
    text.add("äöü".encode())
    written = json.loads(text.encode(lambda whole, end: end))
    assert written["$flightlog"] == "bytes"
