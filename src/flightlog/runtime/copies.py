"""Copies of plain values, for code that may change what it is given."""

from __future__ import annotations

from typing import Any


def own_copy(value: Any) -> Any:
    """
    Copy a value's objects and lists, however deep they are; all else in it stays the same one.

    Args:
        value: Any value; one that is nested too deep comes back as it is.
    """
    try:
        return _copied(value, {})
    except RecursionError:
        return value


def _copied(value: Any, known: dict[int, Any]) -> Any:
    # Exact types only: what a class adds to them would be lost.
    if type(value) not in {dict, list}:
        return value
    if id(value) in known:
        return known[id(value)]
    made: Any
    if type(value) is dict:
        known[id(value)] = made = {}
        for name, one in value.items():
            made[name] = _copied(one, known)
    else:
        known[id(value)] = made = []
        for one in value:
            made.append(_copied(one, known))
    return made
