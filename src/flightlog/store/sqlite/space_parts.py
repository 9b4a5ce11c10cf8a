"""
Estimate how the pages of a file divide between payloads, search index and rows.

SQLite knows the sum exactly. `dbstat` knows each part, but reads every page; here the index is
counted from its own table of pages, and the payloads are estimated from a sample, so that the time
hardly depends on the size of the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import apsw

from flightlog.store.space import SpaceParts
from flightlog.store.sqlite.queries import fetch_all, fetch_one, load_queries

_PLACES: Final = 256
"""The number of places at which payloads are sampled, evenly over their ids."""
_AT_PLACE: Final = 24
_ROW_BYTES: Final = 48
"""A payload's row without its data: its header, hash, sizes, id and place in the page."""
_PAGE_HEADER: Final = 8
_OVERFLOW_HEADER: Final = 4
_TERM_BYTES: Final = 32
_DOCUMENT_BYTES: Final = 16
_queries: Final = load_queries("space.sql")


def measure_parts(connection: apsw.Connection, log_bytes: int, runs: int) -> SpaceParts:
    """
    Measure the parts of a history.

    Args:
        connection: Any connection, within a transaction.
        log_bytes: The size of the write-ahead log.
        runs: The number of executions.

    Returns:
        The parts.
    """
    names = ("page_count", "freelist_count", "page_size")
    pages, free, page_bytes = (int(connection.pragma(name)) for name in names)
    used_bytes = (pages - free) * page_bytes
    index_bytes = min(_measure_index(connection, page_bytes, runs), used_bytes)
    payload_bytes = min(_measure_payloads(connection, page_bytes), used_bytes - index_bytes)
    return SpaceParts(
        payload_bytes=payload_bytes,
        index_bytes=index_bytes,
        row_bytes=used_bytes - index_bytes - payload_bytes,
        free_bytes=free * page_bytes,
        log_bytes=log_bytes,
    )


def _measure_index(connection: apsw.Connection, page_bytes: int, runs: int) -> int:
    total = 0
    for (table,) in fetch_all(connection, _queries["index_tables"]):
        row = fetch_one(connection, _queries["index_pages"].format(table=table))
        pages, terms = (row[0] or 0, row[1] or 0) if row is not None else (0, 0)
        if pages:
            total += pages * page_bytes + terms * _TERM_BYTES + runs * _DOCUMENT_BYTES
    return total


def _measure_payloads(connection: apsw.Connection, page_bytes: int) -> int:
    row = fetch_one(connection, _queries["payload_ids"])
    if row is None or row[0] is None:
        return 0
    first, end = row[0], row[1] + 1
    places = max(1, min(_PLACES, (end - first) // _AT_PLACE))
    total = 0.0
    for place in range(places):
        begin = first + (end - first) * place // places
        before = first + (end - first) * (place + 1) // places
        rows = fetch_all(connection, _queries["payloads_from"], (begin, before, _AT_PLACE))
        covered = before - begin if len(rows) < _AT_PLACE else rows[-1][0] + 1 - begin
        pages = _count_pages([length for _, length in rows], page_bytes)
        total += pages * page_bytes * (before - begin) / covered
    return int(total)


def _count_pages(lengths: Sequence[int], page_bytes: int) -> float:
    """Count the pages that consecutive payloads fill, the last page in part."""
    usable = page_bytes - _PAGE_HEADER
    largest, smallest = page_bytes - 35, (page_bytes - 12) * 32 // 255 - 23
    per_overflow = page_bytes - _OVERFLOW_HEADER
    full, filled = 0, 0
    for length in lengths:
        local = length + _ROW_BYTES
        if local > largest:
            rest = smallest + (local - smallest) % per_overflow
            local, whole = (rest if rest <= largest else smallest), local
            full += -(-(whole - local) // per_overflow)
        if filled + local > usable:
            full, filled = full + 1, 0
        filled += local
    return full + filled / usable
