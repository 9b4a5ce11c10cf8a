"""Spans: kept in little memory, in order whatever order they come in, and cut out; and marks."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flightlog.redaction.spans import MARK, Marker, Spans, put_marks

MANY = 50_000


def test_many_spans_come_back_in_order() -> None:
    """Spans that come a little out of order, as those in objects, come back sorted and joined."""
    spans = Spans()
    for group in range(0, MANY, 10):
        for at in (*range(group, group + 10), group + 3, group + 5):
            spans.add(3 * at, 3 * at + 1, "json" if at % 2 else "table", quoted=at % 5 == 0)
    found = list(spans.merged(b"x" * 3 * MANY))
    assert found == [
        (3 * at, 3 * at + 1, "json" if at % 2 else "table", at % 5 == 0) for at in range(MANY)
    ]


def test_second_pass_over_many_spans_is_merged_with_the_first() -> None:
    """Spans of a second pass over the text, e.g. of known secrets, take their places."""
    spans = Spans()
    for offset in (0, 2):
        for at in range(MANY):
            spans.add(4 * at + offset, 4 * at + offset + 1, "pass")
    assert [span[0] for span in spans.merged(b"x" * 4 * MANY)] == list(range(0, 4 * MANY, 2))


def test_spans_within_excepted_parts_are_dropped_of_many() -> None:
    """Excepted parts keep their text; spans that only begin there stay."""
    spans = Spans()
    for at in range(MANY):
        spans.add(3 * at, 3 * at + 2, "json")
    spans.drop_within([(30, 3 * MANY - 31)])
    left = [start for start, *_ in spans.merged(b"x" * 3 * MANY)]
    assert left == [*range(0, 30, 3), *range(3 * MANY - 30, 3 * MANY, 3)]


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 9)), max_size=30))
def test_cut_removes_each_span_and_nothing_else(places: list[tuple[int, int]]) -> None:
    """Bytes outside of all spans stay, and each run of overlapping spans becomes one mark."""
    text = bytes(range(0x80, 0x80 + 70))
    spans = Spans()
    removed = set()
    for start, length in places:
        spans.add(start, start + length, "test")
        removed |= set(range(start, start + length))
    redacted = put_marks(text, spans, Marker(b"key"), is_json=False)
    kept = bytes(byte for at, byte in enumerate(text) if at not in removed)
    parts = redacted.split(b"[REDACTED:")
    assert b"".join([parts[0], *(part.partition(b"]")[2] for part in parts[1:])]) == kept


SECRET = 'pass "wörd"/x'


@pytest.mark.parametrize("key", [b"k" * 32, b"k" * 64, b"k" * 100, b""])
def test_mark_is_the_beginning_of_an_hmac(key: bytes) -> None:
    """The digest is HMAC-SHA256 with the key, whatever the key's length."""
    digest = hmac.new(key, SECRET.encode(), hashlib.sha256).hexdigest()
    mark = Marker(key).mark(SECRET.encode())
    assert mark == f"[REDACTED:{digest[:12]}]".encode()
    assert MARK.fullmatch(mark)


def test_equal_secrets_have_equal_marks_in_each_encoding() -> None:
    """Escapes of JSON and of URLs are undone before the secret is marked."""
    marker = Marker(b"k" * 32)
    expected = marker.mark(SECRET.encode())
    for ensure_ascii in (True, False):
        written = json.dumps(SECRET, ensure_ascii=ensure_ascii)[1:-1].encode()
        assert marker.mark_written(written, is_json=True) == expected
    assert marker.mark_written(b"pass%20%22w%C3%B6rd%22%2Fx", is_json=False) == expected


def test_backslashes_outside_of_json_are_no_escapes() -> None:
    """A text that is no JSON is marked as it is; invalid escapes are kept."""
    marker = Marker(b"k" * 32)
    assert marker.mark_written(rb"C:\new", is_json=False) == marker.mark(rb"C:\new")
    assert marker.mark_written(rb"C:\xyz", is_json=True) == marker.mark(rb"C:\xyz")


def test_marks_that_are_remembered_are_bounded() -> None:
    """Many secrets fill no memory, and marks stay the same."""
    marker = Marker(b"k" * 32)
    first = marker.mark_written(b"secret-0", is_json=False)
    for number in range(10_000):
        marker.mark_written(b"secret-%d" % number, is_json=False)
    assert len(marker.known) <= 4096
    assert marker.mark_written(b"secret-0", is_json=False) == first


@given(
    st.lists(st.lists(st.tuples(st.integers(0, 300), st.integers(1, 300)), min_size=1, max_size=9)),
    st.lists(st.tuples(st.integers(0, 3000), st.integers(1, 40)), max_size=4),
    st.booleans(),
)
def test_many_spans_at_once_are_as_many_spans(
    parts: list[list[tuple[int, int]]], others: list[tuple[int, int]], quoted: bool
) -> None:
    """Spans added at once are cut as the same spans added one by one, whatever touches them."""
    text = bytes(0x80 + at % 101 for at in range(6000))
    at_once, alone, place = Spans(), Spans(), 0
    for part in parts:
        befores, sizes = [before for before, _ in part], [size for _, size in part]
        at_once.add_many(place, befores, sizes, "test", quoted=quoted)
        for before, size in part:
            alone.add(place + before, place + before + size, "test", quoted=quoted)
            place += before + size
    for spans in (at_once, alone):
        for start, length in others:
            spans.add(start, start + length, "other")
    assert at_once.count == alone.count
    assert list(at_once.merged(text)) == list(alone.merged(text))
    marker = Marker(b"key")
    assert put_marks(text, at_once, marker, is_json=False) == put_marks(
        text, alone, marker, is_json=False
    )
