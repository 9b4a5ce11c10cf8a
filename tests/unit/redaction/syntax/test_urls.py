"""Values of the syntax `urls`."""

from __future__ import annotations

import pytest

from flightlog.redaction.syntax import urls
from support.syntaxes import EXAMPLES, check_example


@pytest.mark.parametrize(("text", "secret"), EXAMPLES["urls"])
def test_an_example_loses_its_secret_and_nothing_else(text: str, secret: str) -> None:
    """The secret goes, the text around it stays; so it is within JSON."""
    check_example(text, secret)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (b"://bob:x1@db/app", [b"x1"]),
        (b"://bob@db/app", []),
        (b"://db:5432/a@b", []),
        (b"://bob:x/1@db", [b"x/1"]),
    ],
)
def test_the_password_of_a_url_is_read(text: bytes, found: list[bytes]) -> None:
    """A user without a password, and a port, are no passwords."""
    values = urls.read(text, 0, len(text))
    assert [text[start:end] for start, end, _ in values] == found
