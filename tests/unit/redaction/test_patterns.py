"""Patterns that RE2 searches with."""

from __future__ import annotations

import os

import pytest

from flightlog.redaction.patterns import Pattern
from support.programs import run_program


def test_bytes_match_byte_by_byte() -> None:
    """A pattern of bytes matches within bytes that are no UTF-8."""
    assert Pattern(b"a.b").is_in(b"\xffa\xfeb")
    assert not Pattern("a.b").is_in(b"a\xfeb")


def test_all_matches_are_found_in_order() -> None:
    """Matches don't overlap."""
    assert [found.span() for found in Pattern("aa|b").find_all(b"aaab")] == [(0, 2), (3, 4)]


def test_a_matcher_answers_spans() -> None:
    """The spans of the match and its groups; -1 without a match or an anchored one."""
    pattern = Pattern(b"k=(v+)", captures=True)
    assert pattern.group_count == 1
    assert list(pattern.matcher(is_anchored=False)(b"x k=vv", 0, 6)) == [(2, 6), (4, 6)]
    assert pattern.matcher(is_anchored=True)(b"x k=vv", 0, 6)[0][0] == -1


def test_a_pattern_that_re2_refuses_says_why() -> None:
    """The message is RE2's."""
    with pytest.raises(ValueError, match="missing"):
        Pattern("(")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system can't fork")
def test_a_child_that_is_forked_during_a_search_can_search() -> None:
    """No mutex of RE2 is locked in the child."""
    run_program("redaction_searches_during_forks")


@pytest.mark.parametrize("place", [0, 1_020, 2_040, 2_046, 2_050, 6_140, 50_000])
def test_a_search_finds_a_match_across_windows(place: int) -> None:
    """A match is whole wherever it stands; one of more than 1,024 bytes may be cut."""
    search = Pattern(b"k=v+").searcher()
    text = b"k" * place + b"k=" + b"v" * 900 + b" "
    assert search(text, 0) == (place, place + 902)
    assert search(text, place + 1) == (-1, -1)
    start, end = search(text.replace(b" ", b"v" * 9_000), 0)
    assert start == place
    assert end - start >= 1_024
