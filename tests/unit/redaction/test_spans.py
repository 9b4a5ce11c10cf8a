"""Spans: kept in little memory, in order whatever order they come in, and cut out."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from flightlog.redaction.marking import Marker
from flightlog.redaction.spans import Spans, cut

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
    redacted = cut(text, spans, Marker(b"key"), is_json=False)
    kept = bytes(byte for at, byte in enumerate(text) if at not in removed)
    parts = redacted.split(b"[REDACTED:")
    assert b"".join([parts[0], *(part.partition(b"]")[2] for part in parts[1:])]) == kept
