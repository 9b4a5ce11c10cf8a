"""Values of the syntax `containers`."""

from __future__ import annotations

import pytest

from flightlog.redaction.budget import TooDenseError
from flightlog.redaction.names import Names
from flightlog.redaction.syntax import containers
from support.syntaxes import EXAMPLES, check_example


@pytest.mark.parametrize(("text", "secret"), EXAMPLES["containers"])
def test_an_example_loses_its_secret_and_nothing_else(text: str, secret: str) -> None:
    """The secret goes, the text around it stays; so it is within JSON."""
    check_example(text, secret)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (b'{"a": "x", "b": ["y", 12]}', [b"x", b"y", b"12"]),
        (b'{"status": "set", "value": "x"}', [b"x"]),
        (b"{'a': 'x'} 'y'", [b"x"]),
        (b"{}", []),
    ],
)
def test_values_of_a_container_are_listed(text: bytes, found: list[bytes]) -> None:
    """Members that describe the secret, and values behind the container, are left out."""
    values = containers.read(text, 0, len(text), Names().judge(b"secret"))
    assert [text[start:end] for start, end, _ in values][:-1] == found


def test_a_container_of_signs_is_too_dense() -> None:
    """A list of a hundred thousand signs is not read to its end."""
    text = b"[" * 200_000
    with pytest.raises(TooDenseError):
        containers.read(text, 0, len(text), Names().judge(b"secret"))
