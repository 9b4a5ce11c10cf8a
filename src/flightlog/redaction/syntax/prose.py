"""
Values in sentences.

After options: `the password is x`, `API key provided: 'x'`, `--token x`, `providerKEY-x`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from flightlog.redaction import reading
from flightlog.redaction.names import Name, Secrecy
from flightlog.redaction.patterns import pattern
from flightlog.redaction.reading import JOINED, QUOTED, SURE, VERB, WORD, Value
from flightlog.redaction.shapes import looks_random
from flightlog.redaction.spans import MARK

_VERBS: Final = (
    rb"(?:is|was|ist|est|es|jest|to|provided|given|used|used was|set to|equals|\xe6\x98\xaf"
    rb"|\xe3\x81\xaf|:)"
)
FOLLOWS: Final = (
    rb"(?P<verb>[ \t]{1,4}(?:(?:for|of|provided|given|f\xc3\xbcr|para|de|pour"
    rb"|dla)[ \t][^\s\"'\\]{1,40}[ \t]|provided|given|used)?[ \t]{0,2}"
    + _VERBS
    + rb"[ \t:]{1,4})|(?P<words>[ \t]{1,8})"
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
_MARKED: Final = pattern(rb"[\s:=\"'\\]{0,8}\[REDACTED:")
_JOINED: Final = pattern(rb"[A-Za-z0-9_.~+/=-]++")


def read(
    text: bytes, start: int, found: re.Match[bytes], limit: int, name: Name
) -> Sequence[Value]:
    """Find the value after a name in a sentence or a command."""
    place = found.end()
    typed = _TYPED.match(text, place, limit)
    if typed is not None and name.secrecy >= Secrecy.TEXT:
        return ((*typed.span("value"), SURE),)
    if MARK.match(text, place) or text[start - 1 : start] == b"$" or b"$" in name.text:
        return ()
    verb = found.lastgroup == "verb"
    option = text[start : start + 1] == b"-" or text[max(0, start - 2) : start].endswith(
        (b"--", b" -")
    )
    span = reading.quoted(text, place, limit)
    if span is not None:
        quoted = text[span[0] : min(span[1], span[0] + 256)]
        plain = not (option or verb or b"pass" in name.lower or b"PASS" in name.text)
        if (plain or name.secrecy < Secrecy.TEXT) and not looks_random(quoted, _SHORTEST_QUOTED):
            return ()
        return ((span[0], span[1], QUOTED),)
    if option and name.secrecy >= Secrecy.TEXT:
        end = reading.judged_end(text, place, limit)
        return ((place, end, SURE),) if end > place and text[place : place + 1] != b"-" else ()
    end = reading.judged_end(text, place, limit)
    return (
        ((place, end, VERB if verb else WORD),)
        if end > place and text[place : place + 1] != b"-"
        else ()
    )


def read_joined(text: bytes, place: int, limit: int) -> Sequence[Value]:
    """Find a value that a dash joins to its name: `providerKEY-1f9…`."""
    found = _JOINED.match(text, place, limit)
    # Letters that end before a mark are a name, whose value was removed before.
    is_name = found and _MARKED.match(text, found.end())
    return ((place, found.end(), JOINED),) if found and not is_name else ()
