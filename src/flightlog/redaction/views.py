r"""
Text behind escapes.

The way back: `\u0070assword`, `%70assword`, `ｐａｓｓｗｏｒｄ`, a zero-width space, `&quot;`.

A view is the text that the escapes stand for. A span found in a view is removed from the text
that the view was made
of, so every place in a view can be traced to its source. Quotes come back as apostrophes, so that
a string of JSON
ends in its view where it ends in its source.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from typing import Final

from flightlog.redaction.spans import Spans

_PERCENT: Final = rb"%(?:25)*(?P<percent>[2-7][0-9a-fA-F]|0[aAdD])"
_ENTITY: Final = rb"&(?:amp;)*(?P<entity>lt|gt|quot|apos|#3[49]|#x2[27]);"
_HIDDEN: Final = re.compile(
    rb"\\{1,15}u00(?!22|5[cC])(?P<code>[2-7][0-9a-fA-F])|\\{1,15}x(?!22|5[cC])(?P<byte>[2-7][0-9a-fA-F])"
    rb"|\\{1,15}u[fF]{2}(?P<wide>[0-5][0-9a-fA-F])|\xef(?P<utf8>\xbc[\x81-\xbf]|\xbd[\x80-\x9e])"
    rb"|(?P<invisible>\xe2\x80[\x8b-\x8f]|\xe2\x81\xa0|\xef\xbb\xbf|\xc2\xad|\\{1,15}u(?:200[b-fB-F]|2060|[fF][eE][fF]{2}|00[aA][dD]))"
    rb"|" + _PERCENT + rb"|" + _ENTITY
)  # fmt: skip
# A view costs as much as its source; so it is made only where letters, or the signs around names,
# are hidden.
_WORTH_ESCAPE: Final = re.compile(
    rb"\\u00(?!22|5[cC])[2-7][0-9a-fA-F]|\\x(?!22|5[cC])[2-7][0-9a-fA-F]|\\u(?:200[b-fB-F]|2060|[fF][eE][fF]{2}|00[aA][dD]|[fF]{2}[2-5])"
)
_WORTH_PERCENT: Final = re.compile(rb"%(?:25)*(?:3[aAdD]|22|40|7[bB]|[46][1-9a-fA-F]|[57][0-9aA])")
_WORTH_ENTITY: Final = re.compile(rb"&(?:amp;)*(?:lt|quot|#3[49]|#x2[27]);")
_WORTH_UTF8: Final = re.compile(
    rb"\xef(?:\xbc[\xa1-\xba]|\xbd[\x81-\x9a]|\xbb\xbf)|\xe2\x80[\x8b-\x8f]|\xe2\x81\xa0|\xc2\xad"
)
_ENTITIES: Final = {b"lt": b"<", b"gt": b">"}
_WIDE_OFFSET: Final = 0x20
_QUOTE, _APOSTROPHE = ord('"'), b"'"

_ESCAPE: Final = re.compile(
    rb"\\(?:u(?P<high>[dD][89abAB][0-9a-fA-F]{2})\\u(?P<low>[dD][c-fC-F][0-9a-fA-F]{2})"
    rb"|u(?P<code>[0-9a-fA-F]{4})|(?P<letter>[\"\\/bfnrt]))"
)
_LETTERS: Final = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t"}


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
        """
        of_view, of_source = self._of_view, self._of_source
        at = bisect_right(of_view, start) - 1
        first = of_source[at] + (0 if at % 2 else start - of_view[at])
        at = bisect_left(of_view, end) - 1
        last = of_source[at + 1] if at % 2 else of_source[at] + end - of_view[at]
        return first, max(first, last)

    def move(self, found: Spans, spans: Spans) -> None:
        """Add spans that were found in the view to those of its source."""
        for start, end, source, quoted in found.merged(self.text):
            first, last = self.source_span(start, end)
            spans.add(first, last, source, quoted=quoted)


def unhidden(text: bytes) -> View | None:
    """View a text without what hides its letters; None where nothing does."""
    worth = (
        (b"%" in text and _WORTH_PERCENT.search(text))
        or (b"\\" in text and _WORTH_ESCAPE.search(text))
        or (b"&" in text and _WORTH_ENTITY.search(text))
        or (not text.isascii() and _WORTH_UTF8.search(text))
    )
    return View(text, _HIDDEN, _shown) if worth else None


def unescaped(source: bytes) -> View:
    """View the text of a JSON string, whose source stands between its quotes."""
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
