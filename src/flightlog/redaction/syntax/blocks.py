"""Values on the lines after their name: YAML's block scalars and next lines, and heredocs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from flightlog.redaction.patterns import NEWLINE, pattern
from flightlog.redaction.reading import BARE, SURE, Value

_BLOCK: Final = pattern(
    rb"(?:(?:!!?[\w/:.-]{1,40}|&\w{1,40})[ \t]{1,4})?[|>][-+]?[0-9]?[-+]?[ \t]{0,8}"
    rb"(?:#[^\r\n\\]{0,80})?(?&newline)"
)
_INDENT: Final = pattern(rb"[ ]{1,64}|(?:\t|\\{1,15}t){1,16}")
_NEXT_LINE: Final = pattern(
    rb"(?&newline)(?P<indent>[ ]{1,64})(?![-#])(?P<value>[^\s\"'\\:{}\[\]]{4,200}+)"
    rb"(?=[ \t]{0,8}(?:(?&newline)|\Z))"
)
_LINE: Final = pattern(rb"(?:[^\r\n\\]|\\{1,15}(?![nr\"']))*+")
_NEWLINE: Final = pattern(rb"(?&newline)")
_HEREDOC: Final = pattern(rb"<<[-~]?\\{0,15}[\"']?(?P<word>\w{1,40})\\{0,15}[\"']?(?&newline)")
_BEFORE: Final = pattern(rb"[\r\n]|\\n")
_INDENT_BYTES: Final = 64


def read(text: bytes, start: int, place: int, limit: int) -> Sequence[Value] | None:
    """
    Find a value on the lines after its name.

    Returns:
        The value; None when none stands there.
    """
    block = _BLOCK.match(text, place, limit)
    if block is not None:
        indent = _INDENT.match(text, block.end(), limit)
        return (
            ((block.end() + len(indent[0]), _end(text, block.end(), limit, indent[0]), SURE),)
            if indent
            else ()
        )
    heredoc = _HEREDOC.match(text, place, limit)
    if heredoc is not None:
        end = re.compile(NEWLINE + rb"[ \t]{0,64}" + heredoc["word"] + rb"\b").search(
            text, heredoc.end(), limit
        )
        return ((heredoc.end(), end.start() if end else limit, SURE),)
    following = _NEXT_LINE.match(text, place, limit)
    if following is None or len(following["indent"]) <= _indent_before(text, start):
        return None
    return ((*following.span("value"), BARE),)


def _end(text: bytes, place: int, limit: int, indent: bytes) -> int:
    """Find the end of the lines that are indented as the first one is."""
    end = place
    while text.startswith(indent, place) and place < limit:
        line = _LINE.match(text, place, limit)
        end = line.end() if line else limit
        following = _NEWLINE.match(text, end, limit)
        if following is None:
            break
        place = following.end()
    return end


def _indent_before(text: bytes, start: int) -> int:
    before = text[max(0, start - _INDENT_BYTES) : start]
    return len(before) - len(before.rstrip(b" "))
