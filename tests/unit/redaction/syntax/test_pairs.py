"""Values of the syntax `pairs`."""

from __future__ import annotations

import json

import pytest

from flightlog.redaction import Redactor
from flightlog.redaction.budget import Budget
from flightlog.redaction.names import Names
from flightlog.redaction.syntax import pairs
from support.syntaxes import EXAMPLES, check_example


@pytest.mark.parametrize(("text", "secret"), EXAMPLES["pairs"])
def test_an_example_loses_its_secret_and_nothing_else(text: str, secret: str) -> None:
    """The secret goes, the text around it stays; so it is within JSON."""
    check_example(text, secret)


@pytest.mark.parametrize(
    "text",
    [
        b'{"name": "password", "value": "x"}',
        b'{"value": "x", "name": "password"}',
        b'[["password", "x"]]',
        b'["--password", "x"]',
    ],
)
def test_the_value_beside_a_name_is_found(text: bytes) -> None:
    """The value stands before or behind the name, in an object or a list."""
    start = text.find(b"password")
    name = Names().judge(b"password")
    values = pairs.read(text, start, start + 8, start + 8, name, 0, Budget()) or pairs.read(
        text, start, start + 8, len(text), name, 0, Budget()
    )
    assert [text[first:last] for first, last, _ in values] == [b"x"]


@pytest.mark.parametrize("rest", ["null,12345678", "12345678,null", "1.5e9,true", '"x9K2mmQ7",1'])
def test_a_list_without_quotation_marks_stays_json(rest: str) -> None:
    """A value ends at its comma, so that a mark never stands for two members of a list."""
    for before in ('"[[\\"api_key"', '"4111111111111111|\\n[api_key"', '"(api_key"'):
        json.loads(Redactor(b"k" * 32).payload(f"[{before},{rest}]".encode(), "input"))
