"""Values of the syntax `hcl`."""

from __future__ import annotations

import pytest

from flightlog.redaction.syntax import hcl
from support.syntaxes import EXAMPLES, check_example


@pytest.mark.parametrize(("text", "secret"), EXAMPLES["hcl"])
def test_an_example_loses_its_secret_and_nothing_else(text: str, secret: str) -> None:
    """The secret goes, the text around it stays; so it is within JSON."""
    check_example(text, secret)


def test_a_block_without_a_value_has_none() -> None:
    """A brace ends the search for a default."""
    text = b'variable "password" { type = string } default = "x"'
    assert hcl.read(text, 21, len(text)) == ()
