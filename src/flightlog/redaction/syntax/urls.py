"""
Passwords and tokens in URLs.

DSNs: `postgres://bob:x@db`, `https://x@host`, `?key=x`, `bob:x@tcp(db)`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from flightlog.redaction.descriptions import is_constant
from flightlog.redaction.patterns import pattern
from flightlog.redaction.reading import SURE, Value
from flightlog.redaction.shapes import is_camel, looks_chosen, looks_random
from flightlog.redaction.spans import MARK

_SIGN: Final = rb":(?:\\{0,15}/){2}"
ANCHOR: Final = (
    rb":(?:\\*/){2}(?:[^\s\"'<>`/?#\\]*@|[^\s\"'<>`/?#\\@]*:[0-9]*[^\s\"'<>`/?#\\@0-9][^\s\"'<>`@]*@)"
    rb"|\w:[^\s:@/\"'\\]+@(?:tcp|udp|unix)\("
)
BEGINS: Final = _SIGN + rb"|\w:[^\s:@/\"'\\]{1,80}@(?:tcp|udp|unix)\("
_URL: Final = pattern(rb":?(?:\\{0,15}/){2}")
_DRIVER: Final = pattern(rb"\w:(?P<value>[^\s:@/\"'\\]{1,80})@(?:tcp|udp|unix)\(")
_QUERY: Final = pattern(rb"[?&;]\w{1,12}=(?P<value>[\w.~%/+=-]{16,4096})")
_AUTHORITY: Final = pattern(rb"(?:[^/?#\s\"'<>`\\]|\\{1,15}u(?!00[0-7])[0-9a-fA-F]{4})*+")
_BEYOND: Final = pattern(rb"(?:[^\s\"'<>`\\]|\\/){0,256}+")
_PORT: Final = pattern(rb"[0-9]{0,5}")
_LONG_USER: Final = 20
_NO_PASSWORDS: Final = frozenset({b"", b"x-oauth-basic", b"x"})


def read(text: bytes, place: int, limit: int) -> Sequence[Value]:
    """
    Find the password in a URL, or the token that stands for a user.

    Args:
        text: The text, its escapes not undone.
        place: Where to read.
        limit: Where the text, or the string of JSON around the place, ends.

    Returns:
        The value; none if nothing of that kind stands there.
    """
    driver = _DRIVER.match(text, place, limit)
    if driver is not None:
        return ((*driver.span("value"), SURE),)
    sign = _URL.match(text, place, limit)
    span = _credentials(text, sign.end(), limit) if sign else None
    return ((*span, SURE),) if span else ()


def _credentials(text: bytes, place: int, limit: int) -> tuple[int, int] | None:
    authority = _AUTHORITY.match(text, place, limit)
    end = authority.end() if authority else place
    at = text.rfind(b"@", place, end)
    at = _at_beyond(text, place, end, limit) if at < 0 else at
    if at < 0 or text.startswith(b"[REDACTED", place):
        return None
    colon = text.find(b":", place, at)
    if colon < 0:
        user = text[place:at]
        is_long = len(user) >= _LONG_USER and not is_camel(user)
        secret = looks_random(user) or looks_chosen(user) or is_long
        return (place, at) if secret else None
    user, password = text[place:colon], text[colon + 1 : at]
    if MARK.fullmatch(password) or is_constant(password):
        return None
    if password in _NO_PASSWORDS:
        return (place, colon) if user else None
    return (place, at) if looks_random(user) and b"-" not in user[:1] else (colon + 1, at)


def _at_beyond(text: bytes, place: int, end: int, limit: int) -> int:
    # A password with a slash that nobody encoded ends the authority early: a port doesn't stand
    # after the colon.
    colon = text.find(b":", place, end)
    if (
        colon < 0
        or _PORT.fullmatch(text, colon + 1, end)
        or text[end : end + 1] not in {b"/", b"?", b"#", b"\\"}
    ):
        return -1
    beyond = _BEYOND.match(text, end, limit)
    return text.find(b"@", end, beyond.end()) if beyond else -1
