"""Values of the syntax `assignments`."""

from __future__ import annotations

import re

import pytest

from flightlog.redaction.names import Names
from flightlog.redaction.syntax import assignments
from support.syntaxes import EXAMPLES, check_example


@pytest.mark.parametrize(("text", "secret"), EXAMPLES["assignments"])
def test_an_example_loses_its_secret_and_nothing_else(text: str, secret: str) -> None:
    """The secret goes, the text around it stays; so it is within JSON."""
    check_example(text, secret)


def test_pieces_of_a_concatenation_are_read_one_by_one() -> None:
    """Each quoted part of a concatenation is a value."""
    text = b"password = 'ab' + 'cd'"
    found = re.compile(rb"(?P<quote>x)?(?P<sign>=)(?P<space> )").search(text)
    assert found is not None
    values = assignments.read(text, 0, found, len(text), Names().judged(b"password"))
    assert [text[start:end] for start, end, _ in values] == [b"ab", b"cd"]
