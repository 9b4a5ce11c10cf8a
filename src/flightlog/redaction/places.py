"""
Secrets that are told by what stands around them: in URLs, private keys in PEM and of PuTTY.

Each function looks at one place where the scanner found a needle.
"""

from __future__ import annotations

import re
from typing import Final

from flightlog.redaction.formats import looks_chosen, looks_random
from flightlog.redaction.marking import MARK

_AUTHORITY: Final = re.compile(rb"[^/?#\s\"'<>`\\]*+")
_BEYOND: Final = re.compile(rb"[^\s\"'<>`\\]{0,256}+")
_PORT: Final = re.compile(rb"[0-9]{0,5}")
_LONG_USER: Final = 20
_FARTHEST_AT: Final = 4096
_NO_PASSWORDS: Final = frozenset({b"", b"x-oauth-basic", b"x"})

_PEM_BEGIN: Final = re.compile(rb"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_PUTTY_BEGIN: Final = re.compile(rb"Private-Lines: [0-9]{1,4}")
_PEM_BLANK: Final = re.compile(rb"(?:\s|\\+[nrt])*+")
_PEM_FILLING: Final = re.compile(rb"\s++|\\++[nrt]")

_QUERY_VALUE: Final = re.compile(rb"[\w.~%/+-]{16,}")


def may_have_credentials(json: bytes, place: int) -> bool:
    """
    Whether a URL may name a user, in text or in JSON whose escapes aren't undone.

    Args:
        json: The text.
        place: After the `://`.
    """
    at = json.find(b"@", place, place + _FARTHEST_AT)
    return at >= 0 and json.find(b'"', place, at) < 0 and json.find(b" ", place, at) < 0


def url_credentials(text: bytes, place: int) -> tuple[int, int] | None:
    """
    Find the password in a URL, or the token that stands for a user.

    Args:
        text: With its escapes undone.
        place: After the `://`.
    """
    authority = _AUTHORITY.match(text, place)
    end = authority.end() if authority else place
    at = text.rfind(b"@", place, end)
    if at < 0:
        at = _at_beyond(text, place, end)
        if at < 0:
            return None
    colon = text.find(b":", place, at)
    if colon < 0:
        user = text[place:at]
        secret = looks_random(user) or looks_chosen(user) or len(user) >= _LONG_USER
        return (place, at) if secret else None
    user, password = text[place:colon], text[colon + 1 : at]
    if MARK.fullmatch(password) or MARK.match(text, place):
        return None
    if password in _NO_PASSWORDS:
        return (place, colon) if user else None
    return (place, at) if looks_random(user) and b"-" not in user[:1] else (colon + 1, at)


def _at_beyond(text: bytes, place: int, end: int) -> int:
    # A password with a slash that nobody encoded ends the authority early: what stands after the
    # colon there is no port.
    colon = text.find(b":", place, end)
    if colon < 0 or _PORT.fullmatch(text, colon + 1, end) or text[end : end + 1] not in b"/?#":
        return -1
    if text.startswith(b"[REDACTED", place) or not text[end : end + 1]:
        return -1
    beyond = _BEYOND.match(text, end)
    return text.find(b"@", end, beyond.end()) if beyond else -1


def private_key(text: bytes, place: int) -> tuple[int, int, bytes] | None:
    """
    Find the private key of a PEM block or of PuTTY, to its end or, where it was cut, the text's.

    Args:
        text: With its escapes undone.
        place: Where `-----BEGIN` or `Private-Lines` stands.

    Returns:
        Where it starts and ends between the block's lines, and the key without its line ends.
    """
    begin = _PEM_BEGIN.match(text, place) or _PUTTY_BEGIN.match(text, place)
    if begin is None:
        return None
    blank = _PEM_BLANK.match(text, begin.end())
    start = blank.end() if blank else begin.end()
    if MARK.match(text, start):
        return None
    end = text.find(b"-----END" if begin.re is _PEM_BEGIN else b"Private-", start)
    end = len(text) if end < 0 else end
    key = _PEM_FILLING.sub(b"", text[start:end])
    if not key:
        return None
    while end > start and text[end - 1 : end].isspace():
        end -= 1
    return start, end, key


def query_secret(text: bytes, place: int) -> tuple[int, int] | None:
    """Find the value of a URL's `key=` or `code=`, where it looks random."""
    found = _QUERY_VALUE.match(text, place)
    return found.span() if found and looks_random(found[0][:_FARTHEST_AT]) else None
