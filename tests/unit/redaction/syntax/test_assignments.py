"""Values of the syntax `assignments`."""

from __future__ import annotations

import re

import pytest

from flightlog.redaction.names import Names
from flightlog.redaction.reading import SURE
from flightlog.redaction.syntax import assignments
from support.syntaxes import EXAMPLES, check_example

NAME = Names().judge(b"password")


@pytest.mark.parametrize(("text", "secret"), EXAMPLES["assignments"])
def test_an_example_loses_its_secret_and_nothing_else(text: str, secret: str) -> None:
    """The secret goes, the text around it stays; so it is within JSON."""
    check_example(text, secret)


def test_pieces_of_a_concatenation_are_read_one_by_one() -> None:
    """Each quoted part of a concatenation is a value."""
    text = b"password = 'ab' + 'cd'"
    found = re.compile(rb"(?P<quote>x)?(?P<sign>=)(?P<space> )").search(text)
    assert found is not None
    values = assignments.read(text, 0, found, len(text), Names().judge(b"password"))
    assert [text[start:end] for start, end, _ in values] == [b"ab", b"cd"]


def test_only_the_first_argument_is_read() -> None:
    """A second argument is no value of the name."""
    text = b"setPassword('ab', 'cd')"
    values = assignments.read_call(text, 12, len(text), Names().judge(b"setPassword"))
    assert [text[start:end] for start, end, _ in values] == [b"ab"]


def test_a_call_without_a_quoted_argument_has_no_value() -> None:
    """A variable is no secret."""
    assert assignments.read_call(b"setPassword(x)", 12, 14, Names().judge(b"setPassword")) == ()


def test_a_block_without_a_value_has_none() -> None:
    """A brace ends the search for a default."""
    text = b'variable "password" { type = string } default = "x"'
    assert assignments.read_block(text, 21, len(text)) == ()


def test_a_block_ends_with_its_indentation() -> None:
    """The lines of a block scalar are indented as its first line is."""
    text = b"key: |\n  one\n  two\nnext: x"
    assert assignments._below(text, 0, 5, len(text), NAME) == ((9, 18, SURE),)


def test_a_next_line_without_more_indentation_is_no_value() -> None:
    """A line that is indented as the name is begins another member."""
    text = b"  key:\n  abcdef\n"
    assert assignments._below(text, 2, 6, len(text), NAME) is None
