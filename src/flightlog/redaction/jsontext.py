"""JSON as text: whether it is valid, and where its strings stand."""

from __future__ import annotations

import re
from typing import Final

import msgspec

TOKEN: Final = re.compile(
    rb"[ \t\n\r,]*+(?:\"(?P<text>(?:[^\"\\]++|\\.)*+)\"(?P<colon>[ \t\n\r]*+:)?"
    rb"|(?P<scalar>true|false|null|-?[0-9][0-9.eE+-]*+)|(?P<open>[{\[])|(?P<close>[}\]]))",
    re.DOTALL,
)
_validate: Final = msgspec.json.Decoder(msgspec.Raw).decode
_BACKSLASH: Final = ord("\\")
_NUMBER: Final = b"0123456789+-.eE"
_NO_BRACKETS: Final = re.compile(rb"\"(?:[^\"\\]++|\\.)*+\"|[^\"\[\]{}]++", re.DOTALL)
_OPENING: Final = b"[{"
_CLOSING: Final = bytes.maketrans(b"[{", b"]}")
_BEFORE_ITEM: Final = frozenset({b"[", b"{", b","})
_BLANK: Final = b" \t\r\n"
_BLANK_BYTES: Final = 4096


class NotJsonError(ValueError):
    """The text is no JSON; says nothing of what it holds."""


def check(json: bytes) -> None:
    """
    Check that a text is JSON.

    Args:
        json: The text.

    Raises:
        NotJsonError: It isn't.
    """
    try:
        _validate(json)
    except (msgspec.MsgspecError, RecursionError):
        # The decoder takes no number beyond its range, and no deep JSON, which is JSON
        # nevertheless.
        _check_slowly(json)


def _check_slowly(json: bytes) -> None:
    opened = bytearray()
    has_key = False
    values = end = 0
    for token in TOKEN.finditer(json):
        if token.start() != end or (values and not opened):
            break
        end = token.end()
        in_object = opened[-1:] == b"{"
        if token["colon"] is not None:
            if not in_object or has_key:
                raise NotJsonError("a member stands in a list")
            has_key = True
            continue
        if token["close"]:
            if has_key or not opened or opened.pop() != ord(token["close"]) - 2:
                raise NotJsonError("a bracket closes nothing")
        elif in_object != has_key:
            raise NotJsonError("a value has no name")
        has_key = False
        if token["open"]:
            opened += token["open"]
        values += not opened
    if values != 1 or opened or json[end:].strip(b" \t\n\r"):
        raise NotJsonError("it goes on, or is cut short")


def string_end(text: bytes, place: int, limit: int) -> int:
    """
    Find the next quote without an odd number of backslashes before it.

    `limit` where there is none.

    Args:
        text: The text, its escapes not undone.
        place: Where to begin, within the string.
        limit: Where to stop.

    Returns:
        Where the quote stands.
    """
    quote = text.find(b'"', place, limit)
    while quote >= 0:
        first = quote
        while first > place and text[first - 1] == _BACKSLASH:
            first -= 1
        if (quote - first) % 2 == 0:
            return quote
        quote = text.find(b'"', quote + 1, limit)
    return limit


def close(json: bytes, place: int, mark: bytes) -> bytes:
    """
    Write what makes JSON whole that ends at a place.

    Args:
        json: The text.
        place: Where a value, or the name of a member, starts or ends.
        mark: What stands for the rest.

    Returns:
        The mark, as a value or as the name of a member, and the brackets that close what is open.
    """
    opened = bytearray()
    for bracket in _NO_BRACKETS.sub(b"", json[:place]):
        if bracket in _OPENING:
            opened.append(bracket)
        else:
            opened.pop()
    closing = bytes(reversed(opened)).translate(_CLOSING)
    before = json[max(0, place - _BLANK_BYTES) : place].rstrip(_BLANK)[-1:]
    after = json[place : place + _BLANK_BYTES].lstrip(_BLANK)[:1]
    if not opened:
        return b'"%b"' % mark if place == 0 else b""
    if before == b":" or after == b":":
        return b'%b"%b"%b' % (b"" if before == b":" else b":", mark, closing)
    comma = b"" if before in _BEFORE_ITEM else b","
    return b'%b"%b"%b%b' % (comma, mark, b":null" if opened[-1:] == b"{" else b"", closing)


def is_escaped(text: bytes, place: int) -> bool:
    """
    Check whether an odd number of backslashes stands before a place.

    Args:
        text: The text, its escapes not undone.
        place: The place.

    Returns:
        Whether the byte there is escaped.
    """
    first = place
    while first and text[first - 1] == _BACKSLASH:
        first -= 1
    return (place - first) % 2 == 1


class Strings:
    """
    The strings of one JSON text; asked from left to right.

    Args:
        text: The text.
    """

    def __init__(self, text: bytes) -> None:
        self._text = text
        self._end = 0
        self._counted = 0
        self._inside = False

    def end(self, place: int) -> int:
        """
        Find the next quote that ends, or begins, a string.

        Args:
            place: The place, not before the last one.

        Returns:
            Where the quote stands; the text's length without one.
        """
        if place >= self._end:
            self._end = string_end(self._text, place, len(self._text))
        return self._end

    def hold(self, place: int) -> bool:
        """
        Check whether a place is within a string, by counting quotes up to it.

        Args:
            place: The place.

        Returns:
            Whether it is.
        """
        if place < self._counted:
            self._counted, self._inside = 0, False
        if is_escaped(self._text, place):
            # An escape is counted as a whole.
            place -= 1
        part = self._text[self._counted : place]
        quotes = part.count(b'"')
        if quotes and b"\\" in part:
            quotes -= part.replace(b"\\\\", b"").count(b'\\"')
        self._inside ^= quotes % 2 == 1
        self._counted = place
        return self._inside

    def number_around(self, start: int, end: int) -> tuple[int, int]:
        """
        Find the whole number of which some digits are a part.

        Args:
            start: Where the digits start.
            end: Where they end.

        Returns:
            Where the number starts and ends.
        """
        before = self._text[max(0, start - 64) : start]
        after = self._text[end : end + 64]
        return start - len(before) + len(before.rstrip(_NUMBER)), end + len(after) - len(
            after.lstrip(_NUMBER)
        )
