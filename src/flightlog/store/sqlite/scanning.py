"""
Find the executions of a query by the search index, or by a bounded scan in the order of the list.

Columns and the search index choose the candidates, and then the whole expression is tested on one
candidate after the other. A page ends when it is full, or when it has examined as much as one page
may; the cursor continues after the last candidate that was examined.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

import apsw
from msgspec.structs import replace

from flightlog.query.expressions import reads_payloads
from flightlog.query.needles import find_needles
from flightlog.store.positions import Position, Selection, find_page_start
from flightlog.store.query import ExecutionQuery
from flightlog.store.sqlite.checks import SCANNED_BYTES, PayloadChecks
from flightlog.store.sqlite.compression import Codec
from flightlog.store.sqlite.expressions import Term, compile_expression
from flightlog.store.sqlite.index_lookup import (
    Candidates,
    find_candidates,
    is_outdated,
    read_content,
)
from flightlog.store.sqlite.prefilter import MOST_AT_ONCE, Prefilter
from flightlog.store.sqlite.selection import Search, search_index, select, split_filter

SCANNED_CANDIDATES: Final = 1_000
"""The number of executions whose payloads one page examines."""
FEW_CANDIDATES: Final = 2_000
"""The most candidates of the index that are put in the order of the list."""
FILTERED_ROWS: Final = 100_000
"""The rows of the list that one page of a query with more candidates examines."""
_CHUNK: Final = 100
_FREQUENT_CHUNK: Final = 2_000
_LONGEST_S: Final = 1.0
"""A page ends after this time at the latest, because reading keeps the write-ahead log."""


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
        candidates is None or candidates.are_more_than(connection, FEW_CANDIDATES)
    ):
        return select(connection, query, is_bounded=is_bounded)
    checks = PayloadChecks(connection, codec)
    try:
        prefilter = Prefilter(connection, codec, find_needles(expression), checks.examined)
        found, stop = _scan(_find_portions(connection, query, candidates), checks, prefilter, query)
    finally:
        checks.close()
    if len(found) > query.limit:
        return Selection(found[: query.limit], found[query.limit - 1], is_partial=False)
    return Selection(found, stop, is_partial=stop is not None)


class _Portion(NamedTuple):
    candidates: list[Position]
    """The next candidates in the order of the list."""
    stop: Position | None
    """The position after which to continue; None at the end."""
    is_last: bool = False
    """Whether the page ends after this portion."""


def _find_portions(
    connection: apsw.Connection, query: ExecutionQuery, candidates: Candidates | None
) -> Iterator[_Portion]:
    (search,) = split_filter(query, 1)
    if candidates is None or search.is_by_id:
        return _find_all(connection, query, search)
    if candidates.are_more_than(connection, FEW_CANDIDATES):
        return _find_frequent(connection, query, search, candidates)
    chosen: Term = (f"ordinal IN ({candidates.sql})", candidates.bound)
    return _find_all(
        connection, query, Search((chosen,), (*search.led, *search.left), is_by_id=True)
    )


def _find_all(
    connection: apsw.Connection, query: ExecutionQuery, search: Search
) -> Iterator[_Portion]:
    chunk = replace(query, limit=_CHUNK, offset=0)
    start = find_page_start(query)
    while True:
        found, stop = search_index(connection, search, chunk, start, is_bounded=True)
        # A stop without a full chunk means that the columns' conditions reached their limit.
        is_last = stop is None or len(found) <= _CHUNK
        yield _Portion(found, stop, is_last)
        if is_last:
            return
        start = stop


def _find_frequent(
    connection: apsw.Connection, query: ExecutionQuery, search: Search, candidates: Candidates
) -> Iterator[_Portion]:
    """Walk along the list, and leave out what the index rules out."""
    chunk = replace(query, limit=_FREQUENT_CHUNK, offset=0)
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
        yield _Portion([each for each in found if each.ordinal in chosen], stop, is_last)
        if is_last:
            return
        start = stop


def _scan(
    portions: Iterator[_Portion],
    checks: PayloadChecks,
    prefilter: Prefilter,
    query: ExecutionQuery,
) -> tuple[list[Position], Position | None]:
    assert query.expression is not None
    condition, bound = compile_expression(query.expression)
    statement = f"SELECT 1 FROM executions WHERE ordinal = ? AND ({condition})"

    def accept(candidate: Position) -> bool:
        return checks.accept(statement, (candidate.ordinal, *bound))

    found: list[Position] = []
    examined = 0
    ends_at = time.monotonic() + _LONGEST_S
    for portion in portions:
        for candidate, accepted in _test(portion.candidates, accept, checks, prefilter):
            examined += 1
            if accepted:
                found.append(candidate)
                if len(found) > query.limit:
                    return found, candidate
            is_enough = checks.read_bytes >= SCANNED_BYTES or examined >= SCANNED_CANDIDATES
            if is_enough or time.monotonic() > ends_at:
                return found, candidate
        if portion.is_last or time.monotonic() > ends_at:
            return found, portion.stop
    raise AssertionError("the last portion is marked")


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
        some = candidates[start : start + MOST_AT_ONCE]
        kept, examined = prefilter.select([candidate.ordinal for candidate in some])
        checks.loaded = prefilter.payloads
        for candidate in some:
            checks.read_bytes += examined.get(candidate.ordinal, 0)
            yield candidate, candidate.ordinal in kept and accept(candidate)
        start += len(some)
