r"""
Where values start and end, in text whose escapes aren't undone.

A text within JSON has backslashes before its quotes: one for JSON in text, three for JSON in JSON
in text. A quote closes only with as many as it opened with, and a text that was cut ends where the
string around it ends.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Final, TypeAlias

from flightlog.redaction.jsontext import string_end
from flightlog.redaction.names import Name, read_words
from flightlog.redaction.patterns import pattern

JUDGED: Final = 160
"""How many bytes of a value are read to judge it."""
_NAME: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.$" + bytes(
    range(0x80, 0x100)
)
_LONGEST_NAME: Final = 64
_OPENING: Final = pattern(rb"(?:[bBrRuUfFN@$]{1,2})?(?P<slashes>\\{0,15})(?P<quote>[\"'`])")
_BARE: Final = pattern(
    rb"(?:[^\s&;,\"'`<>)\]}|\\]|&(?!amp;|[\w.%\[\]-]{1,64}=|\s|\Z)|[,)\]}]"
    rb"(?![\s,;)\]}\"'`\\]|\Z|:(?:[\s\\]|\Z)|[\w.-]{1,64}[=:])"
    rb"|\\{1,15}(?:/|u(?!00[0-7])[0-9a-fA-F]{4})"
    rb"|(?<==)(?:\r?\n|\\{1,15}n)(?=[\w+/.-]{4,80}(?:[\s\\]|\Z)))++"
)
REST_OF_LINE: Final = pattern(rb"(?:[^\r\n\\]|\\{1,15}(?![nrt\"'\\]))*+")

# How a value is written, which the judge wants to know; plain numbers, since there is one for
# each value.
SURE: Final = 0
"""Nothing else stands there: after `mysql -p`, in a URL."""
QUOTED: Final = 1
BARE: Final = 2
"""After an equals sign."""
LOOSE: Final = 3
"""After a colon, where a sentence may stand as well."""
WORD: Final = 4
"""After its name, as a word follows another."""
VERB: Final = 5
"""After `is`."""
NUMBER: Final = 6
"""A number of JSON: its mark needs quotes."""
INSIDE: Final = 7
"""In an object or list of the name."""
INSIDE_NUMBER: Final = 8
CELL: Final = 9
"""In a table's column."""
JOINED: Final = 10
"""Right after its name and a dash, or a space: `providerKEY-1f9…`."""


Value: TypeAlias = tuple[int, int, int]
"""A value that stands with a name: where it starts, where it ends, and how it is written."""
Judge: TypeAlias = Callable[[Value, Name], int]
"""Judges a value of a name at once, because a list of a table's values may not fit into memory."""


def name_around(text: bytes, start: int) -> tuple[int, int]:
    r"""
    Find the name of which a stem is a part.

    The letter of an escape like `\n` isn't part of it.

    Args:
        text: The text, its escapes not undone.
        start: A place within the name.

    Returns:
        Where the name starts and ends.
    """
    after = _NAME_AFTER.match(text, start, start + _LONGEST_ESCAPED)
    end = after.end() if after else start
    if not start or text[start - 1] not in _NAME:
        return start, end
    before = text[start - _LONGEST_NAME if start > _LONGEST_NAME else 0 : start]
    first = start - len(before) + len(before.rstrip(_NAME))
    if not before.isascii():
        marks = [mark.end() for mark in _PUNCTUATION.finditer(before)]
        first = max(first, start - len(before) + marks[-1]) if marks else first
    if first and first < start and text[first - 1] == _BACKSLASH:
        first += text[first] in b"nrtbf"
        while text[first] == _U and (
            escape := _ESCAPE_BEFORE.search(text, max(0, first - 16), first + 5)
        ):
            first = escape.start()
    return first, end


_LONGEST_ESCAPED: Final = 6 * _LONGEST_NAME
_U: Final = ord("u")
_ESCAPE_BEFORE: Final = pattern(rb"[\w.$-]*\\{1,15}u(?!00[0-7]|[fF]{2}1[aA])[0-9a-fA-F]{4}\Z")
_MARK: Final = rb"\xc2[\xa0-\xbf]|\xe2[\x80-\x83\x94-\x96]|\xe3\x80|\xef\xbc[\x80-\x8f\x9a-\xa0]"
_PARTICLES: Final = sorted(read_words("prose", "particles"))
_NAME_AFTER: Final = pattern(
    rb"(?:[\w.$-]|(?!(?&mark))[\x80-\xff]"
    rb"|\\{1,15}u(?!00[0-7]|[fF]{2}1[aA]|(?&escaped))[0-9a-fA-F]{4})*+",
    mark=b"|".join((_MARK, *(particle.encode() for particle in _PARTICLES))),
    escaped=b"|".join(b"%04x" % ord(particle) for particle in _PARTICLES),
)
_PUNCTUATION: Final = re.compile(rb"(?:" + _MARK + rb").?", re.DOTALL)
_BACKSLASH: Final = ord("\\")


def quoted(text: bytes, place: int, limit: int) -> tuple[int, int, int] | None:
    """
    Find what stands between the quotes that open at a place.

    Args:
        text: The text.
        place: Where the quote, or the letters before it, may stand.
        limit: Where the text, or the string around it, ends.

    Returns:
        Where it starts and ends, and where to go on after the closing quote; None where no quote
        opens.
    """
    if text[place : place + 1] == b'"' and text[place + 1 : place + 2] != b'"':
        end = string_end(text, place + 1, limit)
        return place + 1, end, min(end + 1, limit)
    opening = _OPENING.match(text, place, limit)
    if opening is None:
        return None
    slashes, quote = opening["slashes"], opening["quote"]
    triple = (slashes + quote) * 2
    start = opening.end()
    if text.startswith(triple, start):
        start += len(triple)
        end = text.find(triple + slashes + quote, start, limit)
        return (start, limit, limit) if end < 0 else (start, end, end + len(triple) * 3 // 2)
    level = len(slashes)
    for closing in _closing(quote).finditer(text, start, limit):
        found = len(closing[1])
        if found >= level and (found - level) // (level + 1) % 2 == 0:
            return start, closing.end() - level - 1, closing.end()
        if found < level:
            # The string around it ends, so the text was cut.
            return start, closing.start(), closing.start()
    return start, limit, limit


def bare_end(text: bytes, place: int, limit: int) -> int:
    """
    Find where a value without quotes ends.

    Args:
        text: The text, its escapes not undone.
        place: Where the value starts.
        limit: Where the text, or the string of JSON around the place, ends.

    Returns:
        Where it ends; `place` if none stands there.
    """
    found = _BARE.match(text, place, limit)
    return found.end() if found else place


def judged_end(text: bytes, place: int, limit: int) -> int:
    """
    Find where a value without quotes ends, no further than values are judged.

    Args:
        text: The text, its escapes not undone.
        place: Where the value starts.
        limit: Where the text, or the string of JSON around the place, ends.

    Returns:
        Where it ends, or `JUDGED` bytes behind its start.
    """
    return bare_end(text, place, min(limit, place + JUDGED))


@cache
def _closing(quote: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"(?<!\\)(\\*+)" + quote)


def closes_text(text: bytes, start: int, place: int) -> bool:
    """
    Check whether a quote behind a name ends a text that begins before the name.

    Args:
        text: The text, its escapes not undone.
        start: Where the name starts.
        place: Where the quote stands.

    Returns:
        Whether it does, as in `input("Password: ")`.
    """
    closing = _QUOTE.match(text, place)
    lines = _LINES.split(text[max(0, start - _PROMPT_BYTES) : start])
    if closing is None or lines[-1].count(closing[0]) % 2 == 0:
        return False
    # A text that opens a line is an argument, or an item.
    opening = _PROMPT.search(b"," + lines[-1] if len(lines) > 1 else lines[-1])
    return opening is not None and opening[1] == closing[0]


_PROMPT: Final = pattern(
    rb"[(=,:\[{<+-](?:[ \t]|\\t){0,40}[bru]?((?&quote))(?:[^\"'`\\\r\n]|\\{1,15}[nt]){0,80}+\Z"
)
"""The beginning of a text that asks for a value, or speaks of it."""
_PROMPT_BYTES: Final = 120
_QUOTE: Final = pattern(rb"(?&quote)")
_LINES: Final = re.compile(rb"\n|(?<!\\)\\n")
