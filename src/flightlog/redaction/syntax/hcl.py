"""Values in blocks that a label names, as in HCL: `variable "db_password" { default = "x" }`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from flightlog.redaction import reading
from flightlog.redaction.patterns import pattern
from flightlog.redaction.reading import QUOTED, Value

FOLLOWS: Final = rb"(?P<block>(?&quote)[ \t]{0,8}\{)"
_DEFAULT: Final = pattern(
    rb"[^{}]{0,400}?\b(?:default|value)(?&blank){0,8}[=:](?&blank){0,8}(?=(?&quote))"
)


def read(text: bytes, place: int, limit: int) -> Sequence[Value]:
    """Find the default or the value in a block."""
    found = _DEFAULT.match(text, place, limit)
    span = reading.quoted(text, found.end(), limit) if found else None
    return ((span[0], span[1], QUOTED),) if span else ()
