"""A payload as a tree: one level of it, in pages, with sizes and counts."""

from __future__ import annotations

from typing import Final

from msgspec import UNSET, Raw, Struct, UnsetType

from flightlog.payload.container_index import Key
from flightlog.payload.document import Document
from flightlog.payload.values import Kind, Value, decode_string, encoded, shorten

MAX_PAGE: Final = 1_000
TEXT_BYTES: Final = 64 * 1024
"""A longer text or number comes cut, a larger mark without its JSON."""

_COUNTED_BYTES: Final = 4 * 2**20
_CUT_CHARACTERS: Final = TEXT_BYTES


class TreeChild(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One part of a container."""

    key: Key
    """Its name, or its place in a list."""
    kind: Kind
    """What kind of value it is; a mark stands for a value that JSON can't hold."""
    bytes: int
    """How long its JSON is."""
    preview: str
    """Its JSON in at most 80 characters."""
    count: int | None = None
    """How many parts it has; absent where counting them would cost too much."""


class Tree(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """A value and the next page of its parts."""

    kind: Kind
    """What kind of value it is."""
    bytes: int
    """How long its JSON is."""
    count: int | None = None
    """How many parts it has; absent for values that have none."""
    value: Raw | UnsetType = UNSET
    """A scalar, of a text at most 64 KiB; a mark as it is, if it isn't larger."""
    cut: bool = False
    """Whether `value` is only the beginning."""
    children: tuple[TreeChild, ...] | None = None
    """This page's parts in order; absent for values that have none."""
    next_offset: int | None = None
    """For the next page; absent on the last."""


def read_tree(document: Document, pointer: str, offset: int, limit: int) -> Tree:
    """
    One level of a payload.

    Args:
        document: The payload.
        pointer: The place of the value whose parts are wanted.
        offset: How many parts come before.
        limit: At most so many.

    Raises:
        InvalidQueryError: It is no JSON pointer.
        PlaceNotFoundError: The pointer leads nowhere.
    """
    value = document.at(pointer)
    kind = value.kind
    if not value.is_container:
        scalar, cut = _scalar(value)
        return Tree(kind=kind, bytes=value.size_bytes, value=scalar, cut=cut)
    level = document.level(value)
    budget = _COUNTED_BYTES
    children = []
    for key, part in level.items(offset, limit):
        count = None
        if part.is_container and part.size_bytes <= budget:
            budget -= part.size_bytes
            count = document.level(part).count
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


def _scalar(value: Value) -> tuple[Raw | UnsetType, bool]:
    if value.size_bytes <= TEXT_BYTES:
        return Raw(value.json()), False
    if value.kind == "string":
        return Raw(encoded(decode_string(value)[:_CUT_CHARACTERS])), True
    return UNSET, True
