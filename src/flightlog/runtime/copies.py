"""Copies plain values, for code that may change its arguments."""

from __future__ import annotations

from typing import Any


def copy_value(value: Any) -> Any:
    """
    Copy the objects and lists in a value at every depth; all other values are shared.

    Args:
        value: Any value.

    Returns:
        The copy; the value itself when its nesting is too deep.
    """
    try:
        return _copy(value, {})
    except RecursionError:
        return value


def _copy(value: Any, known: dict[int, Any]) -> Any:
    # Copy exact types only, because a copy would lose the attributes of a subclass.
    if type(value) not in {dict, list}:
        return value
    if id(value) in known:
        return known[id(value)]
    made: Any
    if type(value) is dict:
        known[id(value)] = made = {}
        for name, member in value.items():
            made[name] = _copy(member, known)
    else:
        known[id(value)] = made = []
        for item in value:
            made.append(_copy(item, known))
    return made
