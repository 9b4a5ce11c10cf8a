"""
Passwords that commands and the configuration of networks take without a name.

`mysql -px`, `curl -u bob:x`, and in lists of arguments; Wi-Fi codes, `.pgpass`, Cisco, SNMP, and
logins in dialogues of servers. `commands.toml` has a table for each command.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from flightlog.redaction import reading
from flightlog.redaction.patterns import pattern
from flightlog.redaction.reading import SURE, Value
from flightlog.redaction.shapes import PLACEHOLDER

_DATA: Final = tomllib.loads(Path(__file__).with_name("commands.toml").read_text("utf-8"))


def _join(kind: str, field: str) -> bytes:
    return "|".join(entry[field] for entry in _DATA[kind]).encode()


ANCHOR: Final = rb"(?i:" + _join("commands", "anchor") + rb"|echo [^\n|]*\|)"
BEGINS: Final = rb"(?i:" + _join("commands", "begins") + rb"|echo )"
NETWORK_ANCHOR: Final = _join("networks", "anchor")
NETWORK_BEGINS: Final = _join("networks", "begins")
# From dash to dash, since a step for each byte would cost much; not into the next command, but over
# a line break after a backslash, however often it is escaped. The group is atomic and takes whole
# runs of backslashes, whose parts can be combined in many ways.
_REST: Final = (
    rb"(?>[^\r\n|;&\\\"-]{1,80}"
    rb"|\\++(?:[^nr\\\r\n-]|n(?=[ \t])|\r?\n|(?=-)|(?<=\\\\)(?=[nr]))"
    rb"|\"[, ]{1,3}\"|\"|-){0,24}?"
)
_BEGUN: Final = rb"(?:(?<![\w-])|(?<=\\[nrt]))"
_OPTION: Final = rb"(?&blank)(?&rest)(?&begun)"
_GAP: Final = rb"(?:\\{0,15}[\"'],? ?\\{0,15}[\"']|(?&blank)){1,4}"
_Q: Final = rb"(?:(?&quote))?"
_COMMAND: Final = pattern(
    _join("commands", "before"), option=_OPTION, rest=_REST, begun=_BEGUN, gap=_GAP, q=_Q
)
_NETWORK: Final = pattern(_join("networks", "secret"))
_PIPED: Final = pattern(
    rb"echo[ \t]{1,4}(?:-n[ \t]{1,4})?(?&q)(?P<value>(?<=')[^'\r\n]{4,100}+|[^\s\"'\\|$]{4,100}+)"
    rb"(?&q)[ \t]{0,4}\|[^\r\n]{0,160}?(?:password-stdin|passwd|sudo -S|--stdin"
    rb"|pass(?:word|phrase)-fd)",
    q=_Q,
)
_CUT: Final = pattern(rb"[^\s\"'\\@;|&]++")
_BEFORE_HOST: Final = (b"sqlplus", b"jdbc")


def read(text: bytes, place: int, limit: int) -> Sequence[Value]:
    """
    Find the password that a command takes.

    Args:
        text: The text, its escapes not undone.
        place: Where to read.
        limit: Where the text, or the string of JSON around the place, ends.

    Returns:
        The value; none if nothing of that kind stands there.
    """
    piped = _PIPED.match(text, place, limit)
    if piped is not None:
        return ((*piped.span("value"), SURE),)
    found = _COMMAND.match(text, place, min(len(text), place + 1024))
    if found is None or PLACEHOLDER.match(text, found.end()):
        return ()
    start = found.end()
    span = reading.quoted(text, start, limit)
    if span is not None and span[0] <= start + 4:
        return ((span[0], span[1], SURE),)
    if found[0][:7].lower().startswith(_BEFORE_HOST):
        cut = _CUT.match(text, start, limit)
        return ((start, cut.end(), SURE),) if cut else ()
    end = reading.judged_end(text, start, len(text))
    return ((start, end, SURE),) if end > start and text[start : start + 1] != b"-" else ()


def read_network(text: bytes, place: int, limit: int) -> Sequence[Value]:
    """
    Find the secret of a network.

    Args:
        text: The text, its escapes not undone.
        place: Where to read.
        limit: Where the text, or the string of JSON around the place, ends.

    Returns:
        The value; none if nothing of that kind stands there.
    """
    found = _NETWORK.match(text, place, limit)
    return ((*found.span(found.lastindex or 0), SURE),) if found else ()
