"""
The spans that are to be removed from one text.

Numbers in flat arrays, merged and cut at the end.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import Final

from flightlog.redaction.marking import MARK, Marker
from flightlog.redaction.strings import string_end

_WIDTH: Final = 3
_QUOTED: Final = 1 << 16


class Spans:
    """Collects spans; three numbers for each."""

    __slots__ = ("_in_order", "_last", "_numbers", "_sources")

    def __init__(self) -> None:
        self._numbers = array("q")
        self._sources: dict[str, int] = {}
        self._last = 0
        self._in_order = True

    def __bool__(self) -> bool:
        return bool(self._numbers)

    def add(self, start: int, end: int, source: str, *, quoted: bool = False) -> None:
        """
        Add a span.

        Args:
            start: Where it starts.
            end: Where it ends.
            source: The rule or recogniser that found it.
            quoted: Whether it is a number of JSON, whose mark needs quotes.
        """
        number = self._sources.get(source)
        if number is None:
            number = self._sources[source] = len(self._sources)
        if start < self._last:
            self._in_order = False
        self._last = start
        self._numbers.extend((start, end, number | _QUOTED if quoted else number))

    def drop_within(self, excepted: Iterable[tuple[int, int]]) -> None:
        """Drop the spans within given parts of the text, which are in order."""
        parts = list(excepted)
        starts = [start for start, _ in parts]
        kept = array("q")
        for at in range(0, len(self._numbers), _WIDTH):
            start, end = self._numbers[at], self._numbers[at + 1]
            part = bisect_right(starts, start) - 1
            if part < 0 or end > parts[part][1]:
                kept.extend(self._numbers[at : at + _WIDTH])
        self._numbers = kept

    def merged(self, text: bytes) -> Iterator[tuple[int, int, str, bool]]:
        """
        List the spans in order; spans that overlap are joined, and spans of marks are left out.

        Args:
            text: The text.

        Yields:
            Where a span starts and ends, its source, and whether its mark needs quotes.
        """
        marks = [mark.span() for mark in MARK.finditer(text)] if b"[REDACTED:" in text else []
        starts = [start for start, _ in marks]
        sources = list(self._sources)
        first = last = -1
        kind = 0
        for start, end, number in self._ordered():
            if start < last:
                last = max(last, end)
                kind &= number | ~_QUOTED
                continue
            if end <= start or (marks and _is_marked(start, end, marks, starts)):
                continue
            if last >= 0:
                yield first, last, sources[kind & ~_QUOTED], kind >= _QUOTED
            first, last, kind = start, end, number
        if last >= 0:
            yield first, last, sources[kind & ~_QUOTED], kind >= _QUOTED

    def _ordered(self) -> Iterable[tuple[int, int, int]]:
        numbers = iter(self._numbers)
        spans = zip(numbers, numbers, numbers, strict=True)
        # As objects only where the recognisers went back, which few texts make them do.
        return spans if self._in_order else sorted(spans)


def _is_marked(start: int, end: int, marks: list[tuple[int, int]], starts: list[int]) -> bool:
    mark = bisect_right(starts, start) - 1
    return mark >= 0 and end <= marks[mark][1]


def cut(text: bytes, spans: Spans, marker: Marker, *, is_json: bool) -> bytes:
    """
    Put marks in the place of spans.

    Args:
        text: The text.
        spans: What to remove.
        marker: Makes marks.
        is_json: Whether the text is JSON, whose escapes are undone before a secret is marked.
    """
    pieces = bytearray()
    end = 0
    for start, last, _, quoted in spans.merged(text):
        if is_json and not quoted:
            # Whatever a recogniser found, JSON stays JSON: a span ends with its string.
            last = string_end(text, start, last)  # noqa: PLW2901
        mark = marker.mark_written(text[start:last], is_json=is_json)
        pieces += text[end:start]
        pieces += b'"%b"' % mark if quoted else mark
        end = last
    if not end:
        return text
    pieces += text[end:]
    return bytes(pieces)
