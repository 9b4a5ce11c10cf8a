"""
Test texts: whole texts, words, parts, patterns and ranges.

Case is ignored in every script (Unicode case folding), and accents count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final, Literal, TypeAlias

from flightlog.query.expressions import AnyOf, Between, Exact, Part, Pattern, Test

Way: TypeAlias = Literal["words", "part", "whole", "start"]
"""How `Exact` tests a text: as whole words, as a part, as the whole, or as the beginning."""
TextCheck: TypeAlias = Callable[[str], bool]
Span: TypeAlias = tuple[int, int]
"""A part of a text: its start and its end, counted in characters from 0."""

_IDEOGRAPHS: Final = "\u2e80"
"""From here on, scripts don't separate words by blanks."""


def check_text(test: Test, way: Way) -> TextCheck:
    """
    Make a check of texts.

    Args:
        test: The test.
        way: How `Exact` tests.

    Returns:
        The check.
    """
    if isinstance(test, AnyOf):
        checks = [check_text(each, way) for each in test.tests]
        return lambda text: any(check(text) for check in checks)
    if isinstance(test, Exact):
        return _exact(test.text, way)
    if isinstance(test, Pattern):
        return _pattern(test.text)
    if isinstance(test, Between):
        return _between(test)
    assert isinstance(test, Part), "a fragment tests JSON"
    return _part(test.text)


def find_spans(test: Test, way: Way, text: str) -> tuple[Span, ...]:
    """
    Find the parts of a text that a test means.

    Args:
        test: The test.
        way: How `Exact` tests.
        text: The text.

    Returns:
        The parts in order; empty if the text doesn't match.
    """
    if isinstance(test, AnyOf):
        return join_spans(span for each in test.tests for span in find_spans(each, way, text))
    if isinstance(test, Exact) and way in {"words", "part"}:
        return _find(test.text, text, whole_words=way == "words")
    if isinstance(test, Part):
        return _find(test.text, text, whole_words=False)
    if not check_text(test, way)(text):
        return ()
    return ((0, len(test.text) if isinstance(test, Exact) and way == "start" else len(text)),)


def join_spans(spans: Iterable[Span]) -> tuple[Span, ...]:
    """
    Sort parts of a text, and join those that overlap.

    Args:
        spans: The parts.

    Returns:
        The parts in order.
    """
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start < joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], end)
        else:
            joined.append((start, end))
    return tuple(joined)


def _find(wanted: str, text: str, *, whole_words: bool) -> tuple[Span, ...]:
    folded, sought = text.casefold(), wanted.casefold()
    if sought not in folded:
        return ()
    found = _find_words(folded, sought) if whole_words else _find_parts(folded, sought)
    spans = [(place, place + len(sought)) for place in found if sought]
    if len(folded) == len(text):
        return join_spans(spans)
    # Folding writes some letters as several, e.g. `ß` as `ss`.
    places = [place for place, letter in enumerate(text) for _ in letter.casefold()]
    return join_spans((places[start], places[end - 1] + 1) for start, end in spans)


def _exact(text: str, way: Way) -> TextCheck:
    wanted = text.casefold()
    if way == "whole":
        return lambda text: text.casefold() == wanted
    if way == "start":
        return lambda text: text.casefold().startswith(wanted)
    if way == "part":
        return _part(text)
    # Most texts lack the words.
    return lambda text: wanted in (folded := text.casefold()) and _has_words(folded, wanted)


def _between(test: Between) -> TextCheck:
    low = None if test.low is None else test.low.casefold()
    high = None if test.high is None else test.high.casefold()

    def matches(text: str) -> bool:
        folded = text.casefold()
        if low is not None and not (folded > low or (test.with_low and folded == low)):
            return False
        return high is None or folded < high or (test.with_high and folded == high)

    return matches


def _pattern(pattern: str) -> TextCheck:
    first, *middle = pattern.casefold().split("*")
    last = middle.pop() if middle else None
    # Without empty pieces, a text takes no more steps than it has characters.
    middle = [piece for piece in middle if piece]

    def matches(text: str) -> bool:
        folded = text.casefold()
        if last is None:
            return folded == first
        if len(folded) < len(first) + len(last):
            return False
        if not (folded.startswith(first) and folded.endswith(last)):
            return False
        # The earliest place of each piece leaves the most text for the next piece.
        place, end = len(first), len(folded) - len(last)
        for piece in middle:
            place = folded.find(piece, place, end)
            if place < 0:
                return False
            place += len(piece)
        return True

    return matches


def _part(part: str) -> TextCheck:
    wanted = part.casefold()
    return lambda text: wanted in text.casefold()


def _has_words(text: str, words: str) -> bool:
    return next(_find_words(text, words), None) is not None


def _find_words(text: str, words: str) -> Iterator[int]:
    for place in _find_parts(text, words):
        if _is_edge(text, place) and _is_edge(text, place + len(words)):
            yield place


def _find_parts(text: str, part: str) -> Iterator[int]:
    place = text.find(part)
    while place >= 0:
        yield place
        place = text.find(part, place + 1)


def _is_edge(text: str, place: int) -> bool:
    if place in {0, len(text)}:
        return True
    before, after = text[place - 1], text[place]
    if not (before.isalnum() and after.isalnum()):
        return True
    return before >= _IDEOGRAPHS or after >= _IDEOGRAPHS
