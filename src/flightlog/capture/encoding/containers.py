"""
Containers: what stands around their items, and a first look at the items themselves.

It owns copying them, no more than there is room for, even while another thread changes them.
`encoder` writes the items.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from itertools import islice
from typing import Any, Final
from uuid import UUID

from msgspec import Struct

from flightlog.capture.encoding.texts import as_json, class_attribute, type_name
from flightlog.interruptions import pass_on
from flightlog.marks import MARK, mark

_TRIES: Final = 5
_ORDERED: Final = frozenset(
    map(id, (str, int, float, bool, bytes, tuple, type(None), date, datetime, Decimal, UUID))
)


class Branch(Struct, kw_only=True):
    """A container: what stands around its items, and they themselves."""

    items: Iterator[Any]
    """Values, or pairs of text and value. At least as many as there is room for, or all."""
    total: int | None
    """How many items the value has; None if there are more than can be told."""
    keyed: bool = False
    """Whether the items are pairs."""
    opening: bytes = b"["
    """Goes before the items."""
    closing: bytes = b"]"
    """Goes after the items."""


def listed(value: Any, room: int) -> Branch:
    """Take a list's items; a subclass isn't asked for them."""
    return _series(list.__getitem__(value, slice(most(room))), list.__len__(value))


def tuple_items(value: Any, room: int) -> Branch:
    """Take a tuple's items, with their names if it has any."""
    names = class_attribute(type(value), "_fields")
    items = tuple.__getitem__(value, slice(most(room)))
    total = tuple.__len__(value)
    if type(names) is tuple and len(names) == total:
        return members(list(zip(names, items, strict=False)), total)
    return _series(items, total)


def deque_items(value: Any, room: int) -> Branch:
    """Take a deque's items."""
    items = _snapshot(lambda: deque.__iter__(value), most(room))
    return _series(items, deque.__len__(value))


def set_items(value: Any, room: int) -> Branch:
    """Sort what can be sorted: the order of a set of texts is another one in each process."""
    base = frozenset if issubclass(type(value), frozenset) else set
    total = base.__len__(value)
    # A larger one can't be kept whole anyway, and sorting it would take long.
    sortable = total <= room
    items = _snapshot(lambda: base.__iter__(value), total if sortable else most(room))
    if sortable:
        try:
            items.sort(key=_rank)
        except TypeError as fault:
            pass_on(fault)
    return marked(base.__name__, items, total)


def dict_view(value: Any, room: int) -> Branch:
    """Take the items of a dict's keys, values or items."""
    items = _snapshot(lambda: iter(value), most(room))
    return marked(type(value).__name__, items, len(value))


def dict_members(value: Any, room: int) -> Branch:
    """Take a dict's members; a subclass isn't asked for them."""
    # `move_to_end` changes an order of which `dict.items` knows nothing.
    kind: Any = OrderedDict if type(value) is OrderedDict else dict
    return members(_snapshot(lambda: kind.items(value), most(room)), dict.__len__(value))


def mapping_members(value: Any, room: int) -> Branch:
    """Take the members of what only behaves like a dict."""
    bound = most(room)
    pairs = [(key, value[key]) for key in islice(iter(value), bound)]
    return members(pairs, len(pairs) if len(pairs) < bound else _length(value, bound))


def members(pairs: list[tuple[Any, Any]], total: int | None) -> Branch:
    """Make an object of pairs, or a list of them where a key is no text or could be our mark's."""
    if all(issubclass(type(key), str) for key, _ in pairs):
        named = [(str.__str__(key), item) for key, item in pairs]
        if all(name != MARK for name, _ in named):
            return Branch(items=iter(named), total=total, keyed=True, opening=b"{", closing=b"}")
    return marked("dict", pairs, total)


def marked(kind: str, items: Iterable[Any], total: int | None, **more: object) -> Branch:
    """Put items into a mark."""
    opening = mark(kind, **more)[:-1] + b',"items":['
    return Branch(items=iter(items), total=total, opening=opening, closing=b"]}")


def slot(member: str, value: object, /, **more: object) -> Branch:
    """Put one value of any make into a mark, e.g. an enum member's."""
    opening = as_json(more)[:-1] + b',"%s":' % member.encode()
    return Branch(items=iter([value]), total=1, opening=opening, closing=b"}")


def ndarray(value: Any, room: int) -> Branch:
    """Take an array's rows, and their rows, down to plain numbers."""
    made = {"dtype": str(value.dtype), "shape": [*map(int, value.shape)]}
    if value.ndim == 0:
        return slot("value", value.item(), **{MARK: "ndarray"}, **made)
    branch = rows(value, room)
    branch.opening = mark("ndarray", **made)[:-1] + b',"values":['
    branch.closing = b"]}"
    return branch


def rows(value: Any, room: int) -> Branch:
    """Make lists of an array's rows, each of them only when it is reached."""
    first = value[: most(room)]
    return _series(first.tolist() if value.ndim == 1 else map(Row, first), len(value))


class Row:
    """One row of an array of several dimensions."""

    __slots__ = ("row",)

    def __init__(self, row: Any) -> None:
        self.row = row


def most(room: int) -> int:
    """How many items there can be room for, and one more: each takes two bytes or more."""
    return max(room, 0) // 2 + 1


def _series(items: Iterable[Any], total: int | None) -> Branch:
    return Branch(items=iter(items), total=total)


def _snapshot(iterate: Callable[[], Iterable[Any]], bound: int) -> list[Any]:
    """Copy the first items of a container that another thread may be changing."""
    for _ in range(_TRIES - 1):
        try:
            return list(islice(iterate(), bound))
        except RuntimeError as fault:
            pass_on(fault)
    return list(islice(iterate(), bound))


def _rank(item: Any) -> tuple[str, Any]:
    """Order by type, then by value; an enum's members by name."""
    kind = type(item)
    if issubclass(kind, Enum):
        return type_name(kind), item.name
    if id(kind) not in _ORDERED:
        raise TypeError
    return kind.__name__, item


def _length(value: Any, at_least: int) -> int | None:
    try:
        length = len(value)
    except Exception as fault:  # noqa: BLE001  # it may lie, or not know: then neither do we
        pass_on(fault)
        return None
    return length if length >= at_least else None
