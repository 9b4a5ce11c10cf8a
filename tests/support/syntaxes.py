"""The examples of redaction's syntaxes, and their check."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Final

import flightlog.redaction.syntax
from flightlog.redaction import Redactor
from support.blocks import with_blocks

SYNTAX: Final = Path(flightlog.redaction.syntax.__file__).parent
EXAMPLES: Final[dict[str, list[tuple[str, str]]]] = tomllib.loads(
    (SYNTAX / "examples.toml").read_text(encoding="utf-8")
)
_REDACTOR: Final = Redactor(b"k" * 32)


def check_example(text: str, secret: str) -> None:
    """
    Check that an example loses its secret and nothing else, also in JSON.

    Args:
        text: The text, in which █ stands for the secret.
        secret: The secret; the empty text if all of the text stays.
    """
    whole = text.replace("█", secret)
    expected = text if secret else whole
    assert with_blocks(_REDACTOR.text(whole)) == expected
    payload = _REDACTOR.payload(json.dumps({"m": whole}).encode(), "input")
    assert with_blocks(json.loads(payload)["m"]) == expected
