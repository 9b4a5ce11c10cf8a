"""Hostile text costs time in proportion to its length, whatever it is made of."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from flightlog.redaction import RedactionRules, Redactor
from support import hostile

LENGTH = 4_000
WORST_GROWTH = 5.0
"""Of steps, for four times the length; quadratic work would make it 16."""

REDACTOR = Redactor(b"k" * 32, secrets=["aaaaaaaa", 's3cr"et/\\é'])
THOROUGH = Redactor(b"k" * 32, RedactionRules(except_paths=("input.**.x",)))


def steps(work: Callable[[], object]) -> int:
    """Count the calls, of Python's functions and of C's, that work takes."""
    count = 0

    def counted(_frame: FrameType, _event: str, _argument: Any) -> None:
        nonlocal count
        count += 1

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def grows(work: Callable[[str], object], make: Callable[[int], str]) -> float:
    """How many times as many steps four times the length takes, less what any text takes."""
    small, large = make(LENGTH), make(4 * LENGTH)
    # What is made with the first text is no part of the work.
    work(make(100))
    return steps(lambda: work(large)) / (steps(lambda: work(small)) + 100)


@pytest.mark.parametrize("kind", hostile.TEXTS)
def test_steps_grow_with_the_length_of_text(kind: str) -> None:
    """Text of one kind takes at most so many more steps as it is longer."""
    assert grows(REDACTOR.text, hostile.TEXTS[kind]) < WORST_GROWTH


@pytest.mark.parametrize("kind", hostile.TEXTS)
def test_steps_grow_with_the_length_of_text_in_payloads(kind: str) -> None:
    """The same holds for a string in a payload, with its escapes."""

    def work(text: str) -> object:
        return REDACTOR.payload(json.dumps({"password policy": text}).encode(), "input")

    assert grows(work, hostile.TEXTS[kind]) < WORST_GROWTH


@pytest.mark.parametrize("redactor", [REDACTOR, THOROUGH], ids=["short way", "long way"])
@pytest.mark.parametrize("kind", hostile.JSON)
def test_steps_grow_with_the_length_of_payloads(kind: str, redactor: Redactor) -> None:
    """The same holds for structure: depth, pairs within pairs, many secrets, many names."""

    def work(text: str) -> object:
        return redactor.payload(text.encode(), "input")

    assert grows(work, hostile.JSON[kind]) < WORST_GROWTH


@pytest.mark.parametrize("kind", [*hostile.TEXTS, *hostile.JSON])
def test_long_text_takes_no_more_than_moments(kind: str) -> None:
    """
    What patterns do within one step is linear too.

    So long a text takes a second at most, and would take hours if it weren't; the suite's time
    limit for a test is the guard.
    """
    make = (hostile.TEXTS | hostile.JSON)[kind]
    REDACTOR.text(make(100_000))
