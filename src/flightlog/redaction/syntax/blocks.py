"""Values on the lines after their name: YAML's block scalars and next lines, and heredocs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from flightlog.redaction.reading import BARE, NEWLINE, SURE, Value

EXAMPLES: Final = (
    ("db:\n  password: |\n    █\n  port: 3\n", "hunter2"),
    ("password: >-\n  █\n", "hunter2\n  and more"),
    ("password:\n  █\nhost: a\n", "hunter2"),
    ("api_key: !!str |\n  █\n", "hunter2"),
    ("password=<<EOF\n█\nEOF\nx=1", "hunter2"),
    ("secrets:\n  db: hostname\n", ""),
    ("password:\nnext: x\n", ""),
)
_BLOCK: Final = re.compile(
    rb"(?:(?:!!?[\w/:.-]{1,40}|&\w{1,40})[ \t]{1,4})?["
    rb"|>][-+]?[0-9]?[-+]?[ \t]{0,8}(?:#[^\r\n\\]{0,80})?" + NEWLINE
)
_INDENT: Final = re.compile(rb"[ ]{1,64}|(?:\t|\\{1,15}t){1,16}")
_NEXT_LINE: Final = re.compile(
    NEWLINE
    + rb"(?P<indent>[ ]{1,64})(?![-#])(?P<value>[^\s\"'\\:{}\[\]]{4,200}+)(?=[ \t]{0,8}(?:"
    + NEWLINE
    + rb"|\Z))"
)
_LINE: Final = re.compile(rb"(?:[^\r\n\\]|\\{1,15}(?![nr\"']))*+")
_NEWLINE: Final = re.compile(NEWLINE)
_HEREDOC: Final = re.compile(rb"<<[-~]?\\{0,15}[\"']?(?P<word>\w{1,40})\\{0,15}[\"']?" + NEWLINE)
_BEFORE: Final = re.compile(rb"[\r\n]|\\n")
_INDENT_BYTES: Final = 64


def read(text: bytes, start: int, place: int, limit: int) -> Sequence[Value] | None:
    """
    Find a value on the lines after its name.

    Args:
        text: The text.
        start: Where the name starts.
        place: After the sign.
        limit: Where the text, or the string around it, ends.

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
