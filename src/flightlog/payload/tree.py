"""Shows a payload as a tree: one level at a time, in pages, with sizes and counts."""

from __future__ import annotations

from typing import Final

from msgspec import UNSET, Raw, Struct, UnsetType

from flightlog.payload.container_index import Key
from flightlog.payload.document import Document
from flightlog.payload.values import Kind, Value, decode_string, encode, shorten

TEXT_BYTES: Final = 64 * 1024
"""The longest complete value, bytes: a longer text or number is cut, a larger mark has no JSON."""

_COUNTED_BYTES: Final = 4 * 2**20
_CUT_CHARACTERS: Final = TEXT_BYTES


class TreeChild(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One part of a container."""

    key: Key
    """The part's name or its place in a list."""
    kind: Kind
    """The kind of the value; a mark stands for a value that JSON can't hold."""
    bytes: int
    """The length of the part's JSON."""
    preview: str
    """The part's JSON in at most 80 characters."""
    count: int | None = None
    """How many parts the value has; absent when counting costs too much."""


class Tree(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """A value and one page of its parts."""

    kind: Kind
    """The kind of the value."""
    bytes: int
    """The length of the value's JSON."""
    count: int | None = None
    """How many parts the value has; absent for a scalar."""
    value: Raw | UnsetType = UNSET
    """A scalar, with at most 64 KiB of a text; or a mark, if it isn't larger."""
    cut: bool = False
    """Whether `value` contains only the beginning."""
    children: tuple[TreeChild, ...] | None = None
    """The parts of this page in order; absent for a scalar."""
    next_offset: int | None = None
    """The offset of the next page; absent on the last page."""


def read_tree(document: Document, pointer: str, offset: int, limit: int) -> Tree:
    """
    Read a page of one level of a payload.

    Args:
        document: The payload.
        pointer: The JSON pointer of the value.
        offset: The number of parts before the page.
        limit: The largest number of parts in the page.

    Returns:
        The value with the page.

    Raises:
        InvalidQueryError: The text is no JSON pointer.
        PlaceNotFoundError: The payload has no such place.
    """
    value = document.find(pointer)
    kind = value.kind
    if not value.is_container:
        scalar, cut = _read_scalar(value)
        return Tree(kind=kind, bytes=value.size_bytes, value=scalar, cut=cut)
    level = document.read_level(value)
    budget = _COUNTED_BYTES
    children = []
    for key, part in level.read_items(offset, limit):
        count = None
        if part.is_container and part.size_bytes <= budget:
            budget -= part.size_bytes
            count = document.read_level(part).count
        children.append(
            TreeChild(
                key=key,
                kind=part.kind,
                bytes=part.size_bytes,
                preview=shorten(part),
                count=count,
            )
        )
    end = offset + len(children)
    is_small_mark = kind == "mark" and value.size_bytes <= TEXT_BYTES
    return Tree(
        kind=kind,
        bytes=value.size_bytes,
        count=level.count,
        value=Raw(value.json()) if is_small_mark else UNSET,
        children=tuple(children),
        next_offset=end if end < level.count and children else None,
    )


def _read_scalar(value: Value) -> tuple[Raw | UnsetType, bool]:
    if value.size_bytes <= TEXT_BYTES:
        return Raw(value.json()), False
    if value.kind == "string":
        return Raw(encode(decode_string(value)[:_CUT_CHARACTERS])), True
    return UNSET, True
