"""Values of the syntax `pem`."""

from __future__ import annotations

import pytest

from flightlog.redaction.reading import SURE
from flightlog.redaction.syntax import pem
from support.syntaxes import EXAMPLES, check_example


@pytest.mark.parametrize(("text", "secret"), EXAMPLES["pem"])
def test_an_example_loses_its_secret_and_nothing_else(text: str, secret: str) -> None:
    """The secret goes, the text around it stays; so it is within JSON."""
    check_example(text, secret)


def test_a_key_that_was_cut_reaches_to_the_limit() -> None:
    """Without a last line, all that follows is the key."""
    text = b"-----BEGIN PRIVATE KEY-----\nMIIabc"
    assert pem.read(text, 0, len(text)) == ((28, len(text), SURE),)


def test_a_certificate_is_no_key() -> None:
    """Certificates are public."""
    assert pem.read(b"-----BEGIN CERTIFICATE-----\nMIIabc", 0, 34) == ()
