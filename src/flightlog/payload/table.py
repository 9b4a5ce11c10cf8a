"""Shows a list of similar objects as a table, in pages."""

from __future__ import annotations

from typing import Final

from msgspec import Raw, Struct

from flightlog.errors import PlaceNotFoundError
from flightlog.payload.document import Document
from flightlog.payload.values import Value, decode_string, encode, preview_text, shorten

MAX_COLUMNS: Final = 200
_SAMPLED_ROWS: Final = 100
_CELL_BYTES: Final = 1_000
_ABSENT: Final = Raw(b'{"kind":"absent"}')


class Table(Struct, frozen=True, kw_only=True):
    """A page of a table."""

    columns: tuple[str, ...]
    """The names in the list's first rows and in this page's rows, at most 200."""
    rows: tuple[tuple[Raw, ...], ...]
    """
    The cells of each row, one for each column. A cell is a scalar, or an object with a `preview`
    and a `kind`: `absent`, or the kind of a container, mark or long text.
    """
    count: int
    """The number of rows in the whole list."""


def read_table(document: Document, pointer: str, offset: int, limit: int) -> Table:
    """
    Read a page of a list's rows.

    Args:
        document: The payload.
        pointer: The list's JSON pointer.
        offset: The number of rows before the page.
        limit: The largest number of rows in the page.

    Returns:
        The page.

    Raises:
        InvalidQueryError: The text is no JSON pointer.
        PlaceNotFoundError: The payload has no such place, or the value is no list of objects.
    """
    value = document.find(pointer)
    level = document.read_level(value) if value.kind == "array" else None
    page = [] if level is None else level.read_items(offset, limit)
    sample = [] if level is None or offset == 0 else level.read_items(0, _SAMPLED_ROWS)
    columns: dict[str, None] = {}
    rows = []
    for _, item in (*sample, *page):
        if item.kind not in {"object", "mark"}:
            level = None
            break
        parts = document.read_level(item)
        members = {str(key): part for key, part in parts.read_items(0, MAX_COLUMNS)}
        columns.update(dict.fromkeys(members))
        rows.append(members)
    if level is None:
        raise PlaceNotFoundError(
            "path", "leads to no list of objects", hint="A table is made of a list of objects."
        )
    names = tuple(columns)[:MAX_COLUMNS]
    return Table(
        columns=names,
        rows=tuple(
            tuple(_make_cell(row.get(name)) for name in names) for row in rows[len(sample) :]
        ),
        count=level.count,
    )


def _make_cell(value: Value | None) -> Raw:
    if value is None:
        return _ABSENT
    if not value.is_container and value.size_bytes <= _CELL_BYTES:
        return Raw(value.json())
    if value.kind == "string":
        text = preview_text(decode_string(value))
        return Raw(encode({"kind": "string", "preview": text}))
    return Raw(encode({"kind": value.kind, "preview": shorten(value)}))
