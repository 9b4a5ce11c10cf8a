"""
Config values: literals, `{"type": "static"}`, `{"type": "expression"}`, and texts with `{{ … }}`.

This module converts config values to plain values whose texts may contain expressions. A literal
text that contains `{{` is wrapped in `Static`. `flightlog.runtime.expressions` checks expressions.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from flightlog.codegen.literals import Static

OPEN: Final = "{{"


def to_plain(value: Any) -> Any:
    """
    Convert a config value to a plain value.

    Args:
        value: The value in the manifest.

    Returns:
        The value with each `expression` as its text and each `static` as its value. A `static`
        value whose texts contain `{{` is wrapped in `Static`.
    """
    if isinstance(value, list):
        return [to_plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"type", "value"} and value["type"] == "static":
        return protect(value["value"])
    if (
        value.keys() == {"type", "expression"}
        and value["type"] == "expression"
        and isinstance(value["expression"], str)
    ):
        return wrap_expression(value["expression"])
    return {name: to_plain(member) for name, member in value.items()}


def protect(value: Any) -> Any:
    """
    Protect the texts of a value from evaluation.

    Args:
        value: A plain value.

    Returns:
        The value, wrapped in `Static` if a text contains `{{`.
    """
    return Static(value) if any(OPEN in text for text, _ in find_template_texts(value)) else value


def wrap_expression(text: str) -> str:
    """
    Put braces around an expression that has none.

    Args:
        text: The expression.

    Returns:
        The expression with braces.
    """
    return text if OPEN in text else f"{{{{ {text.strip()} }}}}"


def find_template_texts(
    value: Any, *place: str | int
) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    """
    Find the texts in a plain value that will be evaluated.

    Args:
        value: The value.
        place: The value's place.

    Yields:
        Each text with its place.
    """
    if isinstance(value, str):
        yield value, place
    elif isinstance(value, dict):
        for name, member in value.items():
            yield from find_template_texts(member, *place, name)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from find_template_texts(item, *place, number)
