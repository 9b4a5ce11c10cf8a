"""Each recogniser's table of examples: where secrets stand in its syntax, and where none do."""

from __future__ import annotations

import json
import pkgutil
from importlib import import_module

import pytest

import flightlog.redaction.syntax
from flightlog.redaction import Redactor
from support.blocks import with_blocks

REDACTOR = Redactor(b"k" * 32)
EXAMPLES = [
    pytest.param(text, secret, id=f"{module.name}: {text}")
    for module in pkgutil.iter_modules(flightlog.redaction.syntax.__path__)
    for text, secret in import_module(f"flightlog.redaction.syntax.{module.name}").EXAMPLES
]


@pytest.mark.parametrize(("text", "secret"), EXAMPLES)
def test_an_example_loses_its_secret_and_nothing_else(text: str, secret: str) -> None:
    """The secret goes, the text around it stays; so it is within JSON, and in JSON in text."""
    whole = text.replace("█", secret)
    expected = text if secret else whole
    assert with_blocks(REDACTOR.text(whole)) == expected
    payload = REDACTOR.payload(json.dumps({"m": whole}).encode(), "input")
    assert with_blocks(json.loads(payload)["m"]) == expected
