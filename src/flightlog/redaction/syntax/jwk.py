"""
The secret members of a JSON Web Key.

`k` of a symmetric key, `d` and the primes of a private key.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from flightlog.redaction.patterns import pattern
from flightlog.redaction.reading import SURE, Value

ANCHOR: Final = rb"kty\\*\"[ \t\r\n]*:"
BEGINS: Final = rb"kty\\{0,15}\""
_MEMBER: Final = pattern(
    rb"(?&quote)(?:k|d|p|q|dp|dq|qi)(?&quote)(?&blank){0,8}:(?&blank){0,8}"
    rb"(?&quote)(?P<value>[\w+/=-]{8,}+)"
)
_AROUND_BYTES: Final = 4096


def read(text: bytes, place: int, limit: int) -> Sequence[Value]:  # noqa: ARG001 - the members may stand in other strings
    """Find the secret members of the key whose type stands at a place."""
    first = max(text.rfind(b"{", max(0, place - _AROUND_BYTES), place), 0)
    last = text.find(b"}", place, place + _AROUND_BYTES)
    last = min(len(text), place + _AROUND_BYTES) if last < 0 else last
    return [(*found.span("value"), SURE) for found in _MEMBER.finditer(text, first, last)]
