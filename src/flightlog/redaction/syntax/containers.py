"""Objects and lists of JSON, and of languages that write them alike, under a secret's name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Final

from flightlog.redaction.names import Name, Secrecy, normalised, words
from flightlog.redaction.reading import BLANK, INSIDE, INSIDE_NUMBER, Value

EXAMPLES: Final = (
    ('{"credentials": {"u": "█", "n": ["█"]}}', "bob7"),
    ('{"recovery_codes": ["█", "█"]}', "a1-b2"),
    ('{"b": "{\\"secret\\": {\\"a\\": \\"█\\"}}"}', "hunter2"),
    ("cookies={'sid': '█'}", "hunter2"),
    ('{"password": {"type": "string", "minLength": 8}}', ""),
    ('{"secretKeyRef": {"name": "db", "key": "password"}}', ""),
    ('{"authorization": {"status": "accepted"}}', ""),
    ('{"permissions": {"secrets": "read"}}', ""),
    ('{"password": ["This field is required."]}', ""),
)
_OPENING: Final = frozenset(b"{[(")
_FIRST_QUOTE: Final = re.compile(rb"(\\{0,15})[\"']")
_NUMBER: Final = re.compile(rb"-?[0-9][0-9.eE+-]*+")
_MARK_KEY: Final = b"$flightlog"
_LONGEST_KEY: Final = 32
_FIRST_QUOTE_BYTES: Final = 256


def read(text: bytes, place: int, limit: int, name: Name) -> Sequence[Value]:
    """
    Find the values in an object or a list.

    Args:
        text: The text.
        place: Where its bracket stands.
        limit: Where the text, or the string around it, ends.
        name: The name above it.

    Returns:
        The values under members that don't only describe the secret, and an empty one at the end.
    """
    if name.secrecy < Secrecy.WHOLE and text[place : place + 1] != b"[":
        return ()
    found: list[Value] = []
    depth, key, marked, end = 0, b"", False, limit
    for token in _tokens(_level(text, place, limit)).finditer(text, place, limit):
        kind = token.lastgroup or ""
        if kind == "bracket":
            opens = text[token.start()] in _OPENING
            depth += 1 if opens else -1
            key = key if opens else b""
        if kind == "end" or depth <= 0:
            end = token.end()
            break
        if kind.startswith("key"):
            key = token[kind]
            marked = marked or key == _MARK_KEY
        elif kind.startswith("text") and not _describes(key, marked=marked):
            found.append((*token.span(kind), INSIDE))
        elif (
            kind == "scalar"
            and not _describes(key, marked=marked)
            and _NUMBER.fullmatch(token[kind])
        ):
            found.append((*token.span(kind), INSIDE_NUMBER))
    return [*found, (end, end, INSIDE)]


def _level(text: bytes, place: int, limit: int) -> int:
    first = _FIRST_QUOTE.search(text, place, min(limit, place + _FIRST_QUOTE_BYTES))
    return len(first[1]) if first else 0


@cache
def _tokens(level: int) -> re.Pattern[bytes]:
    even, odd = rb"(?:\\{%d})*+" % (2 * level + 2), rb"\\{%d}" % (2 * level + 1)
    texts = []
    for number, quote in enumerate((b'"', b"'"), 1):
        inner = rb"(?:[^%b\\]++|\\++(?![%b\\])|%b%b%b)*+%b" % (quote, quote, even, odd, quote, even)
        mark = rb"\\{%d}%b" % (level, quote)
        after = BLANK + rb"{0,64}(?::|=>)"
        texts.append(mark + rb"(?P<key%d>%b)" % (number, inner) + mark + after)
        texts.append(mark + rb"(?P<text%d>%b)" % (number, inner) + rb"(?:" + mark + rb"|\Z)")
    return re.compile(
        rb"|".join(texts) + rb"|(?P<bracket>[{}\[\]()])|(?P<end>[\"'])"
        rb"|(?P<key3>[A-Za-z_$][\w$-]{0,63})[ \t]{0,8}[:=](?![:/=])"
        rb"|(?P<scalar>[^\s\"'{}\[\](),:\\]++)"
    )


def _describes(key: bytes, *, marked: bool) -> bool:
    """Check whether a member describes the secret above it, as `status` and `minLength` do."""
    if marked:
        return key != b"text"
    return 0 < len(key) <= _LONGEST_KEY and _describes_plainly(key)


@lru_cache(maxsize=4096)
def _describes_plainly(key: bytes) -> bool:
    parts = normalised(key.decode(errors="replace"))
    return bool(parts) and parts[-1] in words("harmless", "members")
