"""Headers in lines: `Authorization: Bearer x`, cookies; and `Bearer x` or `Basic x` anywhere."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from typing import Final

from flightlog.redaction import reading
from flightlog.redaction.names import Name
from flightlog.redaction.patterns import pattern
from flightlog.redaction.reading import BARE, REST_OF_LINE, SURE, Value, judged_end
from flightlog.redaction.shapes import PLACEHOLDER, is_literal, looks_random, scheme_length
from flightlog.redaction.spans import MARK

ANCHOR: Final = (
    rb"(?i:(?:bearer|basic)(?:[ \t:]|%20|\\[nt])+(?:[\w.~+/%-]|\\/){8}|digest[ \t]+username=)"
)
BEGINS: Final = rb"(?i:bearer|basic|digest[ \t])"
_CREDENTIALS: Final = pattern(
    rb"(?i)(?P<kind>bearer|basic)(?:[ \t:]|%20|\\[nt])+(?P<value>(?:[\w.~+/-]"
    rb"|\\/|%[0-9a-f]{2})+=*)"
)
_DIGEST: Final = pattern(rb"(?i)digest[ \t]+")
_SHORTEST: Final = 8
_QUOTED_LINE: Final = pattern(rb"(?:[^\r\n\\]|\\{1,15}[\"']|\\{1,15}(?![nr\"'\\]))*+")


def rest_of_line(text: bytes, place: int, limit: int, quote: bytes, name: Name) -> Value | None:
    """
    Find a header's value in its line.

    Args:
        text: The text, its escapes not undone.
        place: Where the value starts.
        limit: Where the text, or the string of JSON around the place, ends.
        quote: The quote before the name, which ends the value; empty without one.
        name: The name, judged.

    Returns:
        The value; None when no header's value stands there.
    """
    ahead = text[place : min(limit, place + reading.JUDGED)]
    scheme = scheme_length(ahead)
    if scheme:
        return (place + scheme, judged_end(text, place + scheme, limit), BARE)
    if _DIGEST.match(ahead):
        place += len(b"Digest ")
        return (place, _line_end(_QUOTED_LINE, text, place, limit), SURE)
    has_members = b"cookie" in name.lower or b"authorization" in name.lower
    line = REST_OF_LINE.match(ahead)
    if line is None or not has_members or b"=" not in line[0]:
        return None
    closing = text.find(quote, place, limit) if quote else -1
    if closing < 0:
        return (place, _line_end(REST_OF_LINE, text, place, limit), SURE)
    # The pattern must see the quote, because it doesn't take the backslash of an escaped quote.
    return (place, min(_line_end(REST_OF_LINE, text, place, closing + 1), closing), SURE)


def _line_end(line: re.Pattern[bytes], text: bytes, place: int, limit: int) -> int:
    """
    Find where a line ends; `place` if its beginning says that it holds no secret.

    The rest of such a line isn't read, because each header in the line would read it again.
    """
    head = line.match(text, place, min(limit, place + reading.JUDGED))
    if head is None or MARK.match(head[0]) or PLACEHOLDER.match(head[0]) or is_literal(head[0]):
        return place
    found = line.match(text, head.end(), limit)
    return found.end() if found else head.end()


def read(text: bytes, place: int, limit: int) -> Sequence[Value]:
    """
    Find credentials after their scheme.

    Args:
        text: The text, its escapes not undone.
        place: Where to read.
        limit: Where the text, or the string of JSON around the place, ends.

    Returns:
        The value; none if nothing of that kind stands there.
    """
    digest = _DIGEST.match(text, place, limit)
    if digest is not None:
        line = _QUOTED_LINE.match(text, digest.end(), limit)
        return ((digest.end(), line.end(), SURE),) if line else ()
    found = _CREDENTIALS.match(text, place, limit)
    if found is None:
        return ()
    value = found["value"][:4096].replace(b"\\", b"")
    if found["kind"].lower() == b"basic" and not _is_basic(value):
        return ()
    return ((*found.span("value"), SURE),) if looks_random(value, _SHORTEST) else ()


def _is_basic(credentials: bytes) -> bool:
    digits = credentials.rstrip(b"=").replace(b"%3D", b"").replace(b"%3d", b"")
    try:
        decoded = base64.b64decode(digits[: len(digits) // 4 * 4], altchars=b"-_")
    except binascii.Error:
        return False
    return b":" in decoded or not decoded.isascii() or not decoded.isalpha()
