"""Writes values as texts within the limits of expressions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from flightlog.capture.encoding import encode_value
from flightlog.runtime.budget import ExpressionFault, spend_copy, spend_visit

MAX_CHARACTERS: Final = 10_000_000
"""The longest text that an expression may make, characters."""
_WHOLE: Final = 1 << 40


def check_size(size: float) -> None:
    """
    Refuse to make a value that is too large.

    Args:
        size: The value's size: characters, items or bits.

    Raises:
        ExpressionFault: The size exceeds `MAX_CHARACTERS`.
    """
    if size > MAX_CHARACTERS:
        raise ExpressionFault(f"would make something of more than {MAX_CHARACTERS:,} characters")


def to_text(value: Any) -> str:
    """
    Write a value as part of a text.

    Text stays unchanged, None becomes an empty text, and booleans become `true` and `false`.
    Lists and objects become JSON.

    Args:
        value: Any value.

    Returns:
        The text.

    Raises:
        ExpressionFault: The text exceeds the limits.
    """
    if isinstance(value, str):
        spend_copy(value)
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return to_json(value)


def to_json(value: Any) -> str:
    """
    Write a value as JSON; a value that JSON can't hold is written as records write it.

    Args:
        value: Any value.

    Returns:
        The JSON.

    Raises:
        ExpressionFault: The JSON exceeds the limits.
    """
    spend_visit(value)
    written = encode_value(value, _WHOLE)
    check_size(len(written))
    return written.decode("utf-8", "replace")


def concatenate(texts: Iterable[str]) -> str:
    """
    Concatenate texts from an iterator, and stop early when the result grows too large.

    Args:
        texts: The texts.

    Returns:
        One text.

    Raises:
        ExpressionFault: The result exceeds `MAX_CHARACTERS`.
    """
    taken, size = [], 0
    for text in texts:
        taken.append(text)
        size += len(text)
        check_size(size)
    return "".join(taken)
