"""
Find needles: texts that every matching execution has somewhere, so that bytes can rule others out.

A missing needle rules an execution out. Other executions are tested as usual.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from msgspec import Struct

from flightlog.query.expressions import (
    And,
    Condition,
    Exact,
    Expression,
    Part,
    Path,
    Pattern,
    Test,
)
from flightlog.query.operands import read_number

_PLAIN: Final = re.compile(r"[a-z0-9 @._+:=-]+")
"""Texts that JSON writes in one way, except for escapes of single characters (`\\u0041`)."""
_RUN: Final = re.compile(rb"[a-z0-9 @._+:=-]+")
"""The same characters. No needle has another one."""
_FEWEST_DIGITS: Final = 3
"""Fewer digits occur nearly everywhere."""
_FIELDS: Final = frozenset(("text", "any", "trigger", "input", "output", "logs"))


class Needles(Struct, frozen=True):
    """Texts in lower case that each matching payload, or execution, has."""

    texts: tuple[str, ...] = ()
    """The texts; each is ASCII."""
    digits: tuple[str, ...] = ()
    """Digits that are there side by side once the points are left out, as a number's are."""

    def __bool__(self) -> bool:
        """Return whether there are any."""
        return bool(self.texts or self.digits)

    def __add__(self, other: Needles) -> Needles:
        """Return the needles of both."""
        return Needles(
            tuple(dict.fromkeys(self.texts + other.texts)),
            tuple(dict.fromkeys(self.digits + other.digits)),
        )

    def may_match(self, data: bytes) -> bool:
        """
        Search JSON or other text for the needles.

        Args:
            data: JSON as UTF-8, or several such texts.

        Returns:
            False if a needle is missing, so that no value matches.
        """
        if not self:
            return True
        folded = fold(data)
        return folded is None or self.are_in(folded)

    def are_in(self, folded: bytes) -> bool:
        """
        Search text in folded case for the needles.

        Args:
            folded: The text, as `fold` or `list_runs` makes it.

        Returns:
            Whether all needles are there.
        """
        for text in self.texts:
            if text.encode() not in folded:
                return False
        if not self.digits:
            return True
        joined = folded.replace(b".", b"")
        return all(digits.encode() in joined for digits in self.digits)


def fold(data: bytes) -> bytes | None:
    """
    Fold the case of JSON or other text, so that needles can be searched in it.

    Args:
        data: JSON as UTF-8, or several such texts.

    Returns:
        The text; None if an escape can stand for a character of a needle.
    """
    if b"\\" in data and b"\\u" in data:
        return None
    if data.isascii():
        return data.lower()
    # Folding makes ASCII of some other letters: `ſ` becomes `s`.
    return data.decode(errors="replace").casefold().encode(errors="replace")


def list_runs(folded: bytes) -> bytes:
    """
    List the distinct parts of a text in which a needle can be.

    Args:
        folded: The text, in folded case.

    Returns:
        The parts, one in a line. A needle is in the text if it is in the result.
    """
    return b"\n".join(set(_RUN.findall(folded)))


def find_needles(expression: Expression) -> Needles:
    """
    Find what each execution that an expression chooses has in its payloads, names, errors or tags.

    Args:
        expression: The expression.

    Returns:
        The needles; none if the expression requires no text.
    """
    if isinstance(expression, Condition):
        if expression.field not in _FIELDS:
            return Needles()
        return find_test_needles(
            expression.test, expression.path, is_text=expression.field == "text"
        )
    if isinstance(expression, And):
        return sum(map(find_needles, expression.terms), Needles())
    return Needles()


@lru_cache(maxsize=256)
def find_test_needles(test: Test, path: Path, *, is_text: bool) -> Needles:
    """
    Find what each payload has in which a value passes a test.

    Args:
        test: The test.
        path: The place of the value.
        is_text: Whether numbers are compared as texts, too.

    Returns:
        The needles.
    """
    texts = [step for step in path if isinstance(step, str)]
    digits: tuple[str, ...] = ()
    if isinstance(test, Exact) and test.is_literal and not is_text:
        number = read_number(test.text)
        if number is not None:
            # 12.50, 1.25e1 and 1250e-2 have the digits 125 in common.
            shown = "".join(map(str, number.as_tuple().digits)).strip("0")
            digits = (shown,) if len(shown) >= _FEWEST_DIGITS else ()
        else:
            texts.append(test.text)
    elif isinstance(test, Exact | Part):
        texts.append(test.text)
    elif isinstance(test, Pattern):
        texts += test.text.split("*")
    folded = (text.lower() for text in texts)
    return Needles(tuple(text for text in folded if _PLAIN.fullmatch(text)), digits)
