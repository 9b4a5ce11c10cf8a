"""
Values in sentences.

After options: `the password is x`, `API key provided: 'x'`, `--token x`, `providerKEY-x`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from flightlog.redaction import reading
from flightlog.redaction.marking import MARK
from flightlog.redaction.names import Name, Secrecy
from flightlog.redaction.reading import JOINED, QUOTED, SURE, VERB, WORD, Value
from flightlog.redaction.shapes import looks_random

EXAMPLES: Final = (
    ("the password is █.", "hunter2"),
    ("the password for bob@example.com is █", "hunter2"),
    ("API key provided: '█'", "hunter2"),
    ("login failed for bob with password █", "ZofVqa78H3FoBze38VG"),
    ("wrong password '█' for bob", "hunter2"),
    ("tool --token █ run", "hunter"),
    ("machine a login bob password █", "hunter2"),
    ('#define API_KEY "█"', "i2GYdVZyhU5DUJ"),
    ('(setq api-key "█")', "i2GYdVZyhU5DUJ"),
    ("chatfuel key █", "ABCDEFGHIJKL123456abcdefghijkl"),
    ("bloggerKEY-█", "ab12cd34ef56gh78ij90kl12mn34"),
    ("Your verification code is █", "424395"),
    ("username bob privilege 15 secret 5 █", "$1$mERr$hx5rVt7rPNoS4wqbXKX7m0"),
    ("neighbor 10.0.0.1 password 7 █", "070C285F4D06"),
    ("the password is case-sensitive", ""),
    ("Unexpected token < in JSON", ""),
    ("password must be at least 8 characters", ""),
    ("token expired at 10:00", ""),
    ("Jira AUTH-1234: token refresh flaky", ""),
)
_VERBS: Final = (
    rb"(?:is|was|ist|est|es|jest|to|provided|given|used|used was|set to|equals|\xe6\x98\xaf"
    rb"|\xe3\x81\xaf|:)"
)
FOLLOWS: Final = (
    rb"(?P<verb>[ \t]{1,4}(?:(?:for|of|provided|given|f\xc3\xbcr|para|de|pour"
    rb"|dla)[ \t][^\s\"'\\]{1,40}[ \t]|provided|given|used)?[ \t]{0,2}"
    + _VERBS + rb"[ \t:]{1,4})|(?P<words>[ \t]{1,8})"
)  # fmt: skip
ANCHOR: Final = (
    rb"(?i:secret|token|key|private|access)[A-Za-z]*-+[A-Za-z0-9+/_-]*[0-9]|(?:[\s\"']"
    rb"|\\n)--?[A-Za-z][\w.-]*[ \"'\\,=]"
)
JOINS: Final = rb"(?i:secret|token|key|private|access)[A-Za-z]{0,8}-{1,3}(?=[A-Za-z0-9+/])"
_SHORTEST_QUOTED: Final = 8
_TYPED: Final = re.compile(
    rb"[0-9] (?P<value>(?=[^\s]*[0-9A-Z$])[^\s\"'\\,;]{6,}+)(?=[ \t]*(?:[\r\n\"\\]|\Z))"
)
"""A secret of Cisco's: after a digit for its kind, at the end of a line."""
_JOINED: Final = re.compile(rb"[A-Za-z0-9_.~+/=-]++")


def read(
    text: bytes, start: int, found: re.Match[bytes], limit: int, name: Name
) -> Sequence[Value]:
    """
    Find the value after a name in a sentence or a command.

    Args:
        text: The text.
        start: Where the name starts.
        found: What follows the name, as `FOLLOWS` says.
        limit: Where the text, or the string around it, ends.
        name: The name.
    """
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
    """
    Find a value that a dash joins to its name: `providerKEY-1f9…`.

    Args:
        text: The text.
        place: After the dash.
        limit: Where the text, or the string around it, ends.
    """
    found = _JOINED.match(text, place, limit)
    return ((place, found.end(), JOINED),) if found else ()
