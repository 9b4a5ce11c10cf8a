"""Values of the syntax `keys`."""

from __future__ import annotations

import pytest

from flightlog.redaction.reading import SURE
from flightlog.redaction.syntax import keys
from support.syntaxes import EXAMPLES, check_example


@pytest.mark.parametrize(("text", "secret"), EXAMPLES["keys"])
def test_an_example_loses_its_secret_and_nothing_else(text: str, secret: str) -> None:
    """The secret goes, the text around it stays; so it is within JSON."""
    check_example(text, secret)


def test_a_key_that_was_cut_reaches_to_the_limit() -> None:
    """Without a last line, all that follows is the key."""
    text = b"-----BEGIN PRIVATE KEY-----\nMIIabc"
    assert keys.read(text, 0, len(text)) == ((28, len(text), SURE),)


def test_a_key_that_was_cut_reaches_to_the_next_block() -> None:
    """The block behind it is read by itself, so that many beginnings take linear time."""
    text = b"-----BEGIN PRIVATE KEY-----\nMIIabc\n-----BEGIN PRIVATE KEY-----\nMIIdef"
    assert keys.read(text, 0, len(text)) == ((28, 34, SURE),)
    assert keys.read(text, 35, len(text)) == ((63, len(text), SURE),)


def test_a_certificate_is_no_key() -> None:
    """Certificates are public."""
    assert keys.read(b"-----BEGIN CERTIFICATE-----\nMIIabc", 0, 34) == ()


def test_only_secret_members_are_read() -> None:
    """The modulus and the exponent of a private key are public."""
    text = b'{"kty":"RSA","n":"abcdefghij","d":"klmnopqrst"}'
    values = keys.read_jwk(text, 2, len(text))
    assert [text[start:end] for start, end, _ in values] == [b"klmnopqrst"]


def test_an_object_is_read_at_its_first_type() -> None:
    """A second type in one object is passed, and the next object is read by itself."""
    text = b'[{"kty":"oct","kty":"oct","k":"abcdefghij"},{"kty":"oct","k":"klmnopqrst"}]'
    second, third = text.rindex(b"kty", 0, 20), text.rindex(b"kty")
    assert [text[start:end] for start, end, _ in keys.read_jwk(text, 3, len(text))] == [
        b"abcdefghij"
    ]
    assert keys.read_jwk(text, second, len(text)) == ()
    assert len(keys.read_jwk(text, third, len(text))) == 1
