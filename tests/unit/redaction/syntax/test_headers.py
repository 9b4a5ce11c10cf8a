"""Values of the syntax `headers`."""

from __future__ import annotations

import pytest

from flightlog.redaction.reading import SURE
from flightlog.redaction.syntax import headers
from support.syntaxes import EXAMPLES, check_example


@pytest.mark.parametrize(("text", "secret"), EXAMPLES["headers"])
def test_an_example_loses_its_secret_and_nothing_else(text: str, secret: str) -> None:
    """The secret goes, the text around it stays; so it is within JSON."""
    check_example(text, secret)


def test_a_word_after_basic_is_no_credential() -> None:
    """Only base64 of a name and a password counts after Basic."""
    assert headers.read(b"basic knowledge", 0, 15) == ()
    text = b"Basic Ym9iOmh1bnRlcjI="
    assert headers.read(text, 0, len(text)) == ((6, len(text), SURE),)
