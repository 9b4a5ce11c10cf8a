"""
Names and values that stand beside each other.

`{"name": "X-Api-Key", "value": "x"}`, `["Authorization", "x"]`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from flightlog.redaction import reading
from flightlog.redaction.budget import Budget
from flightlog.redaction.jsontext import string_end
from flightlog.redaction.names import Name
from flightlog.redaction.patterns import pattern
from flightlog.redaction.reading import NUMBER, QUOTED, Value
from flightlog.redaction.syntax import containers

_NAMING: Final = (
    rb"(?i:name|key|header|field|headername|"
    rb"header_name|parameter|parameterkey|param|variable|attribute|k|n|property|env|id|title|label)"
)
_VALUED: Final = (
    rb"(?i:value|val|values|v|content|stringvalue|parametervalue|"
    rb"string_value|string|data|default|default_value|secret_value|plaintext)"
)
_NAMED: Final = pattern(
    rb"(?&quote)?\b(?&naming)(?&quote)?(?&blank){0,8}[:=](?&blank){0,8}(?:(?&quote))?\Z",
    naming=_NAMING,
)
_MEMBER: Final = (
    rb"(?&quote)\w{1,40}(?&quote)(?&blank){0,16}:(?&blank){0,16}(?:(?&quote)[^\"\\]{0,200}"
    rb"(?&quote)|[\w.-]{1,40})(?&blank){0,16},?(?&blank){0,16}"
)
_AHEAD: Final = pattern(
    rb"(?:(?&quote))?(?&blank){0,16},?(?&blank){0,32}(?:(?&member)){0,4}(?&quote)?\b"
    rb"(?&valued)(?&quote)?(?&blank){0,16}[:=](?&blank){0,16}",
    member=_MEMBER,
    valued=_VALUED,
)
_MOST_NAMINGS: Final = tuple(
    b'"%b":%b"' % (naming, space)
    for naming in (b"name", b"key", b"header", b"field", b"Name", b"Key")
    for space in (b"", b" ")
)
_MOST_AHEAD: Final = re.compile(rb"\", ?\"(?:[vV]alue|val)\": ?\"(?!\")")
"""Most names and values are written so, and need no closer look."""
_BEHIND: Final = pattern(
    rb"(?&quote)(?&valued)(?&quote)(?&blank){0,16}:(?&blank){0,16}",
    valued=_VALUED,
)
_BETWEEN: Final = pattern(
    rb"(?:(?&quote))?(?&blank){0,16}[\]}]?,?(?&blank){0,16}(?:(?&member)){0,4}\Z",
    member=_MEMBER,
)
_SCALAR: Final = pattern(rb"-?[0-9][0-9.eE+-]*+(?=\s{0,16}[,}\]])")
_NEXT: Final = pattern(rb"(?:(?&quote))(?&blank){0,16},(?&blank){0,16}")
_CLOSING: Final = pattern(rb"(?:(?&quote))?(?&blank){0,16}[\]})]{0,2}(?&blank){0,16}[\])]")
_MARKED: Final = pattern(
    rb"(?&quote)\}(?&blank){0,8},(?&blank){0,8}\{(?&quote)\$flightlog(?&quote): ?"
    rb"(?&quote)\w{1,20}(?&quote), ?(?&quote)text(?&quote): ?"
)
_OPENED: Final = pattern(
    rb"(?P<outer>[\[(,](?&blank){0,16})?(?P<bracket>[\[(])(?&blank){0,16}[bu]?"
    rb"(?:(?&quote))?-{0,2}\Z"
)
_HEADERS: Final = (
    rb"(?i:[a-z]{1,20}(?:-[a-z0-9]{1,20}){1,4}|accept|age|allow|authorization|cookie|date|etag|expect"
    rb"|expires|from|host|link|origin|pragma|range|referer|server|te|trailer|upgrade|vary|via)"
)
_HEADER_LISTED: Final = pattern(_HEADERS)
_LISTED: Final = pattern(_HEADERS + rb"|[a-z][a-z_]{0,30}")
_HEADER: Final = pattern(
    rb"(?i)(?:(?:https?|headers?|request|req|response)\.)*(?:.*-.*|authorization|cookies?)"
)
_KEY: Final = pattern(rb"(?&quote)(?&blank){0,16}(?::|=>)")
_WORD: Final = pattern(rb"[a-z_]{2,20}")
_VARIABLE: Final = pattern(rb"[A-Za-z_]{1,60}")
_OTHER_NAME: Final = pattern(
    rb"[a-z]{1,30}(?:_[a-z]{1,30}){0,6}_(?:password|token|secret|key|cookie|credentials?)|[a-z]{2,20}(?:[A-Z][a-z]{2,20}){1,4}"
)
_SPACES_AND_QUOTES: Final = b" \t\r\n\"'`\\"
_QUOTES: Final = frozenset({b'"', b"'", b"`"})
_SIGNS: Final = frozenset({b":", b"="})
_BEFORE_BYTES: Final = 64
_BEHIND_BYTES: Final = 4096
_CONTAINERS: Final = (b"{", b"[")
_READ_AGAIN: Final = 8
"""To read so many bytes of a list in vain costs as much as one byte of the text pays for."""


def read(  # noqa: PLR0917 - what is known of the name
    text: bytes, start: int, end: int, limit: int, name: Name, read_to: int, budget: Budget
) -> Sequence[Value]:
    """
    Find the value beside a name that is a value itself.

    Args:
        text: The text, its escapes not undone.
        start: Where the name starts.
        end: Where the name ends.
        limit: Where the text, or the string of JSON around the place, ends.
        name: The name, judged.
        read_to: Up to where a list or an object of a name was read.
        budget: What may be spent on the text.

    Returns:
        The value, or the values of an object or a list; none if nothing of that kind stands there.
    """
    if (most := _MOST_AHEAD.match(text, end, limit)) and text.endswith(_MOST_NAMINGS, 0, start):
        place = most.end()
        return ((place, string_end(text, place, limit), QUOTED),)
    before = text[max(0, start - _BEFORE_BYTES) : start]
    if before.rstrip(_SPACES_AND_QUOTES)[-1:] in _SIGNS and _NAMED.search(before):
        return _of_object(text, start, end, limit, name, read_to)
    marked = _MARKED.match(text, end, limit)
    if marked is not None:
        return _value(text, marked.end(), limit, name, read_to)
    following = _NEXT.match(text, end, limit)
    if following is None:
        return ()
    return _of_list(text, following.end(), limit, name, before, read_to, budget)


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
    if text[place : place + 1] in _CONTAINERS:
        return containers.read(text, place, limit, name) if place >= read_to else ()
    return _read_bare(text, place, limit)


def _read_bare(text: bytes, place: int, limit: int) -> Sequence[Value]:
    end = reading.judged_end(text, place, limit)
    return ((place, end, reading.BARE),) if end > place else ()


def _of_list(  # noqa: PLR0917 - as `read`
    text: bytes,
    place: int,
    limit: int,
    name: Name,
    before: bytes,
    read_to: int,
    budget: Budget,
) -> Sequence[Value]:
    is_option = before.endswith(b"--") or name.text.startswith(b"--")
    is_header = is_option or (
        before[-1:] in _QUOTES and (name.is_header or _HEADER.fullmatch(name.text) is not None)
    )
    opened = _OPENED.search(before)
    if not (is_header or opened) or (is_header and text[place : place + 1] in _CONTAINERS):
        return ()
    values = _value(text, place, limit, name, read_to)
    if values and values[0][2] == reading.BARE:
        # In a list, a comma ends a value without quotation marks.
        comma = text.find(b",", place, values[0][1])
        values = _read_bare(text, place, comma) if comma >= 0 else values
    if not values or (
        is_header
        and (
            values[0][2] != QUOTED
            or (not is_option and _WORD.fullmatch(text, *values[0][:2]))
            or _HEADER_LISTED.fullmatch(text, *values[0][:2])
        )
    ):
        return ()
    if is_header or opened is None:
        return () if _KEY.match(text, values[0][1], limit) else values
    is_bare = values[0][2] == reading.BARE
    if (_VARIABLE if is_bare else _OTHER_NAME).fullmatch(text, *values[0][:2]):
        # `f("token", value)`; `("access_token", "refresh_token")`.
        return ()
    in_list = opened["outer"] is not None or opened["bracket"] == b"("
    if _CLOSING.match(text, values[-1][1], limit) is None or (
        not in_list and _LISTED.fullmatch(name.text)
    ):
        # Otherwise nested lists take quadratic time, because each is read to its end.
        if text[place : place + 1] in _CONTAINERS:
            budget.pay((values[-1][1] - place) // _READ_AGAIN, place)
        return ()
    return values
