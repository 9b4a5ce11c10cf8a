"""
Text behind escapes, and the way back: what a JSON string or a URL says, and where it says so.

A view is the text that escapes stand for. What is found in it is removed from the text it was made
of, so every place in a view can be traced to its source.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from typing import Final, NamedTuple

_ESCAPE: Final = re.compile(
    rb"\\(?:u(?P<high>[dD][89abAB][0-9a-fA-F]{2})\\u(?P<low>[dD][c-fC-F][0-9a-fA-F]{2})"
    rb"|u(?P<code>[0-9a-fA-F]{4})|(?P<letter>[\"\\/bfnrt]))"
)
_PERCENT: Final = re.compile(rb"%(?P<code>[0-9a-fA-F]{2})")
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

    Attributes:
        text: The text; lone surrogates are three bytes each, as `surrogatepass` writes them.
    """

    def __init__(self, source: bytes, escapes: list[tuple[int, int, bytes]]) -> None:
        self._of_view = [0]
        self._of_source = [0]
        pieces = []
        length = end = 0
        for start, after, undone in escapes:
            pieces += (source[end:start], undone)
            length += start - end
            self._of_view += (length, length + len(undone))
            self._of_source += (start, after)
            length += len(undone)
            end = after
        pieces.append(source[end:])
        self.text = b"".join(pieces)

    def source_span(self, start: int, end: int) -> tuple[int, int]:
        """Find what a span of the view was made of; an escape that it cuts belongs to it."""
        return self._source(start, first=True), self._source(end, first=False)

    def _source(self, place: int, *, first: bool) -> int:
        # Breakpoints alternate: where an escape starts, where it ends (the first is the text's
        # start, an end). Between an end and the next start, both texts run in step.
        if first:
            at = bisect_right(self._of_view, place) - 1
            inside_escape = at % 2 == 1
            step = 0 if inside_escape else place - self._of_view[at]
            return self._of_source[at] + step
        at = bisect_left(self._of_view, place)
        if at == len(self._of_view) or at % 2 == 1:
            before = at - 1
            return self._of_source[before] + place - self._of_view[before]
        return self._of_source[at]


def unescaped(source: bytes) -> View:
    """View what stands between the quotes of a JSON string; what is no escape is left as it is."""
    return View(source, [(*found.span(), _undone(found)) for found in _ESCAPE.finditer(source)])


def unquoted(source: bytes) -> View:
    """View a URL's text with its percent escapes undone."""
    return View(
        source,
        [
            (*found.span(), bytes.fromhex(found["code"].decode()))
            for found in _PERCENT.finditer(source)
        ],
    )


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
    pieces = []
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
