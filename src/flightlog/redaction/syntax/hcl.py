"""Values in blocks that a label names, as in HCL: `variable "db_password" { default = "x" }`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from flightlog.redaction import reading
from flightlog.redaction.reading import BLANK, QUOTE, QUOTED, Value

EXAMPLES: Final = (
    ('variable "db_password" {\n  default = "█"\n}', "hunter2"),
    ('variable "db_password" {\n  type = string\n  default = "█"\n}', "hunter2"),
    ('resource "x" "token" {\n  value = "█"\n}', "hunter2"),
    ('variable "db_password" {\n  type = string\n}', ""),
)
FOLLOWS: Final = rb"(?P<block>" + QUOTE + rb"[ \t]{0,8}\{)"
_DEFAULT: Final = re.compile(
    rb"[^{}]{0,400}?\b(?:default|value)"
    + BLANK
    + rb"{0,8}[=:]"
    + BLANK
    + rb"{0,8}(?="
    + QUOTE
    + rb")"
)


def read(text: bytes, place: int, limit: int) -> Sequence[Value]:
    """
    Find the default or the value in a block.

    Args:
        text: The text.
        place: After its opening brace.
        limit: Where the text, or the string around it, ends.
    """
    found = _DEFAULT.match(text, place, limit)
    span = reading.quoted(text, found.end(), limit) if found else None
    return ((span[0], span[1], QUOTED),) if span else ()
