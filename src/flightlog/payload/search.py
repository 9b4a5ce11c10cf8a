"""
Searches a payload for places whose name or value contains a text, without regard to case.

To avoid decoding, a regular expression first searches for every JSON spelling of the text: in the
payload, in each piece of a level, and in each part. Only matching parts are decoded.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Final, TypeAlias

from msgspec import Struct

from flightlog.payload.container_index import Key
from flightlog.payload.document import Document, join_pointer
from flightlog.payload.values import (
    PREVIEW_CHARACTERS,
    Kind,
    Value,
    decode_string,
    preview_text,
    shorten,
)

MAX_MATCHES: Final = 1_000
SEARCH_S: Final = 5.0
"""
The time limit of a search, seconds; a search that reaches the limit reports incomplete results.
"""

_SHORT_ESCAPES: Final = {
    '"': rb"\\\"",
    "\\": rb"\\\\",
    "/": rb"\\/",
    "\n": rb"\\n",
    "\t": rb"\\t",
    "\r": rb"\\r",
    "\b": rb"\\b",
    "\f": rb"\\f",
}
_BEFORE_CHARACTERS: Final = 24

_Place: TypeAlias = tuple[tuple[Key, ...], Value]


class Match(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A found place."""

    path: str
    """The place's JSON pointer."""
    kind: Kind
    """The kind of the value."""
    preview: str
    """The value in at most 80 characters; a long text is cut around the searched text."""
    key: Key | None = None
    """The value's name or its place in a list; absent for the whole payload."""


class Matches(Struct, frozen=True, kw_only=True):
    """The result of a search or query."""

    matches: tuple[Match, ...]
    """The found places in the order of the payload."""
    complete: bool
    """Whether there are no further places."""


def search(document: Document, text: str, limit: int, search_s: float = SEARCH_S) -> Matches:
    """
    Find a text in names and values.

    Args:
        document: The payload.
        text: The searched text: any part of a name, a text, or a number's JSON.
        limit: The largest number of places.
        search_s: The time limit, seconds.

    Returns:
        The places; incomplete when a limit is reached.
    """
    if not text:
        return Matches(matches=(), complete=True)
    searcher = _Searcher(document, text, time.monotonic() + search_s)
    found: list[Match] = []
    try:
        for match in searcher.walk():
            if len(found) == limit:
                return Matches(matches=tuple(found), complete=False)
            found.append(match)
    except TimeoutError:
        return Matches(matches=tuple(found), complete=False)
    return Matches(matches=tuple(found), complete=True)


class _Searcher:
    def __init__(self, document: Document, text: str, deadline: float) -> None:
        self._document = document
        self._wanted = text.lower()
        self._pattern = search_pattern(text)
        self._deadline = deadline

    def walk(self) -> Iterator[Match]:
        # Use no recursion, because a payload may be nested deeper than Python's stack.
        waiting: list[Iterator[_Place]] = [iter([((), self._document.root)])]
        while waiting:
            place = next(waiting[-1], None)
            if place is None:
                waiting.pop()
                continue
            if time.monotonic() > self._deadline:
                raise TimeoutError
            keys, value = place
            may_hold = self._pattern.search(value.text, value.start, value.end) is not None
            match = self._match(keys, value, may_hold=may_hold)
            if match is not None:
                yield match
            if may_hold and value.is_container:
                waiting.append(self._list_parts(keys, value))

    def _list_parts(self, keys: tuple[Key, ...], value: Value) -> Iterator[_Place]:
        level = self._document.read_level(value)
        for place, start, end in level.list_places():
            if self._pattern.search(value.text, start, end) is not None:
                for name, part in level.list_items(place):
                    yield (*keys, name), part

    def _match(self, keys: tuple[Key, ...], value: Value, *, may_hold: bool) -> Match | None:
        key = keys[-1] if keys else None
        preview = self._make_preview(value) if may_hold and not value.is_container else None
        if preview is None and isinstance(key, str) and self._wanted in key.lower():
            preview = shorten(value)
        if preview is None:
            return None
        return Match(path=join_pointer(keys), key=key, kind=value.kind, preview=preview)

    def _make_preview(self, value: Value) -> str | None:
        if value.kind != "string":
            text = value.json().decode()
            return shorten(value) if self._wanted in text.lower() else None
        text = decode_string(value)
        at = text.lower().find(self._wanted)
        if at < 0:
            return None
        if at + len(self._wanted) <= PREVIEW_CHARACTERS - 2:
            return shorten(value)
        return preview_text(f"…{text[max(at - _BEFORE_CHARACTERS, 0) :]}")


def search_pattern(text: str) -> re.Pattern[bytes]:
    """
    Make a pattern that matches every JSON spelling of a text, and possibly more.

    Args:
        text: The text.

    Returns:
        The pattern, which ignores case.
    """
    return re.compile(b"".join(_write_ways(character) for character in text), re.IGNORECASE)


def _write_ways(character: str) -> bytes:
    # JSON encoders never escape ASCII letters and digits.
    if character.isascii() and (character.isalnum() or character in " -_"):
        return re.escape(character).encode()
    ways: list[bytes] = []
    for form in dict.fromkeys((character, character.lower(), character.upper())):
        ways.append(re.escape(form.encode()))
        units = form.encode("utf-16-be").hex()
        ways.append(
            b"".join(rb"\\u" + units[at : at + 4].encode() for at in range(0, len(units), 4))
        )
    if character in _SHORT_ESCAPES:
        ways.append(_SHORT_ESCAPES[character])
    return b"(?:" + b"|".join(ways) + b")"
