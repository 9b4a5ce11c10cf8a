"""Tests of texts."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from flightlog.query.expressions import AnyOf, Between, Exact, Part, Pattern, Test
from flightlog.query.texts import Way, check_text, find_spans


@pytest.mark.parametrize(
    ("way", "wanted", "text", "found"),
    [
        ("whole", "STRASSE", "Straße", True),
        ("whole", "cafe", "café", False),
        ("whole", "a", "ab", False),
        ("start", "0193A", "0193a7", True),
        ("start", "193", "0193a7", False),
        ("part", "timed OUT", "It timed out.", True),
        ("words", "out", "It timed out.", True),
        ("words", "time", "It timed out.", False),
        ("words", "ime", "time time ime", True),
        ("words", "jane@example.com", "<jane@example.com>", True),
        ("words", "A-17", "xA-17 A-17", True),
        ("words", "注文", "注文番号", True),
        ("words", "", "a", True),
    ],
)
def test_exact_text_depends_on_the_field(way: Way, wanted: str, text: str, *, found: bool) -> None:
    """Case is ignored and accents count; words end where letters and digits end."""
    assert check_text(Exact(wanted), way)(text) is found


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("*@example.com", "Jane@Example.com", True),
        ("a*c", "abc", True),
        ("a*a", "a", False),
        ("*a*b*", "xxaxbx", True),
        ("*b*a*", "a b", False),
        ("*ab*ab", "abab", True),
        ("*ab*bab", "abab", False),
        ("**", "", True),
    ],
)
def test_a_star_stands_for_any_text(pattern: str, text: str, *, found: bool) -> None:
    """The pattern covers the whole text."""
    assert check_text(Pattern(pattern), "part")(text) is found


def test_parts_lists_and_ranges() -> None:
    """The other tests are the same for every field."""
    assert check_text(Part("ESS"), "whole")("messages")
    assert check_text(AnyOf((Exact("a"), Exact("b"))), "whole")("B")
    assert not check_text(Between("a", "c", with_high=False), "whole")("C")
    assert check_text(Between("a", "c"), "whole")("C")


class CountedText(str):
    """A text that counts the searches in it."""

    __slots__ = ()
    searches: ClassVar[int] = 0

    def casefold(self) -> CountedText:
        """Return the text itself."""
        return self

    def find(self, *arguments: Any) -> int:
        """Search the text."""
        CountedText.searches += 1
        return super().find(*arguments)


def test_a_run_of_stars_is_one_search() -> None:
    """Thousands of stars in a pattern don't multiply the work for each value of a payload."""
    assert check_text(Pattern(f"b{'*' * 3_000}c*a"), "whole")(CountedText("b-c-a"))
    assert CountedText.searches == 1


@pytest.mark.parametrize(
    ("test", "way", "text", "parts"),
    [
        (Exact("out"), "words", "Out of time, timed out", ["Out", "out"]),
        (Exact("ss"), "part", "Straße, Gasse", ["ß", "ss"]),
        (Part("strasse"), "whole", "Die STRAßE", ["STRAßE"]),
        (Part("aa"), "whole", "aaa", ["aaa"]),
        (Exact("0193A"), "start", "0193a7", ["0193a"]),
        (Exact("0193a7"), "whole", "0193A7", ["0193A7"]),
        (Pattern("*@example.com"), "whole", "jane@example.com", ["jane@example.com"]),
        (AnyOf((Exact("a"), Part("b c"))), "words", "b c a", ["b c", "a"]),
        (Exact("time"), "words", "timed", []),
        (Exact(""), "part", "any", []),
    ],
)
def test_the_parts_that_a_test_means(test: Test, way: Way, text: str, parts: list[str]) -> None:
    """The parts are counted in the text as it is written, not as it is folded."""
    assert [text[start:end] for start, end in find_spans(test, way, text)] == parts
