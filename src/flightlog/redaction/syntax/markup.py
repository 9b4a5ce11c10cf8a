"""
Values in XML, HTML.

Plists: in an element of a secret's name, beside an attribute that names one; parts of forms.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from flightlog.redaction import reading
from flightlog.redaction.patterns import pattern
from flightlog.redaction.reading import CELL, QUOTED, Value

_ATTRIBUTE: Final = (
    rb"(?&blank){1,16}[A-Za-z_][\w:.-]{0,63}\s?=\s?(?:\\{0,15}\"[^\"<>\\]{0,256}\\{0,15}\""
    rb"|'[^'<>]{0,256}')"
)
_CONTENT: Final = (
    rb"(?&blank){0,16}>(?:(?&blank){0,32}<value>)?(?:(?&blank){0,32}<!\[CDATA\[)?"
    rb"(?P<value>[^<>\"]*?(?=\]\]>|<\\{0,15}/)|[^<>\"\s('\\]*+(?=\"|\Z))"
)
_ELEMENT: Final = pattern(
    rb"(?:(?&attribute)){0,8}(?&content)",
    attribute=_ATTRIBUTE,
    content=_CONTENT,
)
_OPENED: Final = pattern(rb"<(?:[A-Za-z_][\w.-]{0,63}:)?\Z")
_PLIST: Final = pattern(
    rb"(?i:<\\{0,15}/(?:key|name|param-name)>(?&blank){0,32}<(?:string|value|param-value)>)"
    rb"(?P<value>[^<>]*+)"
)
_VALUE_AFTER: Final = pattern(
    rb"(?&quote)(?:(?&attribute)){0,4}?(?&blank){1,16}(?:value|content)\s?=\s?(?=(?&quote))",
    attribute=_ATTRIBUTE,
)
_CONTENT_AFTER: Final = pattern(
    rb"(?&quote)(?:(?&attribute)){0,8}(?&content)",
    attribute=_ATTRIBUTE,
    content=_CONTENT,
)
_TAG: Final = pattern(
    rb"<(?P<tag>[A-Za-z_][\w:.-]{0,63})(?:(?&attribute)){0,8}(?&blank){1,16}"
    rb"(?:name|key|id)\s?=\s?(?&quote)\Z",
    attribute=_ATTRIBUTE,
)
_TAG_BYTES: Final = 512
_VALUE_BEFORE: Final = pattern(rb"(?:\s|\\[nrt])(?:value|content)\s?=\s?(?=(?&quote))")
_CONTROLS: Final = frozenset(
    {b"a", b"button", b"fieldset", b"form", b"iframe", b"input", b"label", b"select", b"slot"}
)
"""Elements of HTML whose name says nothing of the text in them."""
_LABEL: Final = pattern(rb"[A-Za-z]+(?: [A-Za-z]+){1,2}[.?!:]?")
_PART: Final = pattern(
    rb"(?&quote)(?:;[^\r\n\\]{0,200}+)?(?:(?&newline)(?!\\)[^\r\n\\]{1,200}+){0,4}+"
    rb"(?&newline)(?&newline)"
)
_PART_BYTES: Final = 200
_PART_END: Final = pattern(rb"(?&newline)--")


def is_element(text: bytes, start: int) -> bool:
    """
    Check whether a name is an element's.

    Args:
        text: The text, its escapes not undone.
        start: Where the name starts.

    Returns:
        Whether it is.
    """
    return _OPENED.search(text, max(0, start - 66), start) is not None


def read_element(text: bytes, end: int, limit: int) -> Sequence[Value]:
    """
    Find the content of an element.

    Args:
        text: The text, its escapes not undone.
        end: Where the name ends.
        limit: Where the text, or the string of JSON around the place, ends.

    Returns:
        The value; none if nothing of that kind stands there.
    """
    found = _ELEMENT.match(text, end, limit)
    return ((*found.span("value"), CELL),) if found else ()


def read_plist(text: bytes, end: int, limit: int) -> Sequence[Value]:
    """
    Find the string after a `<key>` of a property list.

    Args:
        text: The text, its escapes not undone.
        end: Where the name ends.
        limit: Where the text, or the string of JSON around the place, ends.

    Returns:
        The value; none if nothing of that kind stands there.
    """
    found = _PLIST.match(text, end, limit)
    return ((*found.span("value"), CELL),) if found else ()


def read_part(text: bytes, start: int, end: int, limit: int) -> Sequence[Value]:
    """
    Find a part of a multipart form, up to the line that separates it from the next.

    Args:
        text: The text, its escapes not undone.
        start: Where the name starts.
        end: Where the name ends.
        limit: Where the text, or the string of JSON around the place, ends.

    Returns:
        The value; none if nothing of that kind stands there.
    """
    if not text[max(0, start - _PART_BYTES) : start].rstrip(b"\\\"'").endswith(b"name="):
        return ()
    part = _PART.match(text, end, limit)
    if part is None:
        return ()
    last = _PART_END.search(text, part.end(), limit)
    return ((part.end(), last.start() if last else limit, CELL),)


def read_named(text: bytes, start: int, end: int, limit: int) -> Sequence[Value]:
    """
    Find the value of an element whose attribute is the name.

    Args:
        text: The text, its escapes not undone.
        start: Where the name starts.
        end: Where the name ends.
        limit: Where the text, or the string of JSON around the place, ends.

    Returns:
        The value; none if nothing of that kind stands there.
    """
    after = _VALUE_AFTER.match(text, end, limit)
    if after is not None:
        span = reading.quoted(text, after.end(), limit)
        return ((span[0], span[1], QUOTED),) if span else ()
    opened = text.rfind(b"<", max(0, start - _TAG_BYTES), start)
    tag = _TAG.match(text, opened, start) if opened >= 0 else None
    if tag is None:
        return ()
    value = _VALUE_BEFORE.search(text, opened, start)
    if value is not None:
        span = reading.quoted(text, value.end(), limit)
        return ((span[0], span[1], QUOTED),) if span else ()
    content = _CONTENT_AFTER.match(text, end, limit)
    if (
        content is None
        or tag["tag"].lower() in _CONTROLS
        or _is_label(content["value"], text[start:end])
    ):
        return ()
    return ((*content.span("value"), CELL),)


def _is_label(content: bytes, name: bytes) -> bool:
    value = content[:256].strip()
    return value.lower() == name.lower() or _LABEL.fullmatch(value) is not None
