"""A payload on the terminal: readable, harmless, and shortened when it is large."""

from __future__ import annotations

import re
from typing import Final

import msgspec
from msgspec import Raw
from rich.highlighter import JSONHighlighter
from rich.text import Text

from flightlog.text import clean_json, format_count, format_size

LINES: Final = 12
LINE_CHARACTERS: Final = 160
SHORT_BYTES: Final = 20_000

_LONE_HALF: Final = re.compile(
    r"(?<!\\)(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    r"|(?<!\\)\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)


def format_payload(name: str, value: Raw, *, width: int, full: bool) -> Text:
    """
    Write one payload under its name.

    Args:
        name: `input`, `output` or `trigger`.
        value: The JSON.
        width: A payload of at most this number of characters is written on one line.
        full: Write the whole payload, however long.

    Returns:
        Text of one or more lines; a shortened text ends with the size of the whole payload.
    """
    document = bytes(value)
    label = Text.assemble((f"{name}  ", "bright_black"))
    if len(document) <= width:
        line = clean_json(_format(document, indent=0))
        if len(line) + len(label) <= width:
            return label + _colour(line)
    lines = clean_json(_format(document, indent=2)).split("\n")
    if full:
        text = "\n".join(lines)
        body = _colour(text) if len(document) <= SHORT_BYTES else Text(text)
        return _place_below(label, body)
    kept = [_shorten(line) for line in lines[:LINES]]
    body = _colour("\n".join(kept))
    if kept != lines:
        more = f"{format_count(len(lines) - LINES, 'line')} more, " if len(lines) > LINES else ""
        body.append(
            f"\n… {more}{format_size(len(document))} in all: --full shows it", "bright_black"
        )
    return _place_below(label, body) if len(lines) > 1 else label + body


def _place_below(label: Text, body: Text) -> Text:
    label.rstrip()
    whole = Text("\n  ").join([label, *body.split("\n")])
    # Let the terminal break long lines, because it is much faster than rich.
    whole.no_wrap, whole.overflow = True, "ignore"
    return whole


def _format(document: bytes, indent: int) -> str:
    try:
        formatted = msgspec.json.format(document, indent=indent)
    except (msgspec.MsgspecError, RecursionError):
        # The text has a lone surrogate (from a test run's output), or is nested too deeply.
        text = _LONE_HALF.sub(
            lambda found: found[1] or "\N{REPLACEMENT CHARACTER}", _write_text(document)
        )
        try:
            formatted = msgspec.json.format(text.encode(), indent=indent)
        except (msgspec.MsgspecError, RecursionError):
            return text
    return _write_text(formatted)


def _write_text(document: bytes) -> str:
    return document.decode("utf-8", "replace")


def _shorten(line: str) -> str:
    if len(line) <= LINE_CHARACTERS:
        return line
    return f"{line[:LINE_CHARACTERS]}… ({format_count(len(line), 'character')})"


def _colour(text: str) -> Text:
    coloured = Text(text)
    JSONHighlighter().highlight(coloured)
    return coloured
