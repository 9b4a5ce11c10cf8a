"""
The secret members of a JSON Web Key.

`k` of a symmetric key, `d` and the primes of a private key.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from flightlog.redaction.reading import BLANK, QUOTE, SURE, Value

EXAMPLES: Final = (
    ('{"kty": "oct", "k": "█", "alg": "HS256"}', "PARUxhZ1jR4fqQE34oxZQ72j9MTERRZM"),
    (
        '{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526i","d":"█"}',
        "870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4B",
    ),
    ('{"k":"█","kty":"oct"}', "PARUxhZ1jR4fqQE34oxZQ72j9MTERRZM"),
    ('{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmb"}', ""),
)
ANCHOR: Final = rb"kty\\*\"[ \t\r\n]*:"
BEGINS: Final = rb"kty\\{0,15}\""
_MEMBER: Final = re.compile(
    QUOTE
    + rb"(?:k|d|p|q|dp|dq|qi)"
    + QUOTE
    + BLANK
    + rb"{0,8}:"
    + BLANK
    + rb"{0,8}"
    + QUOTE
    + rb"(?P<value>[\w+/=-]{8,}+)"
)
_AROUND_BYTES: Final = 4096


def read(text: bytes, place: int, limit: int) -> Sequence[Value]:  # noqa: ARG001 - the members may stand in other strings
    """
    Find the secret members of the key whose type stands at a place.

    Args:
        text: The text.
        place: Where `kty` stands.
        limit: Where the text, or the string around it, ends.
    """
    first = max(text.rfind(b"{", max(0, place - _AROUND_BYTES), place), 0)
    last = text.find(b"}", place, place + _AROUND_BYTES)
    last = min(len(text), place + _AROUND_BYTES) if last < 0 else last
    return [(*found.span("value"), SURE) for found in _MEMBER.finditer(text, first, last)]
