"""
Opens containers: the JSON around the items, and a copy of the items.

This module copies no more items than fit, even while another thread changes the container.
`encoder` writes the items. Each function that opens a container takes the value and the number of
bytes left for the value, as `forms.choose_form` does.
"""

from __future__ import annotations

from array import array
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from datetime import date, datetime, timezone
from decimal import Decimal
from enum import Enum
from typing import Any, Final
from uuid import UUID

from msgspec import Struct

from flightlog.capture.encoding.attributes import (
    copy_first_items,
    find_dict_behind,
    read_attribute,
    read_pairs,
)
from flightlog.capture.encoding.texts import encode_as_json, find_class_attribute, read_type_name
from flightlog.record.placeholders import MARK, write_placeholder
from flightlog.signal_handlers import reraise_from_signal_handler

_LEAST_ITEM: Final = 2
"""The least bytes of a list's item, with its comma."""
_LEAST_MEMBER: Final = 7
_SMALL_MEMBERS: Final = 256
"""
More keys than exist with fewer than two bytes; with a key of two bytes, a member takes 7 bytes.
"""
_LEAST_ELEMENT: Final = 4
_SMALL_ELEMENTS: Final = 1024
"""More values than exist with JSON of fewer than three bytes; all elements of a set differ."""
_DEEPEST_RANK: Final = 8
_MEASURES: Final[dict[int, Callable[[Any], int] | None]] = {
    id(str): str.__len__,
    id(bytes): bytes.__len__,
    id(int): int.bit_length,
    id(Decimal): Decimal.__sizeof__,
    id(float): None,
    id(bool): None,
    id(type(None)): None,
    id(date): None,
    id(UUID): None,
}
"""Types whose values can be compared, each with the measure that a comparison's time depends on."""


class Branch(Struct, kw_only=True):
    """A container: the JSON around its items, and the items."""

    items: Sequence[Any]
    """As many items as can fit or more, or all items. A slice of the items is a list."""
    total: int | None
    """The number of the value's items; None where the number is unknown."""
    names: list[str] | None = None
    """The items' names, for an object."""
    opening: bytes = b"["
    """The JSON before the items."""
    closing: bytes = b"]"
    """The JSON after the items."""
    batch: int = 4096
    """How many items may be taken at once."""


def open_list(value: Any, max_bytes: int) -> Branch:
    """Open a list without calling a subclass's methods; see `forms.choose_form`."""
    items = list.__getitem__(value, slice(limit_items(max_bytes)))
    return _series(items, list.__len__(value))


def open_tuple(value: Any, max_bytes: int) -> Branch:
    """Open a tuple, with its names if it has any; see `forms.choose_form`."""
    names = find_class_attribute(type(value), "_fields")
    items = tuple.__getitem__(value, slice(limit_items(max_bytes)))
    total = tuple.__len__(value)
    if type(names) is tuple and len(names) == total == len(items):
        return make_object([*names], [*items], total)
    return _series([*items], total)


def open_deque(value: Any, max_bytes: int) -> Branch:
    """Open a deque; see `forms.choose_form`."""
    items = copy_first_items(lambda: deque.__iter__(value), limit_items(max_bytes))
    return _series(items, _count_items(items, limit_items(max_bytes), deque.__len__(value)))


def open_set(value: Any, max_bytes: int) -> Branch:
    """
    Open a set and sort its items if possible; see `forms.choose_form`.

    The items are sorted, because the order of a set of texts differs between processes.
    """
    base = frozenset if issubclass(type(value), frozenset) else set
    bound = max(max_bytes, 0) // _LEAST_ELEMENT + _SMALL_ELEMENTS
    items = copy_first_items(lambda: base.__iter__(value), bound + 1)
    # Don't sort a larger set, because sorting takes long and the set doesn't fit anyway.
    if len(items) <= bound:
        _sort(items, max_bytes)
    return make_placeholder(
        base.__name__, items, _count_items(items, bound + 1, base.__len__(value))
    )


def _sort(items: list[Any], max_bytes: int) -> None:
    """Sort items whose comparison runs no code of the workflow, unless the items are too long."""
    left = [4 * max(max_bytes, 0) + 128 * len(items)]
    first = id(type(items[0])) if items else 0
    try:
        # Items of one type, the usual case, need no ranks.
        if first in _MEASURES and all(id(type(item)) == first for item in items):
            measure = _MEASURES[first]
            if measure is None or sum(map(measure, items)) <= left[0]:
                items.sort()
        else:
            items.sort(key=lambda item: _rank(item, left))
    except Exception as fault:  # noqa: BLE001  # values that can't be compared keep their order
        reraise_from_signal_handler(fault)


def _rank(item: Any, left: list[int], depth: int = 0) -> tuple[str, Any]:
    """Order by type, then by value; order an enum's members by name."""
    kind = type(item)
    identity = id(kind)
    if issubclass(kind, Enum):
        name = read_attribute(item, "_name_")
        if type(name) is str:
            return read_type_name(kind), name
    elif kind is tuple and depth < _DEEPEST_RANK:
        left[0] -= len(item)
        if left[0] >= 0:
            return kind.__name__, tuple(_rank(part, left, depth + 1) for part in item)
    elif kind is datetime and (item.tzinfo is None or type(item.tzinfo) is timezone):
        return kind.__name__, item
    elif identity in _MEASURES:
        measure = _MEASURES[identity]
        left[0] -= 0 if measure is None else measure(item)
        if left[0] >= 0:
            return kind.__name__, item
    raise TypeError


def open_dict_view(value: Any, max_bytes: int) -> Branch:
    """Open a view of a dict's keys, values or items; see `forms.choose_form`."""
    name = type(value).__name__
    container: Any = find_dict_behind(value)
    if not issubclass(type(container), dict):
        return make_placeholder(name, [], None)
    items: list[Any]
    bound = limit_items(max_bytes)
    is_ordered = type(container) is OrderedDict
    if name.endswith("_keys") and not is_ordered:
        items = copy_first_items(lambda: dict.__iter__(container), bound)
    elif name.endswith("_values") and not is_ordered:
        items = copy_first_items(lambda: iter(dict.values(container)), bound)
    else:
        bound = max(max_bytes, 0) // _LEAST_MEMBER + _SMALL_MEMBERS
        pairs = read_pairs(container, bound)
        items = pairs[::2] if name.endswith("_keys") else pairs[1::2]
        if name.endswith("_items"):
            items = list(zip(pairs[::2], items, strict=True))
    return make_placeholder(name, items, _count_items(items, bound, dict.__len__(container)))


def open_dict(value: Any, max_bytes: int) -> Branch:
    """Open a dict without calling a subclass's methods; see `forms.choose_form`."""
    bound = max(max_bytes, 0) // _LEAST_MEMBER + _SMALL_MEMBERS
    pairs = read_pairs(value, bound)
    keys = pairs[::2]
    return make_object(keys, pairs[1::2], _count_items(keys, bound, dict.__len__(value)))


def open_chain_map(maps: Sequence[Any], max_bytes: int) -> Branch | None:
    """
    Open a `ChainMap` of dicts with text keys; see `forms.choose_form`.

    The result is None where the maps are no dicts, or a key is no text.
    """
    bound = max(max_bytes, 0) // _LEAST_MEMBER + _SMALL_MEMBERS
    merged: dict[str, Any] = {}
    whole = True
    for container in reversed(maps):
        if not issubclass(type(container), dict):
            return None
        pairs = read_pairs(container, bound)
        if not all(type(key) is str for key in pairs[::2]):
            return None
        merged.update(zip(pairs[::2], pairs[1::2], strict=True))
        whole = whole and len(pairs) // 2 < bound
        if len(merged) > bound:
            break
    return make_object([*merged], [*merged.values()], len(merged) if whole else None)


def make_object(keys: list[Any], values: list[Any], total: int | None) -> Branch:
    """
    Make an object of pairs; or a list of pairs, where a key is no text or is a placeholder's key.

    Args:
        keys: The keys.
        values: The values, in the order of the keys.
        total: The number of all members; None where the number is unknown.

    Returns:
        The container.
    """
    if all(type(key) is str for key in keys):
        names: list[str] | None = keys
    elif all(issubclass(type(key), str) for key in keys):
        names = [str.__str__(key) for key in keys]
    else:
        names = None
    if names is None or MARK in names:
        return make_placeholder("dict", list(zip(keys, values, strict=True)), total)
    return Branch(items=values, total=total, names=names, opening=b"{", closing=b"}")


def make_placeholder(kind: str, items: Sequence[Any], total: int | None, **more: object) -> Branch:
    """
    Put items into a placeholder.

    Args:
        kind: The placeholder's kind.
        items: The items.
        total: The number of all items; None where the number is unknown.
        more: Further members of the placeholder.

    Returns:
        The container.
    """
    opening = write_placeholder(kind, **more)[:-1] + b',"items":['
    return Branch(items=items, total=total, opening=opening, closing=b"]}")


def make_value_placeholder(member: str, value: object, /, **more: object) -> Branch:
    """
    Put one value of any type into a placeholder, e.g. an enum member's value.

    Args:
        member: The name of the member that holds the value.
        value: The value.
        more: Further members, the placeholder's kind among them.

    Returns:
        The container.
    """
    opening = encode_as_json(more)[:-1] + b',"%s":' % member.encode()
    return Branch(items=[value], total=1, opening=opening, closing=b"}")


def open_array(value: Any, max_bytes: int) -> Branch:
    """Open an `array.array`; see `forms.choose_form`."""
    items = array.tolist(array.__getitem__(value, slice(limit_items(max_bytes))))
    code = array.__dict__["typecode"].__get__(value)
    return make_placeholder("array", items, array.__len__(value), type=code)


def limit_items(max_bytes: int) -> int:
    """
    Return one more than the number of items that can fit; see `forms.choose_form`.

    Each item takes two bytes or more.
    """
    return max(max_bytes, 0) // _LEAST_ITEM + 1


def _series(items: list[Any], total: int) -> Branch:
    return Branch(items=items, total=total)


def _count_items(items: Sequence[Any], bound: int, length: int) -> int:
    """Return the number of items; another thread may have added some since they were copied."""
    return len(items) if len(items) < bound else max(len(items), length)
