"""
Secrets in XML and HTML: in an element of a secret's name, or beside an attribute that names one.

`<password>x</password>`, `<add key="ApiKey" value="x"/>`, `<entry key="db.password">x</entry>`, and
the same where its brackets are written as entities.
"""

from __future__ import annotations

import re
from typing import Final

from flightlog.redaction import values
from flightlog.redaction.values import Span

_QUOTES: Final = b"\"'`"
_ATTRIBUTE: Final = rb"\s+[A-Za-z_][\w:.-]{0,63}\s?=\s?(?:\"[^\"<>]{0,256}\"|'[^'<>]{0,256}')"
_CONTENT: Final = rb"\s*>(?:\s*<value>)?(?:\s*<!\[CDATA\[)?(?P<value>[^<>]*?)(?=\]\]>|</|\Z)"
_ELEMENT: Final = re.compile(rb"(?:" + _ATTRIBUTE + rb"){0,8}" + _CONTENT)
_PREFIX: Final = re.compile(rb"<[A-Za-z_][\w.-]{0,63}:\Z")
_PREFIX_BYTES: Final = 66
_VALUE_AFTER: Final = re.compile(rb"[\"']\s+(?:value|content)\s?=\s?(?=[\"'])")
_CONTENT_AFTER: Final = re.compile(rb"[\"'](?:" + _ATTRIBUTE + rb"){0,8}" + _CONTENT)
_TAG: Final = re.compile(
    rb"<(?P<tag>[A-Za-z_][\w:.-]{0,63})(?:" + _ATTRIBUTE + rb"){0,8}"
    rb"\s+(?:name|key)\s?=\s?[\"']\Z"
)
_TAG_BYTES: Final = 512
_VALUE_BEFORE: Final = re.compile(rb"\s(?:value|content)\s?=\s?(?=[\"'])")
_CONTROLS: Final = frozenset(
    {b"a", b"button", b"fieldset", b"form", b"iframe", b"input", b"label", b"select", b"slot"}
)
"""Elements of HTML whose name tells nothing of the text in them."""
_LABEL: Final = re.compile(rb"[A-Za-z]+(?: [A-Za-z]+){1,2}[.?!:]?")
_ENTITY: Final = re.compile(rb"&(?:amp;)?lt;(?:[A-Za-z_][\w.-]{0,47}:)?\Z")
_IN_ENTITIES: Final = re.compile(
    rb"(?:[^&<>]|&(?!(?:amp;)?[lg]t;)){0,256}&(?:amp;)?gt;(?P<value>(?:[^&]|&(?!(?:amp;)?lt;))*+)"
)


def value_of(text: bytes, start: int, end: int) -> Span | None:
    """
    Find the value of an element of a name, or of one with an attribute that says the name.

    Args:
        text: With its escapes undone.
        start: Where the name starts.
        end: Where it ends.
    """
    before = text[max(0, start - _PREFIX_BYTES) : start]
    if before[-1:] == b"<" or _PREFIX.search(before):
        element = _ELEMENT.match(text, end)
        return element and element.span("value")
    if _ENTITY.search(before):
        element = _IN_ENTITIES.match(text, end)
        return element and element.span("value")
    return _named(text, start, end) if before and before[-1:] in _QUOTES else None


def _named(text: bytes, start: int, end: int) -> Span | None:
    after = _VALUE_AFTER.match(text, end)
    if after is not None:
        return values.quoted(text, after.end())
    first = max(0, start - _TAG_BYTES)
    opened = text.rfind(b"<", first, start)
    tag = _TAG.match(text, opened, start) if opened >= 0 else None
    if tag is None:
        return None
    value = _VALUE_BEFORE.search(text, opened, start)
    if value is not None:
        return values.quoted(text, value.end())
    content = _CONTENT_AFTER.match(text, end)
    if content is None or tag["tag"].lower() in _CONTROLS or _is_label(content, text[start:end]):
        return None
    return content.span("value")


def _is_label(content: re.Match[bytes], name: bytes) -> bool:
    value = content["value"][: 4 * 64].strip()
    return value.lower() == name.lower() or _LABEL.fullmatch(value) is not None
