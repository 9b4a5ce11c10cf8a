"""
Decides how a condition is written: as an expression in braces, or as Python.

A condition without braces may be either. The editor's own types mean an expression; its forms and
its generator mean Python. Most conditions mean the same in both.
"""

from __future__ import annotations

from typing import Any, Final

from flightlog.codegen.values import OPEN, wrap_expression
from flightlog.errors import InvalidExpressionError
from flightlog.runtime.conditions import find_unknown_names, parse_condition
from flightlog.runtime.expressions import check
from flightlog.runtime.name_check import CONTEXTS
from flightlog.runtime.template_parts import is_one_expression

NAMES: Final = frozenset({*CONTEXTS, "ctx"})
"""The names that a Python condition may use."""
ROUTE_NAMES: Final = NAMES | {"messages"}
"""The names that a Python condition of a router's route may use."""
ALWAYS: Final = "always"


class Everything:
    """A collection that has every name."""

    def __contains__(self, name: object) -> bool:
        return True

    def __iter__(self) -> Any:
        return iter(())

    def __len__(self) -> int:
        return 1


def write_condition(value: Any, *, python: bool) -> Any:
    """
    Write a condition as the runtime reads it.

    Args:
        value: The condition; a value that is no text is returned unchanged.
        python: Whether a text without braces that is valid in both languages is Python.

    Returns:
        The text: with braces around the whole if it is an expression, else unchanged.
    """
    if not isinstance(value, str) or OPEN in value or value.strip() == ALWAYS:
        return value
    as_python = find_python_fault(value, ROUTE_NAMES) is None
    as_expression = _is_expression(wrap_expression(value))
    if python:
        return wrap_expression(value) if as_expression and not as_python else value
    return value if as_python and not as_expression else wrap_expression(value)


def find_python_fault(text: str, names: frozenset[str]) -> tuple[str, str] | None:
    """
    Find out why a condition is no Python that conditions may have.

    Args:
        text: The condition. One expression in braces alone is no Python, and has no fault here.
        names: The names that the condition may use.

    Returns:
        A description of the fault and a remedy; None when there is no fault.
    """
    inner = text.strip()
    if inner == ALWAYS and "messages" in names:
        return None
    try:
        if is_one_expression(inner):
            return None
        unknown = find_unknown_names(parse_condition(inner), names)
    except InvalidExpressionError as error:
        return f"can't be evaluated: {error.message.rstrip('.')}", error.hint.rstrip(".")
    if unknown:
        return (
            f"names {', '.join(f'`{name}`' for name in unknown)}, which there is not",
            f"there are {', '.join(sorted(names))}",
        )
    return None


def _is_expression(text: str) -> bool:
    everything: Any = Everything()
    try:
        check(text, nodes=everything, secrets=everything)
    except InvalidExpressionError:
        return False
    return True
