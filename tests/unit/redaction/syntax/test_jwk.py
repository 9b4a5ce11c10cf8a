"""Values of the syntax `jwk`."""

from __future__ import annotations

import pytest

from flightlog.redaction.syntax import jwk
from support.syntaxes import EXAMPLES, check_example


@pytest.mark.parametrize(("text", "secret"), EXAMPLES["jwk"])
def test_an_example_loses_its_secret_and_nothing_else(text: str, secret: str) -> None:
    """The secret goes, the text around it stays; so it is within JSON."""
    check_example(text, secret)


def test_only_secret_members_are_read() -> None:
    """The modulus and the exponent of a private key are public."""
    text = b'{"kty":"RSA","n":"abcdefghij","d":"klmnopqrst"}'
    values = jwk.read(text, 2, len(text))
    assert [text[start:end] for start, end, _ in values] == [b"klmnopqrst"]
