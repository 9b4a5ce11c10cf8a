"""
Find the executions of a query by the search index, or by a bounded scan in the order of the list.

Columns and the index choose the candidates, and then the whole expression is tested on one
candidate after the other (`flightlog.store.scanning`). Rows, node executions and payloads of many
candidates are read at once, because each statement waits for the server.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from operator import itemgetter
from typing import Final

from msgspec.structs import replace

from flightlog.query.expressions import And, Condition, Expression, reads_payloads
from flightlog.store import scanning
from flightlog.store.evaluation import (
    CALL_COLUMNS,
    EXECUTION_COLUMNS,
    NODE_COLUMNS,
    Evaluator,
    Subject,
    make_payload_check,
    reads_calls,
    reads_nodes,
)
from flightlog.store.positions import Position, Selection, find_page_start
from flightlog.store.query import ExecutionQuery, HistoryFilter
from flightlog.store.row_functions import Row
from flightlog.store.scanning import CandidateBatch
from flightlog.store.server.expressions import compile_expression
from flightlog.store.server.selection import SEARCHED, has_text, needs_folding, search, select
from flightlog.store.server.source import Candidates, Dialect, SqlSource

MOST_KEPT_BYTES: Final = 32 * 2**20
"""Payloads of more bytes are forgotten, and read again if they are needed."""
_AT_ONCE_BYTES: Final = 4 * 2**20
"""The bytes of payloads that one statement reads, beside the first payload."""

FEW_CANDIDATES: Final = 2_000
"""The most candidates of the index that are put in the order of the list."""
FILTERED_ROWS: Final = 100_000
"""The rows of the list that one page of a query with more candidates examines."""
_FREQUENT_CHUNK: Final = 1_000
_EXECUTION: Final = f"SELECT {', '.join(EXECUTION_COLUMNS)} FROM executions WHERE {{chosen}}"
_CANDIDATES: Final = (
    f"SELECT ordinal, {', '.join(EXECUTION_COLUMNS)} FROM executions WHERE {{chosen}}"
)
_NODES: Final = (
    f"SELECT {', '.join(NODE_COLUMNS)}, execution_id FROM node_executions "
    "WHERE {chosen} ORDER BY execution_id, sequence, node_id"
)
_CALLS: Final = f"SELECT ordinal, {', '.join(CALL_COLUMNS)} FROM model_calls WHERE {{chosen}}"
_TRIGGER: Final = EXECUTION_COLUMNS.index("trigger_data")
_SEARCHED: Final = itemgetter(*map(EXECUTION_COLUMNS.index, SEARCHED))
_NODE_PAYLOADS: Final = itemgetter(*map(NODE_COLUMNS.index, ("input", "output", "logs")))


def select_executions(
    source: SqlSource, query: ExecutionQuery, *, is_bounded: bool = False
) -> Selection:
    """
    Find the executions of a page, also by their payloads.

    Args:
        source: The database, within one snapshot.
        query: The query.
        is_bounded: As for `select`; a query that SQL can't answer alone is always bounded.

    Returns:
        The positions of the executions, and where to continue.

    Raises:
        InvalidQueryError: The text is not a cursor of this list, or there are too many ids.
    """
    expression = query.expression
    if expression is None or compile_expression(expression, source.dialect).is_exact:
        return select(source, query, is_bounded=is_bounded)
    checks = PayloadChecks(source)
    tester = _Tester(source, checks, query)
    portions = _find_portions(source, query, expression)
    return scanning.scan(portions, tester.test, lambda: checks.read_bytes, query.limit)


def _find_portions(
    source: SqlSource, query: ExecutionQuery, expression: Expression
) -> Iterator[CandidateBatch]:
    candidates = None if query.ids is not None else source.find_candidates(expression)
    if candidates is None:
        return _find_all(source, query)
    few = candidates.list_few(FEW_CANDIDATES)
    if few is not None:
        return _find_few(source, query, few)
    if reads_payloads(expression):
        return _find_frequent(source, query, candidates)
    return _find_all(source, query)


def _find_all(source: SqlSource, query: ExecutionQuery) -> Iterator[CandidateBatch]:
    chunk = replace(query, limit=scanning.CHUNK, offset=0)
    return scanning.find_portions(
        lambda start: search(source, chunk, start, is_bounded=True), find_page_start(query)
    )


def _find_few(
    source: SqlSource, query: ExecutionQuery, ordinals: Sequence[int]
) -> Iterator[CandidateBatch]:
    """Put all candidates in the order of the list."""
    every = replace(query, limit=max(1, len(ordinals)), offset=0)
    start = find_page_start(query)
    found, _ = search(source, every, start, is_bounded=False, among=ordinals)
    for begin in range(0, max(1, len(found)), scanning.CHUNK):
        is_last = begin + scanning.CHUNK >= len(found)
        yield CandidateBatch(found[begin : begin + scanning.CHUNK], None, is_last)


def _find_frequent(
    source: SqlSource, query: ExecutionQuery, candidates: Candidates
) -> Iterator[CandidateBatch]:
    """Walk along the list, and leave out what the index rules out."""
    chunk = replace(query, limit=_FREQUENT_CHUNK, offset=0)
    start = find_page_start(query)
    left = FILTERED_ROWS
    while True:
        found, stop = search(source, chunk, start, is_bounded=True)
        left -= len(found)
        chosen = candidates.select_among([each.ordinal for each in found])
        is_last = stop is None or len(found) <= _FREQUENT_CHUNK or left <= 0
        yield CandidateBatch([each for each in found if each.ordinal in chosen], stop, is_last)
        if is_last:
            return
        start = stop


def is_answered_by_sql(chosen: HistoryFilter, dialect: Dialect) -> bool:
    """
    Check whether the conditions of SQL choose the same executions as a filter.

    Args:
        chosen: The filter.
        dialect: The fragments of SQL that differ between the servers.

    Returns:
        False if `find_accepted` must test the rows that SQL finds.
    """
    expression = chosen.expression
    return not needs_folding(chosen) and (
        expression is None or compile_expression(expression, dialect).is_exact
    )


def find_accepted(
    source: SqlSource, chosen: HistoryFilter, candidates: Sequence[Position]
) -> Iterator[Position]:
    """
    Test executions that SQL has found, in their order.

    Args:
        source: The database, within one snapshot.
        chosen: The filter.
        candidates: The positions of the executions.

    Yields:
        The positions of those that the filter chooses.
    """
    if is_answered_by_sql(chosen, source.dialect):
        yield from candidates
        return
    tester = _Tester(source, PayloadChecks(source), chosen)
    for start in range(0, len(candidates), scanning.CHUNK):
        tested = tester.test(candidates[start : start + scanning.CHUNK])
        yield from (candidate for candidate, accepted in tested if accepted)


class PayloadChecks:
    """
    Tests payloads, and counts how much it has read.

    Args:
        source: The database, within one snapshot.
    """

    def __init__(self, source: SqlSource) -> None:
        self._source = source
        self._known: dict[tuple[Condition, Hashable], bool] = {}
        self._loaded: dict[Hashable, bytes] = {}
        self._loaded_bytes = 0
        self._wanted: list[Hashable] = []
        self._places: dict[Hashable, int] = {}
        self.read_bytes = 0
        """The payload bytes that were examined."""

    def expect(self, values: Iterator[bytes | str | None]) -> None:
        """
        Note which payloads will be tested next, so that one statement reads many of them.

        Args:
            values: The values of their columns, in the order of the tests.
        """
        ids = dict.fromkeys(map(self._source.read_reference, values))
        self._wanted = [payload_id for payload_id in ids if payload_id is not None]
        self._places = {payload_id: place for place, payload_id in enumerate(self._wanted)}

    def test(self, condition: Condition, value: bytes | str | None) -> bool:
        """
        Test a payload.

        Args:
            condition: The condition.
            value: The value of the payload's column.

        Returns:
            Whether a value in the payload passes the test.
        """
        if value is None:
            return False
        payload_id = self._source.read_reference(value)
        if payload_id is None:
            return self._examine(condition, _get_bytes(value))
        # Many executions share a payload, which is examined once for each condition.
        known = self._known.get((condition, payload_id))
        if known is None:
            known = self._examine(condition, self._load(payload_id))
            self._known[condition, payload_id] = known
        return known

    def read(self, value: bytes | str) -> bytes:
        """
        Read a payload.

        Args:
            value: The value of the payload's column.

        Returns:
            The JSON.
        """
        payload_id = self._source.read_reference(value)
        return _get_bytes(value) if payload_id is None else self._load(payload_id)

    def _examine(self, condition: Condition, data: bytes) -> bool:
        self.read_bytes += len(data)
        return make_payload_check(condition)(data)

    def _load(self, payload_id: Hashable) -> bytes:
        if payload_id not in self._loaded:
            place = self._places.get(payload_id)
            later = [] if place is None else self._wanted[place + 1 :]
            new = [each for each in later if each not in self._loaded]
            self._load_some([payload_id, *new])
        return self._loaded[payload_id]

    def _load_some(self, ids: list[Hashable]) -> None:
        if self._loaded_bytes > MOST_KEPT_BYTES:
            self._loaded, self._loaded_bytes = {}, 0
        for payload_id, data in self._source.read_payloads(ids, _AT_ONCE_BYTES):
            self._loaded[payload_id] = data
            self._loaded_bytes += len(data)


class ServerMatches:
    """
    Reads what `flightlog.store.matches` needs; see `MatchReads`.

    Args:
        source: The database, within one snapshot.
    """

    def __init__(self, source: SqlSource) -> None:
        self._source = source
        self._checks = PayloadChecks(source)
        self.test_payload = self._checks.test
        self.read_payload = self._checks.read

    def fetch_execution(self, execution_id: str) -> Row | None:
        """Read an execution; see `MatchReads.fetch_execution`."""
        rows = self._source.fetch_chosen(_EXECUTION, "id", [execution_id])
        return rows[0] if rows else None

    def fetch_nodes(self, execution_id: str) -> Sequence[Row]:
        """Read node executions; see `MatchReads.fetch_nodes`."""
        rows = self._source.fetch_chosen(_NODES, "execution_id", [execution_id])
        self._checks.expect(value for row in rows for value in _NODE_PAYLOADS(row))
        return rows


class _Tester:
    """Tests an expression on executions."""

    def __init__(self, source: SqlSource, checks: PayloadChecks, chosen: HistoryFilter) -> None:
        self._source = source
        self._checks = checks
        self._chosen = chosen if needs_folding(chosen) else None
        # An `And` without terms chooses all.
        expression = chosen.expression or And(())
        self._accept = Evaluator(checks.test).compile(expression)
        self._needs_nodes = reads_nodes(expression)
        self._needs_calls = reads_calls(expression)

    def test(self, candidates: Sequence[Position]) -> Iterator[tuple[Position, bool]]:
        """Test candidates in their order; see `flightlog.store.scanning.Test`."""
        if not candidates:
            return
        ordinals = [candidate.ordinal for candidate in candidates]
        rows = {
            ordinal: row
            for ordinal, *row in self._source.fetch_chosen(_CANDIDATES, "ordinal", ordinals)
        }
        nodes: dict[str, list[Row]] = {row[0]: [] for row in rows.values()}
        if self._needs_nodes:
            for row in self._source.fetch_chosen(_NODES, "execution_id", list(nodes)):
                nodes[row[-1]].append(row)
        calls: dict[int, list[Row]] = {ordinal: [] for ordinal in ordinals}
        if self._needs_calls:
            for ordinal, *call in self._source.fetch_chosen(_CALLS, "ordinal", ordinals):
                calls[ordinal].append(tuple(call))
        self._checks.expect(self._list_payloads([rows[ordinal] for ordinal in ordinals], nodes))
        for candidate in candidates:
            own = tuple(rows[candidate.ordinal])
            subject = Subject(own, nodes[own[0]], calls[candidate.ordinal])
            yield candidate, self._has_text(own) and self._accept(subject)

    def _has_text(self, row: Row) -> bool:
        return self._chosen is None or has_text(self._chosen, row[0], _SEARCHED(row))

    @staticmethod
    def _list_payloads(
        rows: Sequence[Sequence[bytes | str | None]], nodes: dict[str, list[Row]]
    ) -> Iterator[bytes | str | None]:
        for row in rows:
            yield row[_TRIGGER]
            for node in nodes[str(row[0])]:
                yield from _NODE_PAYLOADS(node)


def _get_bytes(value: bytes | str) -> bytes:
    # A store keeps small payloads in their columns, as bytes or as text.
    return value.encode() if isinstance(value, str) else bytes(value)
