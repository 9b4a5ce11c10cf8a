"""
Private keys: in blocks, and the secret members of JSON Web Keys.

PEM, whole or cut, in text or as a list of lines; PGP, SSH2, PuTTY, OpenVPN; PEM in base64. Of a
JSON Web Key, `k` of a symmetric key, `d` and the primes of a private key.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from flightlog.redaction.patterns import pattern
from flightlog.redaction.reading import SURE, Value

ANCHOR: Final = (
    rb"---- ?BEGIN [A-Za-z0-9 ]*(?:PRIVATE KEY|Static key)|(?i:private-lines: [0-9])|LS0tLS1CRUdJTi"
)
BEGINS: Final = rb"-{4,5} ?BEGIN|(?i:private-lines)|LS0tLS1CRUdJTi"
_BEGIN: Final = pattern(
    rb"-{4,5} ?BEGIN [A-Za-z0-9 ]{0,40}(?:PRIVATE KEY|Static key)(?: BLOCK| V1)? ?-{0,5}"
    rb"|(?i:private-lines): [0-9]{1,4}"
)
_BASE64: Final = pattern(rb"LS0tLS1CRUdJTi(?!BDRVJUSUZJQ0FU|BQVUJMSUMg|BOR1cg)[A-Za-z0-9+/=]++")
_BLANK: Final = pattern(rb"(?:\s|\\+[nrt])*+")
_END: Final = pattern(rb"-{4,5} ?(?:END|BEGIN)|Private-(?!Lines)")
_TRAILING: Final = pattern(rb"(?:\s|\\{1,15}[nrt])+\Z")
_LINE: Final = pattern(
    rb"\\{0,15}[\"'](?P<end>\s*\])?[,+\s]{0,64}(?:\\{1,15}[nrt]|\s){0,64}\\{0,15}[\"']"
    rb"(?P<line>[A-Za-z0-9+/=:, -]{1,200})(?:\\{1,15}n)?(?=\\{0,15}[\"'])"
)
JWK_ANCHOR: Final = rb"kty\\*\"[ \t\r\n]*:"
JWK_BEGINS: Final = rb"kty\\{0,15}\""
_TYPE: Final = pattern(rb"kty\\{0,15}\"(?&blank){0,16}:")
_MEMBER: Final = pattern(
    rb"(?&quote)(?:k|d|p|q|dp|dq|qi)(?&quote)(?&blank){0,8}:(?&blank){0,8}"
    rb"(?&quote)(?P<value>[\w+/=-]{8,}+)"
)
_AROUND_BYTES: Final = 4096


def read(text: bytes, place: int, limit: int) -> Sequence[Value]:
    """
    Find the private key of a block, to its end or, where it was cut, the text's.

    Args:
        text: The text, its escapes not undone.
        place: Where to read.
        limit: Where the text, or the string of JSON around the place, ends.

    Returns:
        The key; its lines, if it is a list of lines.
    """
    encoded = _BASE64.match(text, place, limit)
    if encoded is not None:
        return ((*encoded.span(), SURE),)
    begin = _BEGIN.match(text, place, limit)
    if begin is None:
        return ()
    blank = _BLANK.match(text, begin.end(), limit)
    start = blank.end() if blank else begin.end()
    if text[start : start + 1] in {b'"', b"'"} or (
        text[start : start + 1] == b"\\" and text[start + 1 : start + 2] in {b'"', b"\\"}
    ):
        return _lines(text, start)
    found = _END.search(text, start, limit)
    end = found.start() if found else limit
    trailing = _TRAILING.search(text, max(start, end - 64), end)
    end = trailing.start() if trailing else end
    return ((start, end, SURE),) if end > start else ()


def _lines(text: bytes, place: int) -> Sequence[Value]:
    values: list[Value] = []
    while line := _LINE.match(text, place):
        if line["end"] is not None or line["line"].startswith(b"-"):
            break
        values.append((*line.span("line"), SURE))
        place = line.end()
    return values


def read_jwk(text: bytes, place: int, limit: int) -> Sequence[Value]:  # noqa: ARG001 - the members may stand in other strings
    """
    Find the secret members of the key whose type stands at a place.

    Args:
        text: The text, its escapes not undone.
        place: Where to read.
        limit: Where the text, or the string of JSON around the place, ends.

    Returns:
        The values of the members.
    """
    before = max(0, place - _AROUND_BYTES)
    opened = text.rfind(b"{", before, place)
    first = opened if opened >= 0 else before
    if _TYPE.search(text, first, place):
        # The members were read at the type before: else hostile text takes quadratic time.
        return ()
    last = text.find(b"}", place, place + _AROUND_BYTES)
    last = min(len(text), place + _AROUND_BYTES) if last < 0 else last
    return [(*found.span("value"), SURE) for found in _MEMBER.finditer(text, first, last)]
