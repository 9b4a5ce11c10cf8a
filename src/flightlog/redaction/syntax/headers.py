"""Headers in lines: `Authorization: Bearer x`, cookies; and `Bearer x` or `Basic x` anywhere."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from typing import Final

from flightlog.redaction import reading
from flightlog.redaction.names import Name
from flightlog.redaction.reading import BARE, REST_OF_LINE, SURE, Value, judged_end
from flightlog.redaction.schemes import scheme_length
from flightlog.redaction.shapes import looks_random

EXAMPLES: Final = (
    ("Authorization: Bearer █\r\nHost: a", "hunter2hunter2"),
    ("Cookie: █\r\nHost: a", "a=1; sid=2"),
    ("Set-Cookie: █", "connect.sid=s%3AVhiJH6; Path=/; HttpOnly"),
    ("Authorization: Digest █", 'username="bob", response="9bf5777f21854700d1b741d3672fda7f"'),
    ("the client sent Bearer █ twice", "q7f3k9x2m5v8"),
    ("Basic █", "Ym9iOmh1bnRlcjI="),
    ("x=Bearer%20█", "q7f3k9x2m5v8"),
    ("Basic authentication is not supported", ""),
    ("Bearer of bad news", ""),
    ("Authorization: missing header", ""),
)
ANCHOR: Final = rb"(?i:(?:bearer|basic)(?:[ \t:]|%20|\\[nt])+[\w.~+/%-]|digest[ \t]+username=)"
BEGINS: Final = rb"(?i:bearer|basic|digest[ \t])"
_HEADER: Final = re.compile(
    rb"(?i)(?:.*[.\"'])?(?:proxy-|x-)*(?:authorization|cookie|set-cookie2?|(?:x|api)-[\w-]+|[\w-]+-(?:token|key|secret|auth))"
)
_CREDENTIALS: Final = re.compile(
    rb"(?i)(?P<kind>bearer|basic)(?:[ \t:]|%20|\\[nt])+(?P<value>(?:[\w.~+/-]|\\/|%[0-9a-f]{2})+=*)"
)
_DIGEST: Final = re.compile(rb"(?i)digest[ \t]+")
_SHORTEST: Final = 8
_QUOTED_LINE: Final = re.compile(rb"(?:[^\r\n\\]|\\{1,15}[\"']|\\{1,15}(?![nr\"'\\]))*+")


def rest_of_line(text: bytes, place: int, limit: int, quote: bytes, name: Name) -> Value | None:
    """
    Find a header's value in its line.

    Args:
        text: The text.
        place: After the colon.
        limit: Where the text, or the string around it, ends.
        quote: The quote before the name, and so after the value.
        name: The header's name.

    Returns:
        The value; None when no header's value stands there.
    """
    ahead = text[place : min(limit, place + reading.JUDGED)]
    scheme = scheme_length(ahead)
    if scheme:
        return (place + scheme, judged_end(text, place + scheme, limit), BARE)
    if _DIGEST.match(ahead):
        found = _QUOTED_LINE.match(text, place + len(b"Digest "), limit)
        return (place + len(b"Digest "), found.end(), SURE) if found else None
    has_members = b"cookie" in name.lower or b"authorization" in name.lower
    line = REST_OF_LINE.match(ahead)
    if line is None or not has_members or b"=" not in line[0]:
        return None
    rest = REST_OF_LINE.match(text, place, limit)
    end = rest.end() if rest else place
    closing = text.find(quote, place, end) if quote else -1
    return (place, end if closing < 0 else closing, SURE)


def read(text: bytes, place: int, limit: int) -> Sequence[Value]:
    """
    Find credentials after their scheme.

    Args:
        text: The text.
        place: Where the scheme stands.
        limit: Where the text, or the string around it, ends.
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
