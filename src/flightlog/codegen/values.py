"""
Config values: literals, `{"type": "static"}`, `{"type": "expression"}`, and texts with `{{ … }}`.

They become plain values in which a text is a template; what is no template but looks like one is
wrapped. Whether an expression can be evaluated is `flightlog.runtime.expressions`' word.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from flightlog.codegen.literals import Static

OPEN: Final = "{{"


def plain(value: Any) -> Any:
    """
    Make a config value plain.

    Args:
        value: As it stands in the manifest.

    Returns:
        The same with each `expression` as its text and each `static` as its value, within `Static`
        where a text in it would be taken for an expression.
    """
    if isinstance(value, list):
        return [plain(one) for one in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"type", "value"} and value["type"] == "static":
        return unevaluated(value["value"])
    if (
        value.keys() == {"type", "expression"}
        and value["type"] == "expression"
        and isinstance(value["expression"], str)
    ):
        return expression(value["expression"])
    return {name: plain(one) for name, one in value.items()}


def unevaluated(value: Any) -> Any:
    """Keep the texts of a value from being evaluated."""
    return Static(value) if any(OPEN in text for text, _ in template_texts(value)) else value


def expression(text: str) -> str:
    """Put braces around an expression that has none."""
    return text if OPEN in text else f"{{{{ {text.strip()} }}}}"


def template_texts(value: Any, *place: str | int) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    """
    Find the texts in a plain value that will be evaluated.

    Args:
        value: The value.
        place: Where it is.

    Yields:
        Each text, and where it is.
    """
    if isinstance(value, str):
        yield value, place
    elif isinstance(value, dict):
        for name, one in value.items():
            yield from template_texts(one, *place, name)
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from template_texts(one, *place, number)
