"""Values of the syntax `calls`."""

from __future__ import annotations

import pytest

from flightlog.redaction.names import Names
from flightlog.redaction.syntax import calls
from support.syntaxes import EXAMPLES, check_example


@pytest.mark.parametrize(("text", "secret"), EXAMPLES["calls"])
def test_an_example_loses_its_secret_and_nothing_else(text: str, secret: str) -> None:
    """The secret goes, the text around it stays; so it is within JSON."""
    check_example(text, secret)


def test_only_the_first_argument_is_read() -> None:
    """A second argument is no value of the name."""
    text = b"setPassword('ab', 'cd')"
    values = calls.read(text, 12, len(text), Names().judged(b"setPassword"))
    assert [text[start:end] for start, end, _ in values] == [b"ab"]


def test_a_call_without_a_quoted_argument_has_no_value() -> None:
    """A variable is no secret."""
    assert calls.read(b"setPassword(x)", 12, 14, Names().judged(b"setPassword")) == ()
