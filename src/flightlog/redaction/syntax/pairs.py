"""
Names and values that stand beside each other.

`{"name": "X-Api-Key", "value": "x"}`, `["Authorization", "x"]`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from flightlog.redaction import reading
from flightlog.redaction.names import Name
from flightlog.redaction.reading import BLANK, NUMBER, QUOTE, QUOTED, Value
from flightlog.redaction.syntax import containers

EXAMPLES: Final = (
    ('{"name": "X-Api-Key", "value": "█"}', "hunter2"),
    ('{"value": "█", "key": "X-Api-Key"}', "hunter2"),
    ('[{"key": "http.Cookie", "value": {"stringValue": "█"}}]', "hunter2"),
    ('- name: DB_PASSWORD\n  value: "█"\n', "hunter2"),
    ('["Authorization", "█"]', "hunter2"),
    ('["Host", "a", "X-Auth-Token", "█", "Accept", "*/*"]', "hunter2"),
    ('[["user", "bob"], ["password", "█"]]', "hunter2"),
    ("[(b'authorization', b'█')]", "hunter2"),
    ('["curl", "--token", "█", "-v"]', "hunter2"),
    ("getenv('JINA_KEY', '█')", "jina_c1758c6f49e14ced990ac777"),
    ('[{"$flightlog":"bytes","text":"Cookie"},{"$flightlog":"bytes","text":"█"}]', "hunter2"),
    ('["password", "email"]', ""),
    ('["Authorization", "Content-Type"]', ""),
    ('{"name": "password", "type": "text"}', ""),
)
_NAMING: Final = (
    rb"(?i:name|key|header|field|headername|"
    rb"header_name|parameter|param|variable|attribute|k|n|property|env|id|title|label)"
)
_VALUED: Final = (
    rb"(?i:value|val|values|v|content|stringvalue|"
    rb"string_value|string|data|default|default_value|secret_value|plaintext)"
)
_NAMED: Final = re.compile(
    QUOTE
    + rb"?\b"
    + _NAMING
    + QUOTE
    + rb"?"
    + BLANK
    + rb"{0,8}[:=]"
    + BLANK
    + rb"{0,8}(?:"
    + QUOTE
    + rb")?\Z"
)
_MEMBER: Final = (
    QUOTE + rb"\w{1,40}" + QUOTE + BLANK + rb"{0,16}:" + BLANK + rb"{0,16}(?:" + QUOTE
    + rb"[^\"\\]{0,200}" + QUOTE
    + rb"|[\w.-]{1,40})" + BLANK + rb"{0,16},?" + BLANK + rb"{0,16}"
)  # fmt: skip
_AHEAD: Final = re.compile(
    rb"(?:"
    + QUOTE
    + rb")?"
    + BLANK
    + rb"{0,16},?"
    + BLANK
    + rb"{0,32}(?:"
    + _MEMBER
    + rb"){0,4}"
    + QUOTE
    + rb"?"
    rb"\b" + _VALUED + QUOTE + rb"?" + BLANK + rb"{0,16}[:=]" + BLANK + rb"{0,16}"
)
_BEHIND: Final = re.compile(QUOTE + _VALUED + QUOTE + BLANK + rb"{0,16}:" + BLANK + rb"{0,16}")
_BETWEEN: Final = re.compile(
    rb"(?:"
    + QUOTE
    + rb")?"
    + BLANK
    + rb"{0,16}[\]}]?,?"
    + BLANK
    + rb"{0,16}(?:"
    + _MEMBER
    + rb"){0,4}\Z"
)
_SCALAR: Final = re.compile(rb"-?[0-9][0-9.eE+-]*+(?=\s{0,16}[,}\]])")
_NEXT: Final = re.compile(rb"(?:" + QUOTE + rb")" + BLANK + rb"{0,16}," + BLANK + rb"{0,16}")
_CLOSING: Final = re.compile(
    rb"(?:" + QUOTE + rb")?" + BLANK + rb"{0,16}[\]})]{0,2}" + BLANK + rb"{0,16}[\])]"
)
_MARKED: Final = re.compile(
    QUOTE + rb"\}" + BLANK + rb"{0,8}," + BLANK + rb"{0,8}\{" + QUOTE + rb"\$flightlog"
    + QUOTE + rb": ?" + QUOTE
    + rb"\w{1,20}" + QUOTE + rb", ?" + QUOTE + rb"text" + QUOTE + rb": ?"
)  # fmt: skip
_OPENED: Final = re.compile(
    rb"(?P<outer>[\[(,]"
    + BLANK
    + rb"{0,16})?(?P<bracket>[\[(])"
    + BLANK
    + rb"{0,16}[bu]?(?:"
    + QUOTE
    + rb")?-{0,2}\Z"
)
_HEADER_LISTED: Final = re.compile(
    rb"(?i)[a-z]{1,20}(?:-[a-z0-9]{1,20}){1,4}|accept|age|allow|authorization|cookie|date|etag"
    rb"|expect|expires|from|host|link|origin|pragma|range|referer|server|te|trailer|upgrade|vary|via"
)
_LISTED: Final = re.compile(_HEADER_LISTED.pattern + rb"|(?-i:[a-z][a-z_]{0,30})")
_HEADER: Final = re.compile(
    rb"(?i)(?:(?:https?|headers?|request|req|response)\.)*(?:.*-.*|authorization|cookies?)"
)
_KEY: Final = re.compile(QUOTE + BLANK + rb"{0,16}:")
_SPACES_AND_QUOTES: Final = b" \t\r\n\"'`\\"
_SIGNS: Final = frozenset({b":", b"="})
_BEFORE_BYTES: Final = 64
_BEHIND_BYTES: Final = 4096


def read(  # noqa: PLR0917 - what is known of the name
    text: bytes, start: int, end: int, limit: int, name: Name, read_to: int
) -> Sequence[Value]:
    """
    Find the value beside a name that is a value itself.

    Args:
        text: The text.
        start: Where the name starts, after its quote.
        end: Where it ends.
        limit: Where the text ends.
        name: The name.
        read_to: Where objects and lists were read to before.
    """
    before = text[max(0, start - _BEFORE_BYTES) : start]
    if before.rstrip(_SPACES_AND_QUOTES)[-1:] in _SIGNS and _NAMED.search(before):
        return _of_object(text, start, end, limit, name, read_to)
    marked = _MARKED.match(text, end, limit)
    if marked is not None:
        return _value(text, marked.end(), limit, name, read_to)
    following = _NEXT.match(text, end, limit)
    if following is None:
        return ()
    return _of_list(text, following.end(), limit, name, before, read_to)


def _of_object(  # noqa: PLR0917 - as `read`
    text: bytes, start: int, end: int, limit: int, name: Name, read_to: int
) -> Sequence[Value]:
    ahead = _AHEAD.match(text, end, limit)
    if ahead is not None:
        return _value(text, ahead.end(), limit, name, read_to)
    first = max(0, start - _BEHIND_BYTES)
    opened = text.rfind(b'"value', first, start)
    opened = opened if opened >= 0 else text.rfind(b'"val"', first, start)
    found = _BEHIND.match(text, opened, start) if opened >= 0 else None
    if found is None:
        return ()
    values = _value(text, found.end(), start, name, 0)
    rest = values[-1][1] if values else start
    return values if _BETWEEN.match(text, rest, _key_start(text, start)) else ()


def _key_start(text: bytes, start: int) -> int:
    found = _NAMED.search(text, max(0, start - _BEFORE_BYTES), start)
    return found.start() if found else start


def _value(text: bytes, place: int, limit: int, name: Name, read_to: int) -> Sequence[Value]:
    span = reading.quoted(text, place, limit)
    if span is not None:
        return ((span[0], span[1], QUOTED),)
    number = _SCALAR.match(text, place, limit)
    if number is not None:
        return ((*number.span(), NUMBER),)
    if text[place : place + 1] in {b"{", b"["}:
        return containers.read(text, place, limit, name) if place >= read_to else ()
    end = reading.judged_end(text, place, limit)
    return ((place, end, reading.BARE),) if end > place else ()


def _of_list(  # noqa: PLR0917 - as `read`
    text: bytes, place: int, limit: int, name: Name, before: bytes, read_to: int
) -> Sequence[Value]:
    is_option = before.endswith(b"--") or name.text.startswith(b"--")
    is_header = is_option or name.is_header or _HEADER.fullmatch(name.text) is not None
    opened = _OPENED.search(before)
    if not (is_header or opened):
        return ()
    values = _value(text, place, limit, name, read_to)
    if not values or (
        is_header and (values[0][2] != QUOTED or _HEADER_LISTED.fullmatch(text, *values[0][:2]))
    ):
        return ()
    if is_header or opened is None:
        return () if _KEY.match(text, values[0][1], limit) else values
    in_list = opened["outer"] is not None or opened["bracket"] == b"("
    if _CLOSING.match(text, values[-1][1], limit) is None or (
        not in_list and _LISTED.fullmatch(name.text)
    ):
        return ()
    return values
