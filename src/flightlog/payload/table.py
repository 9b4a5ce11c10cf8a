"""A list of similar objects as a table, page by page."""

from __future__ import annotations

from typing import Final

from msgspec import Raw, Struct

from flightlog.errors import PlaceNotFoundError
from flightlog.payload.document import Document
from flightlog.payload.values import Value, decode_string, encoded, preview_of_text, shorten

MAX_COLUMNS: Final = 200
_SAMPLED_ROWS: Final = 100
_CELL_BYTES: Final = 1_000
_ABSENT: Final = Raw(b'{"kind":"absent"}')


class Table(Struct, frozen=True, kw_only=True):
    """Rows of a table."""

    columns: tuple[str, ...]
    """The names that the first rows and this page's have, at most 200."""
    rows: tuple[tuple[Raw, ...], ...]
    """
    For each column a scalar, or an object that says what is there instead: its `kind` (`absent`,
    or that of a container, mark or long text) and a `preview`.
    """
    count: int
    """How many rows there are."""


def read_table(document: Document, pointer: str, offset: int, limit: int) -> Table:
    """
    Rows of a list.

    Args:
        document: The payload.
        pointer: The place of the list.
        offset: How many rows come before.
        limit: At most so many.

    Raises:
        InvalidQueryError: It is no JSON pointer.
        PlaceNotFoundError: The pointer leads nowhere, or to something else than a list of objects.
    """
    value = document.at(pointer)
    level = document.level(value) if value.kind == "array" else None
    page = [] if level is None else level.items(offset, limit)
    sample = [] if level is None or offset == 0 else level.items(0, _SAMPLED_ROWS)
    columns: dict[str, None] = {}
    rows = []
    for _, item in (*sample, *page):
        if item.kind not in {"object", "mark"}:
            level = None
            break
        parts = document.level(item)
        members = {str(key): part for key, part in parts.items(0, MAX_COLUMNS)}
        columns.update(dict.fromkeys(members))
        rows.append(members)
    if level is None:
        raise PlaceNotFoundError(
            "path", "leads to no list of objects", hint="A table is made of a list of objects."
        )
    names = tuple(columns)[:MAX_COLUMNS]
    return Table(
        columns=names,
        rows=tuple(tuple(_cell(row.get(name)) for name in names) for row in rows[len(sample) :]),
        count=level.count,
    )


def _cell(value: Value | None) -> Raw:
    if value is None:
        return _ABSENT
    if not value.is_container and value.size_bytes <= _CELL_BYTES:
        return Raw(value.json())
    if value.kind == "string":
        text = preview_of_text(decode_string(value))
        return Raw(encoded({"kind": "string", "preview": text}))
    return Raw(encoded({"kind": value.kind, "preview": shorten(value)}))
