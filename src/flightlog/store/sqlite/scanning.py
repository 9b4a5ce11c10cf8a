"""
Find the executions of a query by the search index, or by a bounded scan in the order of the list.

Columns and the search index choose the candidates, and then the whole expression is tested on one
candidate after the other. A page ends when it is full, or when it has examined as much as one page
may; the cursor continues after the last candidate that was examined.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import apsw
from msgspec.structs import replace

from flightlog.query.expressions import Expression, reads_payloads
from flightlog.query.needles import find_needles
from flightlog.store import scanning
from flightlog.store.positions import Position, Selection, find_page_start
from flightlog.store.query import ExecutionQuery
from flightlog.store.scanning import CandidateBatch, scan
from flightlog.store.sqlite.checks import PayloadChecks
from flightlog.store.sqlite.compression import Codec
from flightlog.store.sqlite.expressions import Term, compile_expression
from flightlog.store.sqlite.index_lookup import (
    Candidates,
    do_more_wait,
    find_candidates,
    is_outdated,
    read_content,
)
from flightlog.store.sqlite.prefilter import MOST_AT_ONCE, MOST_KEPT, Prefilter
from flightlog.store.sqlite.selection import Search, search_index, select, split_filter

FEW_CANDIDATES: Final = 2_000
"""The most candidates of the index that are put in the order of the list."""
WAITING_EXECUTIONS: Final = 4_000
"""
The most executions that wait for the index and are put in the order of the list.

About so many of ten nodes have texts that fit in `KeptTexts`; with more, each search would push out
what the one before has kept.
"""
FILTERED_ROWS: Final = 100_000
"""The rows of the list that one page of a query with more candidates examines."""
_FREQUENT_CHUNK: Final = 2_000
_CHOSEN_CHUNKS: Final = (500, 25_000)
"""The candidates of the first portion, and of the next ones, each of which searches again."""


def select_executions(
    connection: apsw.Connection, codec: Codec, query: ExecutionQuery, *, is_bounded: bool = False
) -> Selection:
    """
    Find the executions of a page, also by their payloads, and by the search index if it helps.

    Args:
        connection: A connection within a read transaction.
        codec: Decompresses payloads.
        query: The query.
        is_bounded: As for `select`; a query that reads payloads is always bounded.

    Returns:
        The positions of the executions, and where to continue.

    Raises:
        InvalidQueryError: The text is not a cursor of this list, or there are too many ids.
    """
    expression = query.expression
    needs_payloads = expression is not None and reads_payloads(expression)
    if expression is None or not (needs_payloads or (is_bounded and not query.offset)):
        return select(connection, query, is_bounded=is_bounded)
    content = "off" if is_outdated(connection) else read_content(connection)
    candidates = find_candidates(expression, content)
    if not needs_payloads and (
        candidates is None
        or do_more_wait(connection, FEW_CANDIDATES)
        or candidates.are_more_than(connection, FEW_CANDIDATES)
    ):
        return select(connection, query, is_bounded=is_bounded)
    checks = PayloadChecks(connection, codec)
    try:
        prefilter = Prefilter(
            connection,
            codec,
            find_needles(expression),
            checks.examined,
            keeps_texts=not do_more_wait(connection, WAITING_EXECUTIONS),
        )
        return scan(
            _find_portions(connection, query, candidates),
            _make_test(expression, checks, prefilter),
            lambda: checks.read_bytes,
            query.limit,
        )
    finally:
        checks.close()


def _find_portions(
    connection: apsw.Connection, query: ExecutionQuery, candidates: Candidates | None
) -> Iterator[CandidateBatch]:
    (search,) = split_filter(query, 1)
    if candidates is None or search.is_by_id:
        return _find_all(connection, query, search)
    if do_more_wait(connection, WAITING_EXECUTIONS) or candidates.are_more_than(
        connection, FEW_CANDIDATES
    ):
        return _find_frequent(connection, query, search, candidates)
    chosen: Term = (f"ordinal IN ({candidates.sql})", candidates.bound)
    return _find_chosen(
        connection, query, Search((chosen,), (*search.led, *search.left), is_by_id=True)
    )


def _find_all(
    connection: apsw.Connection, query: ExecutionQuery, search: Search
) -> Iterator[CandidateBatch]:
    chunk = replace(query, limit=scanning.CHUNK, offset=0)
    return scanning.find_portions(
        lambda start: search_index(connection, search, chunk, start, is_bounded=True),
        find_page_start(query),
    )


def _find_chosen(
    connection: apsw.Connection, query: ExecutionQuery, search: Search
) -> Iterator[CandidateBatch]:
    """Put the candidates of the index in the order of the list."""
    start = find_page_start(query)
    # Reading executions that wait takes as long as a scan does.
    is_narrowed = not do_more_wait(connection, scanning.SCANNED_CANDIDATES)
    size, next_size = _CHOSEN_CHUNKS
    while True:
        chunk = replace(query, limit=size, offset=0)
        found, stop = search_index(connection, search, chunk, start, is_bounded=True)
        is_last = stop is None or len(found) <= size
        yield CandidateBatch(found, stop, is_last, is_narrowed=is_narrowed)
        if is_last:
            return
        start, size = stop, next_size


def _find_frequent(
    connection: apsw.Connection, query: ExecutionQuery, search: Search, candidates: Candidates
) -> Iterator[CandidateBatch]:
    """Walk along the list, and leave out what the index rules out."""
    chunk = replace(query, limit=_FREQUENT_CHUNK, offset=0)
    is_narrowed = not do_more_wait(connection, scanning.SCANNED_CANDIDATES)
    start = find_page_start(query)
    left = FILTERED_ROWS
    while True:
        found, stop = search_index(connection, search, chunk, start, is_bounded=True)
        left -= len(found)
        ordinals = [position.ordinal for position in found]
        chosen: set[int] = set()
        if ordinals:
            chosen = candidates.select_between(connection, min(ordinals), max(ordinals))
        is_last = stop is None or len(found) <= _FREQUENT_CHUNK or left <= 0
        kept = [each for each in found if each.ordinal in chosen]
        yield CandidateBatch(kept, stop, is_last, is_narrowed=is_narrowed)
        if is_last:
            return
        start = stop


def _make_test(
    expression: Expression, checks: PayloadChecks, prefilter: Prefilter
) -> scanning.Test:
    condition, bound = compile_expression(expression)
    statement = f"SELECT 1 FROM executions WHERE ordinal = ? AND ({condition})"

    def accept(candidate: Position) -> bool:
        return checks.accept(statement, (candidate.ordinal, *bound))

    return lambda candidates: _test(candidates, accept, checks, prefilter)


def _test(
    candidates: Sequence[Position],
    accept: Callable[[Position], bool],
    checks: PayloadChecks,
    prefilter: Prefilter,
) -> Iterator[tuple[Position, bool]]:
    """Test candidates in their order; many at once are ruled out while hardly any matches."""
    start = 0
    while start < len(candidates):
        if not prefilter.is_worthwhile:
            candidate = candidates[start]
            accepted = accept(candidate)
            prefilter.note(accepted=accepted)
            yield candidate, accepted
            start += 1
            continue
        ruled_out = prefilter.count_ruled_out(
            [each.ordinal for each in candidates[start : start + MOST_KEPT]]
        )
        if ruled_out:
            # That took little time, so that they count as one candidate of the page.
            start += ruled_out
            yield candidates[start - 1], False
            continue
        some = candidates[start : start + MOST_AT_ONCE]
        kept, examined = prefilter.select([candidate.ordinal for candidate in some])
        checks.loaded = prefilter.payloads
        for candidate in some:
            checks.read_bytes += examined.get(candidate.ordinal, 0)
            yield candidate, candidate.ordinal in kept and accept(candidate)
        start += len(some)
