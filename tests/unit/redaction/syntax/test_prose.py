"""Values of the syntax `prose`."""

from __future__ import annotations

import pytest

from flightlog.redaction.reading import JOINED
from flightlog.redaction.syntax import prose
from support.syntaxes import EXAMPLES, check_example


@pytest.mark.parametrize(("text", "secret"), EXAMPLES["prose"])
def test_an_example_loses_its_secret_and_nothing_else(text: str, secret: str) -> None:
    """The secret goes, the text around it stays; so it is within JSON."""
    check_example(text, secret)


def test_a_dash_joins_a_value_to_its_name() -> None:
    """The value ends with its word; a name before a placeholder is no value."""
    text = b"providerKEY-1f9a rest"
    assert prose.read_joined(text, 12, len(text)) == ((12, 16, JOINED),)
    assert prose.read_joined(b"secret-x1=[REDACTED:0123456789ab]", 7, 33) == ()
