"""Values of the syntax `network`."""

from __future__ import annotations

import pytest

from flightlog.redaction.syntax import network
from support.syntaxes import EXAMPLES, check_example


@pytest.mark.parametrize(("text", "secret"), EXAMPLES["network"])
def test_an_example_loses_its_secret_and_nothing_else(text: str, secret: str) -> None:
    """The secret goes, the text around it stays; so it is within JSON."""
    check_example(text, secret)


def test_the_secret_of_a_pgpass_line_is_its_last_part() -> None:
    """Host, port, database and user stay."""
    text = b"db:5432:app:bob:hunter2\n"
    values = network.read(text, 1, len(text))
    assert [text[start:end] for start, end, _ in values] == [b"hunter2"]
