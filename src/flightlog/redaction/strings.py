"""
Text behind escapes, and the way back: what a JSON string or a URL says, and where it says so.

A view is the text that escapes stand for. What is found in it is removed from the text it was made
of, so every place in a view can be traced to its source.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from functools import cached_property
from itertools import accumulate
from typing import Final, NamedTuple

import msgspec

_ESCAPE: Final = re.compile(
    rb"\\(?:u(?P<high>[dD][89abAB][0-9a-fA-F]{2})\\u(?P<low>[dD][c-fC-F][0-9a-fA-F]{2})"
    rb"|u(?P<code>[0-9a-fA-F]{4})|(?P<letter>[\"\\/bfnrt]))"
)
_PERCENT: Final = re.compile(rb"%(?P<code>[0-9a-fA-F]{2})")
_SIMPLE: Final = len(rb"\n")
_decode_text: Final = msgspec.json.Decoder(str).decode
_LETTERS: Final = {
    b'"': b'"',
    b"\\": b"\\",
    b"/": b"/",
    b"b": b"\b",
    b"f": b"\f",
    b"n": b"\n",
    b"r": b"\r",
    b"t": b"\t",
}


class Edit(NamedTuple):
    """A place in a text, and what is put there."""

    start: int
    end: int
    text: bytes


class View:
    """
    A text with its escapes undone.

    Args:
        source: The text it was made of.
        text: The text; lone surrogates are three bytes each, as `surrogatepass` writes them.
        escape: Finds the escapes.
        undone: Undoes one.
    """

    def __init__(
        self,
        source: bytes,
        text: bytes | None,
        escape: re.Pattern[bytes],
        undone: Callable[[re.Match[bytes]], bytes],
    ) -> None:
        self.text = escape.sub(undone, source) if text is None else text
        self._source_text = source
        self._escape = escape
        self._undone = undone

    def source_span(self, start: int, end: int) -> tuple[int, int]:
        """Find what a span of the view was made of; an escape that it cuts belongs to it."""
        return self._source(start, first=True), self._source(end, first=False)

    @cached_property
    def _breaks(self) -> tuple[list[int], list[int]]:
        # Where escapes start and end, in the view and in the source, and the start of both: between
        # the end of one and the start of the next, view and source run in step.
        of_view, of_source = [0], [0]
        shrunk = 0
        for escape in self._escape.finditer(self._source_text):
            start, end = escape.span()
            length = 1 if end - start == _SIMPLE else len(self._undone(escape))
            of_view += (start - shrunk, start - shrunk + length)
            of_source += (start, end)
            shrunk += end - start - length
        return of_view, of_source

    def _source(self, place: int, *, first: bool) -> int:
        of_view, of_source = self._breaks
        if first:
            at = bisect_right(of_view, place) - 1
            inside_escape = at % 2 == 1
            return of_source[at] + (0 if inside_escape else place - of_view[at])
        at = bisect_left(of_view, place)
        if at == len(of_view) or at % 2 == 1:
            return of_source[at - 1] + place - of_view[at - 1]
        return of_source[at]


class SimpleView:
    """
    A JSON string's text, where every escape is two bytes for one.

    Args:
        source: What stands between the string's quotes.
        text: The text.
    """

    def __init__(self, source: bytes, text: bytes) -> None:
        self.text = text
        self._source = source

    @cached_property
    def _escapes(self) -> list[int]:
        # Where they stand in the view. Each piece but the first begins with what an escape's
        # letter became, once an escaped backslash has another letter.
        pieces = self._source.replace(rb"\\", rb"\_").split(b"\\")
        return list(accumulate(map(len, pieces)))[:-1]

    def source_span(self, start: int, end: int) -> tuple[int, int]:
        """Find what a span of the view was made of."""
        return start + bisect_left(self._escapes, start), end + bisect_left(self._escapes, end)


def unescaped(source: bytes) -> View | SimpleView:
    """View what stands between the quotes of a JSON string; what is no escape is left as it is."""
    try:
        text = _decode_text(b'"%b"' % source).encode()
    except (msgspec.MsgspecError, UnicodeError):
        text = None
    if text is not None and rb"\u" not in source:
        return SimpleView(source, text)
    return View(source, text, _ESCAPE, _undone)


def unquoted(source: bytes) -> View:
    """View a URL's text with its percent escapes undone."""
    return View(source, None, _PERCENT, lambda found: bytes.fromhex(found["code"].decode()))


def escaped(text: bytes) -> bytes:
    """Escape what a mark may hold, for a place between the quotes of a JSON string."""
    return text.replace(b"\\", b"\\\\").replace(b'"', b'\\"')


def edited(text: bytes, edits: list[Edit]) -> bytes:
    """
    Put edits into a text.

    Args:
        text: The text.
        edits: In order, none overlapping another.
    """
    pieces: list[bytes] = []
    end = 0
    for edit in edits:
        pieces += (text[end : edit.start], edit.text)
        end = edit.end
    pieces.append(text[end:])
    return b"".join(pieces)


def _undone(escape: re.Match[bytes]) -> bytes:
    if escape["letter"] is not None:
        return _LETTERS[escape["letter"]]
    if escape["code"] is not None:
        return chr(int(escape["code"], 16)).encode("utf-8", "surrogatepass")
    high, low = int(escape["high"], 16), int(escape["low"], 16)
    return chr(0x10000 + ((high - 0xD800) << 10) + low - 0xDC00).encode()
