"""Redaction of hostile text takes time in proportion to the text's length."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from flightlog.redaction import RedactionRules, Redactor
from support import hostile

# Tracing would take most of the time of these long texts.
pytestmark = pytest.mark.no_cover


LENGTH = 4_000
WORST_GROWTH = 6.0
"""The limit on the growth of steps for four times the length; quadratic work gives 16."""

REDACTOR = Redactor(b"k" * 32, secrets=["aaaaaaaa", 's3cr"et/\\é'])
THOROUGH = Redactor(b"k" * 32, RedactionRules(except_paths=("input.**.x",)))


def steps(work: Callable[[], object]) -> int:
    """Count the calls of Python functions and C functions that some work makes."""
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
    """Measure the growth of steps for four times the length, without the constant part."""
    small, large = make(LENGTH), make(4 * LENGTH)
    # The first text pays for one-time work, which doesn't count.
    work(make(100))
    return steps(lambda: work(large)) / (steps(lambda: work(small)) + 100)


@pytest.mark.parametrize("kind", hostile.TEXTS)
def test_steps_grow_with_the_length_of_text(kind: str) -> None:
    """The steps for one kind of text grow at most in proportion to its length."""
    assert grows(REDACTOR.text, hostile.TEXTS[kind]) < WORST_GROWTH


@pytest.mark.parametrize("kind", hostile.TEXTS)
def test_steps_grow_with_the_length_of_text_in_payloads(kind: str) -> None:
    """The steps for a string in a payload, with its escapes, grow in proportion to its length."""

    def work(text: str) -> object:
        return REDACTOR.payload(json.dumps({"password policy": text}).encode(), "input")

    assert grows(work, hostile.TEXTS[kind]) < WORST_GROWTH


@pytest.mark.parametrize("redactor", [REDACTOR, THOROUGH], ids=["short way", "long way"])
@pytest.mark.parametrize("kind", hostile.JSON)
def test_steps_grow_with_the_length_of_payloads(kind: str, redactor: Redactor) -> None:
    """The steps for structure grow in proportion: depth, nested pairs, many secrets, many names."""

    def work(text: str) -> object:
        return redactor.payload(text.encode(), "input")

    assert grows(work, hostile.JSON[kind]) < WORST_GROWTH


@pytest.mark.parametrize("kind", [*hostile.TEXTS, *hostile.JSON])
def test_long_text_takes_no_more_than_moments(kind: str) -> None:
    """
    The patterns take linear time within a step too.

    A text of this length takes at most a second, and quadratic work takes hours. The suite's time
    limit for a test is the check.
    """
    make = (hostile.TEXTS | hostile.JSON)[kind]
    REDACTOR.text(make(100_000))


@pytest.mark.parametrize(
    "kind", ["types of keys", "commands without a pipe", "cookies for a program"]
)
def test_longer_text_takes_no_more_than_moments(kind: str) -> None:
    """
    A pattern that reads on to the end of the text from each place would take minutes.

    The suite's time limit for a test is the check, as above.
    """
    REDACTOR.text(hostile.TEXTS[kind](1_000_000))
