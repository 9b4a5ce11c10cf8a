r"""
Text behind escapes.

The way back: `\u0070assword`, `%70assword`, `ｐａｓｓｗｏｒｄ`, a zero-width space, `&quot;`.

A view is the text that the escapes stand for. A span found in a view is removed from the text that
the view was made of, so every place in a view can be traced to its source. Quotes come back as
apostrophes, so that a string of JSON ends in its view where it ends in its source.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from typing import Final

from flightlog.redaction.jsontext import Strings
from flightlog.redaction.patterns import pattern
from flightlog.redaction.spans import REST, Spans

_WINDOW: Final = 1 << 18
_OVERLAP: Final = 1 << 14
_LONGEST_NAME: Final = 1 << 10
_PERCENT: Final = rb"%(?:25)*(?P<percent>[2-7][0-9a-fA-F]|0[aAdD])"
_ENTITY: Final = rb"&(?:amp;)*(?P<entity>lt|gt|quot|apos|#3[49]|#x2[27]);"
_HIDDEN: Final = pattern(
    rb"\\{1,15}u00(?!22|5[cC])(?P<code>[2-7][0-9a-fA-F])"
    rb"|\\{1,15}x(?!22|5[cC])(?P<byte>[2-7][0-9a-fA-F])"
    rb"|\\{1,15}u[fF]{2}(?P<wide>[0-5][0-9a-fA-F])"
    rb"|\xef(?P<utf8>\xbc[\x81-\xbf]|\xbd[\x80-\x9e])"
    rb"|(?P<invisible>\xe2\x80[\x8b-\x8f]|\xe2\x81\xa0|\xef\xbb\xbf|\xc2\xad|\\{1,15}u(?:200"
    rb"[b-fB-F]|2060|[fF][eE][fF]{2}|00[aA][dD]))|(?&percent)|(?&entity)",
    percent=_PERCENT,
    entity=_ENTITY,
)
_MARKED: Final = b'{"$flightlog":"'
ANCHOR: Final = (
    rb"\\u00(?:2[013-9aAb-fB-F]|[3467][0-9a-fA-F]|5[0-9abd-fABD-F])|\\x(?:2[013-9a-fA-F]"
    rb"|[3467][0-9a-fA-F]|5[0-9abd-fABD-F])"
    rb"|\\u(?:200[b-fB-F]|2060|[fF][eE][fF]{2}|00[aA][dD]|[fF]{2}[2-5])"
    rb"|%(?:25)*(?:3[aAdD]|22|40|7[bB]|[46][1-9a-fA-F]|[57][0-9aA])"
    rb"|&(?:amp;)*(?:lt|quot|#3[49]|#x2[27]);|" + re.escape(_MARKED) + b"|"
    rb"\xef(?:\xbc[\xa1-\xba]|\xbd[\x81-\x9a]|\xbb\xbf)|\xe2\x80[\x8b-\x8f]|\xe2\x81\xa0|\xc2\xad"
)
"""
Where letters, or the signs around names, are hidden, and placeholders. A view costs as much as
its source, so it is made only where such a place was found.
"""
BEGINS: Final = frozenset(b"\\%&\xef\xe2\xc2")
_ANCHOR: Final = pattern(rb"(?&anchor)", anchor=ANCHOR)
_ENTITIES: Final = {b"lt": b"<", b"gt": b">"}
_WIDE_OFFSET: Final = 0x20
_QUOTE, _APOSTROPHE = ord('"'), b"'"

_ESCAPE: Final = pattern(
    rb"\\(?:u(?P<high>[dD][89abAB][0-9a-fA-F]{2})\\u(?P<low>[dD][c-fC-F][0-9a-fA-F]{2})"
    rb"|u(?P<code>[0-9a-fA-F]{4})|(?P<letter>[\"\\/bfnrt]))"
)
_LETTERS: Final = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t"}

_PLACEHOLDER: Final = re.compile(
    re.escape(_MARKED)
    + rb'(?:truncated|bytes|bytearray|memoryview|exception|path|uuid|object|regex)"'
    rb'(?:,"(?:type|flags)":(?:"[\w.<>]{0,200}"|[0-9]+))*,"(?:value|text|base64|message)":'
    rb'(?P<text>"[^"\\]*+(?:\\.[^"\\]*+)*+")(?:,"size":[0-9]+)?\}'
)
"""The placeholders that hold a text, as `flightlog.capture.encoding` writes them."""


class View:
    """
    A text with its escapes undone.

    Args:
        source: The text it is made of.
        escape: Finds the escapes.
        undo: Undoes one.
    """

    def __init__(
        self, source: bytes, escape: re.Pattern[bytes], undo: Callable[[re.Match[bytes]], bytes]
    ) -> None:
        # Where escapes start and end, in the view and in the source, and the start of both:
        # between the end of one and
        # the start of the next, view and source run in step.
        self._of_view, self._of_source = array("q", [0]), array("q", [0])
        text = bytearray()
        end = 0
        for found in escape.finditer(source):
            start = found.start()
            text += source[end:start]
            self._of_view.append(len(text))
            text += undo(found)
            end = found.end()
            self._of_view.append(len(text))
            self._of_source.extend((start, end))
        text += source[end:]
        self.text = bytes(text)

    def source_span(self, start: int, end: int) -> tuple[int, int]:
        """
        Find the part of the source of which a span is made.

        An escape that the span cuts belongs to it.

        Args:
            start: Where the span starts in the view.
            end: Where it ends in the view.

        Returns:
            Where the part starts and ends in the source.
        """
        of_view, of_source = self._of_view, self._of_source
        at = bisect_right(of_view, start) - 1
        first = of_source[at] + (0 if at % 2 else start - of_view[at])
        at = bisect_left(of_view, end) - 1
        last = of_source[at + 1] if at % 2 else of_source[at] + end - of_view[at]
        return first, max(first, last)

    def move(self, found: Spans, spans: Spans, offset: int = 0) -> None:
        """
        Add spans that were found in the view to those of its source.

        Args:
            found: The spans of the view.
            spans: Takes them.
            offset: Where the source starts in the text of `spans`.
        """
        for start, end, source, quoted in found.merged(self.text):
            if source == REST:
                spans.drop_rest(self.source_span(start, start)[0] + offset)
                continue
            first, last = self.source_span(start, end)
            spans.add(first + offset, last + offset, source, quoted=quoted)


class _Unwrapped(View):
    """A text in which a placeholder for a text is that text."""

    def __init__(self, source: bytes) -> None:
        self._of_view, self._of_source = array("q", [0]), array("q", [0])
        text = bytearray()
        end = 0
        for found in _PLACEHOLDER.finditer(source):
            inner, inner_end = found.span("text")
            for start, stop in ((found.start(), inner), (inner_end, found.end())):
                text += source[end:start]
                # Nothing stands for the removed part.
                self._of_view.extend((len(text), len(text)))
                self._of_source.extend((start, stop))
                end = stop
        text += source[end:]
        self.text = bytes(text)


def unwrap(json: bytes) -> View | None:
    """
    View JSON without the placeholders around texts; None where there are none.

    A name and its text are side by side in the view: `"password":{"$flightlog":"truncated",…}`.

    Args:
        json: The text.

    Returns:
        The view; None if no placeholder holds a text.
    """
    return _Unwrapped(json) if _MARKED in json and _PLACEHOLDER.search(json) else None


def hides(text: bytes, place: int) -> bool:
    """
    Check whether something that hides letters stands at a place.

    Args:
        text: The text, its escapes not undone.
        place: The place.

    Returns:
        Whether it does.
    """
    return text[place] in BEGINS and _ANCHOR.match(text, place) is not None


def reveal(text: bytes) -> View:
    """
    View a text without what hides its letters.

    Args:
        text: The text.

    Returns:
        The view.
    """
    return View(text, _HIDDEN, _shown)


def windows(text: bytes, *, is_json: bool) -> Iterator[tuple[int, bytes]]:
    """
    Cut a large text into windows that overlap, because a view takes several times its source.

    Args:
        text: The text.
        is_json: Whether the text is JSON; a window that begins within a string begins with a quote.

    Yields:
        Where the window starts in the text, and the window.
    """
    strings, start = Strings(text), 0
    while start + _OVERLAP < len(text) or not start:
        window = text[start : start + _WINDOW]
        inside = is_json and start > 0 and strings.hold(start)
        yield start - inside, b'"' + window if inside else window
        start = _space_before(text, start + _WINDOW - _OVERLAP)


def _space_before(text: bytes, place: int) -> int:
    """Find a space before a place, so that no name is cut."""
    return max(text.rfind(b" ", place - _LONGEST_NAME, place) + 1, place - _LONGEST_NAME)


def unescape(source: bytes) -> View:
    """
    View the text of a JSON string, whose source stands between its quotes.

    Args:
        source: What stands between the quotes.

    Returns:
        The view.
    """
    return View(source, _ESCAPE, _undone)


def _shown(found: re.Match[bytes]) -> bytes:
    kind = found.lastgroup or ""
    value = found[kind]
    if kind == "invisible":
        return b""
    if kind == "entity":
        return _ENTITIES.get(value, _APOSTROPHE)
    if kind == "utf8":
        code = value[1] - 0x80 + (_WIDE_OFFSET if value[0] == 0xBC else 0x60)  # noqa: PLR2004 - U+FF00, U+FF40
        return bytes([code])
    code = int(value, 16) + (_WIDE_OFFSET if kind == "wide" else 0)
    return _APOSTROPHE if code == _QUOTE else bytes([code])


def _undone(found: re.Match[bytes]) -> bytes:
    if found["letter"] is not None:
        return _LETTERS.get(found["letter"], found["letter"])
    if found["code"] is not None:
        return chr(int(found["code"], 16)).encode("utf-8", "surrogatepass")
    high, low = int(found["high"], 16), int(found["low"], 16)
    return chr(0x10000 + ((high - 0xD800) << 10) + low - 0xDC00).encode()
