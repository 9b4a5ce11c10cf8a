"""Values of the syntax `encoded`."""

from __future__ import annotations

import pytest

from flightlog.redaction.syntax import encoded
from support.syntaxes import EXAMPLES, check_example


@pytest.mark.parametrize(("text", "secret"), EXAMPLES["encoded"])
def test_an_example_loses_its_secret_and_nothing_else(text: str, secret: str) -> None:
    """The secret goes, the text around it stays; so it is within JSON."""
    check_example(text, secret)


def test_hexadecimal_digits_are_decoded() -> None:
    """JSON in hexadecimal digits is read to its last whole byte."""
    text = b'{"password":"x"}'.hex().encode() + b"7"
    found = encoded.read(text, 0, len(text))
    assert found is not None
    assert found.data == b'{"password":"x"}'


def test_damaged_data_is_empty() -> None:
    """Gzip that ends early holds nothing that can be read, and is passed as a whole."""
    found = encoded.read(b"H4sIAAAAAAAAA0000000", 0, 20)
    assert found is not None
    assert (found.start, found.end, found.data) == (0, 20, b"")
