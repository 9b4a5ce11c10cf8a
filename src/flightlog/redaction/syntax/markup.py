"""
Values in XML, HTML.

Plists: in an element of a secret's name, beside an attribute that names one; parts of forms.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from flightlog.redaction import reading
from flightlog.redaction.reading import BLANK, CELL, NEWLINE, QUOTE, QUOTED, Value

EXAMPLES: Final = (
    ("<password>█</password>", "hunter2"),
    ("<password><![CDATA[█]]></password>", "hunter2"),
    ('<wsse:Password Type="http://docs.example/wss#PasswordText">█</wsse:Password>', "hunter2"),
    ('<add key="ApiKey" value="█"/>', "hunter2"),
    ('<input value="█" name="password">', "hunter2"),
    ('<c user="a" password="█"/>', "hunter2"),
    ('<string name="api_key">█</string>', "hunter2"),
    ("<key>ApiSecret</key>\n<string>█</string>", "hunter2"),
    ("<setting name='Password' serializeAs='String'>\n  <value>█</value>\n</setting>", "hunter2"),
    ('name="password"\r\n\r\n█\r\n--b--', "hunter2"),
    ('<input name="password" placeholder="Your password">', ""),
    ('<string name="password">Password</string>', ""),
    ('<p class="token" id="t">Hello</p>', ""),
)
_ATTRIBUTE: Final = (
    BLANK + rb"{1,16}[A-Za-z_][\w:.-]{0,63}\s?=\s?(?:\\{0,15}\"[^\"<>\\]{0,256}\\{0,15}\""
    rb"|'[^'<>]{0,256}')"
)
_CONTENT: Final = (
    BLANK
    + rb"{0,16}>(?:"
    + BLANK
    + rb"{0,32}<value>)?(?:"
    + BLANK
    + rb"{0,32}<!\[CDATA\[)?(?P<value>[^<>\"]*?)(?=\]\]>|<\\{0,15}/|\"|\Z)"
)
_ELEMENT: Final = re.compile(rb"(?:" + _ATTRIBUTE + rb"){0,8}" + _CONTENT)
_OPENED: Final = re.compile(rb"<(?:[A-Za-z_][\w.-]{0,63}:)?\Z")
_PLIST: Final = re.compile(rb"<\\{0,15}/key>" + BLANK + rb"{0,32}<string>(?P<value>[^<>]*+)")
_VALUE_AFTER: Final = re.compile(
    QUOTE
    + rb"(?:"
    + _ATTRIBUTE
    + rb"){0,4}?"
    + BLANK
    + rb"{1,16}(?:value|content)\s?=\s?(?="
    + QUOTE
    + rb")"
)
_CONTENT_AFTER: Final = re.compile(QUOTE + rb"(?:" + _ATTRIBUTE + rb"){0,8}" + _CONTENT)
_TAG: Final = re.compile(
    rb"<(?P<tag>[A-Za-z_][\w:.-]{0,63})(?:"
    + _ATTRIBUTE
    + rb"){0,8}"
    + BLANK
    + rb"{1,16}(?:name|key|id)\s?=\s?"
    + QUOTE
    + rb"\Z"
)
_TAG_BYTES: Final = 512
_VALUE_BEFORE: Final = re.compile(rb"(?:\s|\\[nrt])(?:value|content)\s?=\s?(?=" + QUOTE + rb")")
_CONTROLS: Final = frozenset(
    {b"a", b"button", b"fieldset", b"form", b"iframe", b"input", b"label", b"select", b"slot"}
)
"""Elements of HTML whose name says nothing of the text in them."""
_LABEL: Final = re.compile(rb"[A-Za-z]+(?: [A-Za-z]+){1,2}[.?!:]?")
_PART: Final = re.compile(
    QUOTE
    + rb"(?:;[^\r\n\\]{0,200}+)?(?:"
    + NEWLINE
    + rb"(?!\\)[^\r\n\\]{1,200}+){0,4}+"
    + NEWLINE
    + NEWLINE
)
_PART_BYTES: Final = 200
_PART_END: Final = re.compile(NEWLINE + rb"--")


def is_element(text: bytes, start: int) -> bool:
    """Check whether a name is an element's."""
    return _OPENED.search(text, max(0, start - 66), start) is not None


def read_element(text: bytes, end: int, limit: int) -> Sequence[Value]:
    """
    Find the content of an element.

    Args:
        text: The text.
        end: Where its name ends.
        limit: Where the text, or the string around it, ends.
    """
    found = _ELEMENT.match(text, end, limit)
    return ((*found.span("value"), CELL),) if found else ()


def read_plist(text: bytes, end: int, limit: int) -> Sequence[Value]:
    """
    Find the string after a `<key>` of a property list.

    Args:
        text: The text.
        end: Where the key ends.
        limit: Where the text, or the string around it, ends.
    """
    found = _PLIST.match(text, end, limit)
    return ((*found.span("value"), CELL),) if found else ()


def read_part(text: bytes, start: int, end: int, limit: int) -> Sequence[Value]:
    """
    Find a part of a multipart form, up to the line that separates it from the next.

    Args:
        text: The text.
        start: Where its name starts.
        end: Where its name ends.
        limit: Where the text, or the string around it, ends.
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
        text: The text.
        start: Where the attribute's value starts.
        end: Where it ends.
        limit: Where the text, or the string around it, ends.
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
