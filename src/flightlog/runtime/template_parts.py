"""Finds the expressions in a text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from flightlog.errors import InvalidExpressionError

_SHOWN_CHARACTERS: Final = 100


def split_template(text: str, *, lenient: bool = False) -> Iterator[tuple[str, bool]]:
    """
    Split a text at its expressions.

    Args:
        text: Any text.
        lenient: Whether braces without an end are plain text.

    Yields:
        Each part, and whether the part is an expression. An expression comes without its braces.

    Raises:
        InvalidExpressionError: An expression has no end.
    """
    place = 0
    while (start := text.find("{{", place)) >= 0:
        if start > place:
            yield text[place:start], False
        end = _find_expression_end(text, start + 2)
        if end is None and lenient:
            yield text[start:], False
            return
        if end is None:
            raise InvalidExpressionError(
                shorten(text[start:]),
                "has no `}}` at its end",
                hint='Close it, or make the value {"type": "static", "value": …}.',
            )
        # A space stands for an empty expression, because an empty part would get lost.
        yield text[start + 2 : end] or " ", True
        place = end + 2
    if place < len(text):
        yield text[place:], False


def is_one_expression(value: Any) -> bool:
    """
    Check whether a value is a text that is exactly one expression, which keeps its value's type.

    Args:
        value: Any value.

    Returns:
        Whether the value is such a text.
    """
    if not isinstance(value, str):
        return False
    parts = list(split_template(value.strip(), lenient=True))
    return len(parts) == 1 and parts[0][1]


def _find_expression_end(text: str, place: int) -> int | None:
    depth, quote = 0, ""
    while place < len(text):
        character = text[place]
        if quote:
            if character == "\\":
                place += 1
            elif character == quote:
                quote = ""
        elif character in "'\"":
            quote = character
        elif character == "{":
            depth += 1
        elif character == "}":
            if depth == 0 and text.startswith("}}", place):
                return place
            depth = max(depth - 1, 0)
        place += 1
    return None


def shorten(text: str) -> str:
    """
    Shorten a long text for a message.

    Args:
        text: The text.

    Returns:
        The text; when it is too long, only its start and its end.
    """
    return (
        text
        if len(text) <= 2 * _SHOWN_CHARACTERS
        else f"{text[:_SHOWN_CHARACTERS]}…{text[-_SHOWN_CHARACTERS:]}"
    )
