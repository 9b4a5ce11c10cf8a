"""Values of the syntax `markup`."""

from __future__ import annotations

import pytest

from flightlog.redaction.syntax import markup
from support.syntaxes import EXAMPLES, check_example


@pytest.mark.parametrize(("text", "secret"), EXAMPLES["markup"])
def test_an_example_loses_its_secret_and_nothing_else(text: str, secret: str) -> None:
    """The secret goes, the text around it stays; so it is within JSON."""
    check_example(text, secret)


@pytest.mark.parametrize(
    ("text", "name", "found"),
    [
        (b"<password>x</password>", b"password", [b"x"]),
        (b"<password a='b'><![CDATA[x]]></password>", b"password", [b"x"]),
        (b"<password/>", b"password", []),
    ],
)
def test_content_of_an_element_is_read(text: bytes, name: bytes, found: list[bytes]) -> None:
    """Attributes and CDATA belong to the element, not to its content."""
    end = text.find(name) + len(name)
    values = markup.read_element(text, end, len(text))
    assert [text[start:stop] for start, stop, _ in values] == found
