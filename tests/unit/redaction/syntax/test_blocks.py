"""Values of the syntax `blocks`."""

from __future__ import annotations

import pytest

from flightlog.redaction.reading import SURE
from flightlog.redaction.syntax import blocks
from support.syntaxes import EXAMPLES, check_example


@pytest.mark.parametrize(("text", "secret"), EXAMPLES["blocks"])
def test_an_example_loses_its_secret_and_nothing_else(text: str, secret: str) -> None:
    """The secret goes, the text around it stays; so it is within JSON."""
    check_example(text, secret)


def test_a_block_ends_with_its_indentation() -> None:
    """The lines of a block scalar are indented as its first line is."""
    text = b"key: |\n  one\n  two\nnext: x"
    assert blocks.read(text, 0, 5, len(text)) == ((9, 18, SURE),)


def test_a_next_line_without_more_indentation_is_no_value() -> None:
    """A line that is indented as the name is begins another member."""
    text = b"  key:\n  abcdef\n"
    assert blocks.read(text, 2, 6, len(text)) is None
