"""
Values in sentences.

After options: `the password is x`, `API key provided: 'x'`, `--token x`, `providerKEY-x`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Final

from flightlog.redaction import reading
from flightlog.redaction.names import Name, Secrecy, read_words
from flightlog.redaction.patterns import pattern
from flightlog.redaction.reading import JOINED, QUOTED, SURE, VERB, WORD, Value
from flightlog.redaction.shapes import looks_random
from flightlog.redaction.spans import MARK


def _any_of(key: str) -> bytes:
    """Write the pattern of a list of words, raw and escaped for JSON."""
    raw = sorted(read_words("prose", key))
    escaped = {json.dumps(word)[1:-1].replace("\\", r"\\{1,15}") for word in raw}
    return "|".join([*raw, *sorted(escaped.difference(raw))]).encode()


VERBS: Final = _any_of("verbs")
PREPOSITIONS: Final = _any_of("prepositions")
PARTICLES: Final = _any_of("particles")
TYPES: Final = rb"[*&]?(?:[sS]tring|str|n?(?:var)?char|text|\[\]byte)"
FOLLOWS: Final = (
    rb"(?P<particle>(?:" + PARTICLES + rb")[ \t:]{0,4})"
    rb"|(?P<phrase>[ \t]{1,4}(?:" + PREPOSITIONS + rb")(?:[ \t][^\s\"'\\:]{1,40}){1,3}:[ \t]{1,4})"
    rb"|(?P<verb>[ \t]{1,4}(?:(?:" + PREPOSITIONS + rb"|provided|given)"
    rb"(?:[ \t][^\s\"'\\]{1,40}){1,3}[ \t]|provided|given|used)?[ \t]{0,2}(?:" + VERBS + rb"|:)"
    rb"[ \t:]{1,4})|(?P<words>[ \t]{1,8})"
)
ANCHOR: Final = (
    rb"(?i:secret|token|key|private|access)[A-Za-z]*-+[A-Za-z0-9+/_-]*[0-9]|(?:[\s\"']"
    rb"|\\n)--?[A-Za-z][\w.-]*[ \"'\\,=]"
)
JOINS: Final = rb"(?i:secret|token|key|private|access)[A-Za-z]{0,8}-{1,3}(?=[A-Za-z0-9+/])"
_SHORTEST_QUOTED: Final = 8
_TYPED: Final = pattern(
    rb"[0-9] (?P<value>(?=[^\s]*[0-9A-Z$])[^\s\"'\\,;]{6,}+)(?=[ \t]*(?:[\r\n\"\\]|\Z))"
)
"""A secret of Cisco's: after a digit for its kind, at the end of a line."""
_DECLARED: Final = pattern(
    rb"(?&types)(?:\([0-9]{1,5}\))?[ \t]{0,4}:?=[ \t]{0,4}"
    rb"(?=[NbBrRuUfF@$]?(?&quote))",
    types=TYPES,
)
"""The type behind a name, as in Go and SQL: `var dbPass string = "x"`."""
_ASCII: Final = pattern(rb"[!#-&(-\[\]-~]+")
_MARKED: Final = pattern(rb"[\s:=\"'\\]{0,8}\[REDACTED:")
_JOINED: Final = pattern(rb"[A-Za-z0-9_.~+/=-]++")


def read(
    text: bytes, start: int, found: re.Match[bytes], limit: int, name: Name
) -> Sequence[Value]:
    """
    Find the value after a name in a sentence or a command.

    Args:
        text: The text, its escapes not undone.
        start: Where the name starts.
        found: What stands between the name and the value, as `FOLLOWS` found it.
        limit: Where the text, or the string of JSON around the place, ends.
        name: The name, judged.

    Returns:
        The value; none if nothing of that kind stands there.
    """
    place = found.end()
    typed = _TYPED.match(text, place, limit)
    if typed is not None and name.secrecy >= Secrecy.TEXT:
        return ((*typed.span("value"), SURE),)
    is_variable = text[start - 1 : start] == b"$" or b"$" in name.text
    is_end = found.lastgroup == "words" and reading.closes_text(text, start, place)
    if is_variable or is_end or MARK.match(text, place):
        return ()
    if found.lastgroup == "particle":
        # Further words of the sentence follow without a space.
        ascii_only = _ASCII.match(text, place, limit)
        return ((*ascii_only.span(), WORD),) if ascii_only else ()
    declared = _DECLARED.match(text, place, limit)
    if declared is not None and (span := reading.quoted(text, declared.end(), limit)):
        return ((span[0], span[1], QUOTED),)
    how = VERB if found.lastgroup == "verb" else WORD
    before = text[max(0, start - 2) : start]
    option = text[start : start + 1] == b"-" or before.endswith((b"--", b" -"))
    span = reading.quoted(text, place, limit)
    if span is None:
        end = reading.judged_end(text, place, limit)
        how = SURE if option and name.secrecy >= Secrecy.TEXT else how
        return ((place, end, how),) if end > place and text[place : place + 1] != b"-" else ()
    quoted = text[span[0] : min(span[1], span[0] + 256)]
    says_more = option or how == VERB or b"pass" in name.lower
    is_value = (says_more and name.secrecy >= Secrecy.TEXT) or looks_random(
        quoted, _SHORTEST_QUOTED
    )
    return ((span[0], span[1], QUOTED),) if is_value else ()


def read_joined(text: bytes, place: int, limit: int) -> Sequence[Value]:
    """
    Find a value that a dash joins to its name: `providerKEY-1f9…`.

    Args:
        text: The text, its escapes not undone.
        place: Where the value starts, behind the dash.
        limit: Where the text, or the string of JSON around the place, ends.

    Returns:
        The value; none if nothing of that kind stands there.
    """
    found = _JOINED.match(text, place, limit)
    # Letters that end before a mark are a name, whose value was removed before.
    is_name = found and _MARKED.match(text, found.end())
    return ((place, found.end(), JOINED),) if found and not is_name else ()
