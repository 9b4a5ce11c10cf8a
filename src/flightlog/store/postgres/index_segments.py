"""
Write and merge the segments of the search index. The caller opens the transaction for everything.

A segment holds the postings of up to 4,096 executions. `search_entries` says where an execution's
terms are; a place without its entry is dead. Small segments and those with many dead places are
merged into new ones, by one receiver at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from flightlog.store.postgres.index_postings import (
    MOST_PLACES,
    choose_shift,
    list_postings,
    list_slices,
    move_postings,
    pack_buckets,
    unpack,
)
from flightlog.store.postgres.statements import Connection, fetch_all, fetch_one, load_queries, run

_TOGETHER: Final = 8
"""So many segments of about one size are merged; a segment is at least so much larger then."""
_MERGED_PLACES: Final = 512
"""Larger segments aren't merged, because few segments have to be searched already."""
_MOST_MERGED: Final = 2_048
"""The most places of segments that one transaction merges."""
_LIVE_SHARE: Final = 0.75
"""A segment with fewer live places is written anew."""

_queries: Final = load_queries("index_segments.sql")


def write_segment(connection: Connection, documents: Sequence[Sequence[int]]) -> int:
    """
    Write a segment.

    Args:
        connection: The connection.
        documents: The terms of each place, in ascending order.

    Returns:
        The segment's number.
    """
    shift = choose_shift(sum(map(len, documents)))
    return _write(
        connection,
        len(documents),
        shift,
        (
            [
                posting
                for place, terms in enumerate(documents)
                for posting in list_postings(terms, place, low, high)
            ]
            for low, high in list_slices(shift)
        ),
    )


def _write(connection: Connection, places: int, shift: int, slices: Iterable[list[int]]) -> int:
    row = fetch_one(connection, _queries["insert_segment"], {"places": places, "shift": shift})
    assert row is not None, "the statement returns one row"
    segment, size = int(row[0]), 0
    for postings in slices:
        with connection.cursor() as cursor, cursor.copy(_queries["copy_postings"]) as copy:
            copy.set_types(("int8", "int4", "bytea"))
            for bucket, data in pack_buckets(postings, shift):
                copy.write_row((segment, bucket, data))
                size += len(data)
    run(connection, _queries["set_size"], {"segment": segment, "bytes": size})
    return segment


def choose_small(connection: Connection) -> list[int]:
    """
    Choose small segments that should be merged.

    Args:
        connection: The connection.

    Returns:
        Segments of about one size; none if there are few of them.
    """
    by_size: dict[int, list[tuple[int, int]]] = {}
    for segment, places in fetch_all(connection, _queries["small"], {"places": _MERGED_PLACES}):
        # The base of the logarithm is 8.
        by_size.setdefault((places.bit_length() - 1) // 3, []).append((segment, places))
    for _, segments in sorted(by_size.items()):
        if len(segments) >= _TOGETHER:
            return _take(segments)
    return []


def choose_dead(connection: Connection) -> list[int]:
    """
    Choose segments in which many places are dead; this reads the entries of all executions.

    Args:
        connection: The connection.

    Returns:
        The segments.
    """
    rows = fetch_all(connection, _queries["dead"], {"share": _LIVE_SHARE})
    return _take(rows)


def _take(segments: Sequence[tuple[int, int] | tuple[int, ...]]) -> list[int]:
    chosen: list[int] = []
    total = 0
    for segment, places in segments:
        total += places
        if chosen and total > _MOST_MERGED:
            break
        chosen.append(segment)
    return chosen


def merge_segments(connection: Connection, segments: Sequence[int]) -> None:
    """
    Put the live places of segments into a new segment, and delete the old ones.

    Nothing waits for a transaction that deletes entries, because it may wait for this one.

    Args:
        connection: The connection.
        segments: The segments.

    Raises:
        psycopg.errors.LockNotAvailable: Another transaction changes entries of the segments.
    """
    bound = {"segments": list(segments)}
    live = fetch_all(connection, _queries["live"], bound)
    if live:
        moved = {segment: [-1] * MOST_PLACES for segment in segments}
        for place, (segment, old) in enumerate(live):
            moved[segment][old] = place
        row = fetch_one(connection, _queries["measure"], bound)
        # The number of postings isn't stored, and compressed postings take about a byte each.
        shift = choose_shift(int(row[0]) if row is not None else 0)
        merged = _write(connection, len(live), shift, _move(connection, moved, shift))
        run(connection, _queries["lock"], bound)
        old_segments, old_places = zip(*live, strict=True)
        moves = {"segments": list(old_segments), "places": list(old_places), "merged": merged}
        run(connection, _queries["move"], moves)
    run(connection, _queries["delete_postings"], bound)
    run(connection, _queries["delete_segments"], bound)


def _move(connection: Connection, moved: dict[int, list[int]], shift: int) -> Iterator[list[int]]:
    for low, high in list_slices(shift):
        bound = {"segments": list(moved), "low": low, "last": high - 1}
        rows = connection.execute(_queries["slice"], bound, binary=True)
        yield [
            posting
            for segment, data in rows
            for posting in move_postings(unpack(data), moved[segment], low, high)
        ]
