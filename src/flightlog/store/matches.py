"""
Find where executions match a query: in which node and payload, or in which of their own values.

The executions are already found. Reading their payloads again is bounded, so the last executions of
a page with large payloads can remain without an answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final, NamedTuple, Protocol

from flightlog.payload.document import join_pointer
from flightlog.query.expressions import Condition, Expression, Path
from flightlog.query.fields import FIELDS
from flightlog.query.places import Place, find_places, shorten
from flightlog.query.printer import write_path
from flightlog.query.texts import Span, Way, find_spans, join_spans
from flightlog.store.evaluation import (
    EXECUTION_COLUMNS,
    NODE_COLUMNS,
    Evaluator,
    RowCheck,
    name_tag,
)
from flightlog.store.findings import QueryMatch
from flightlog.store.row_functions import Row

SHOWN_MATCHES: Final = 3
"""The largest number of places of an execution."""
MATCHED_BYTES: Final = 16 * 2**20
"""The payload bytes that are read again for the places of one page."""

_LONE: Final = re.compile("[\ud800-\udfff]")
"""A lone surrogate, which JSON can hold and a text of an answer can't."""
_CONSIDERED: Final = 20
"""The number of places of each of several terms that are considered."""
_PAYLOADS: Final = ("input", "output", "logs")
_OWN: Final = {name: place for place, name in enumerate(EXECUTION_COLUMNS)}
_NODE: Final = {name: place for place, name in enumerate(NODE_COLUMNS)}
_ERROR, _TAGS, _TRIGGER = _OWN["error_message"], _OWN["tags"], _OWN["trigger_data"]
_SHOWN_ANYHOW: Final = (
    ("error.type", _OWN["error_type"]),
    ("error.node", _OWN["error_node_id"]),
    ("name", _OWN["name"]),
    ("workflow", _OWN["workflow_name"]),
    ("workflow", _OWN["workflow_id"]),
)
"""The row of a list shows these values."""


class MatchReads(Protocol):
    """The reads that a store does to find where executions match."""

    def fetch_execution(self, execution_id: str) -> Row | None:
        """
        Read `EXECUTION_COLUMNS` of an execution.

        Args:
            execution_id: The id of the execution's row.

        Returns:
            The row; None when there is none.
        """
        ...

    def fetch_nodes(self, execution_id: str) -> Iterable[Row]:
        """
        Read `NODE_COLUMNS` of an execution's node executions, in their order.

        Args:
            execution_id: The id of the execution's row.

        Returns:
            The rows, in the order of the node executions.
        """
        ...

    def test_payload(self, condition: Condition, value: Any) -> bool:
        """
        Test the value of a payload's column.

        Args:
            condition: The condition.
            value: The column's value.

        Returns:
            Whether the payload meets the condition.
        """
        ...

    def read_payload(self, value: Any) -> bytes:
        """
        Read the JSON of a payload's column.

        Args:
            value: The column's value.

        Returns:
            The JSON.
        """
        ...


class _Source(NamedTuple):
    field: str
    sequence: int | None = None
    node_id: str | None = None
    node: str | None = None


class _Found(NamedTuple):
    source: _Source
    place: Place


def find_matches(
    reads: MatchReads, expression: Expression, ids: Sequence[str]
) -> dict[str, tuple[QueryMatch, ...]]:
    """
    Find where executions match; see `ExecutionReader.find_matches`.

    Args:
        reads: Reads the rows and payloads.
        expression: The query.
        ids: The executions.

    Returns:
        The places by execution id.
    """
    wanted = [
        (condition, of_node)
        for condition, of_node in Evaluator(reads.test_payload).list_findable(expression)
        if FIELDS[condition.field].kind in {"words", "payload"} or condition.field == "error"
    ]
    finder = _Finder(reads)
    found: dict[str, tuple[QueryMatch, ...]] = {}
    for execution_id in ids:
        if finder.read_bytes >= MATCHED_BYTES:
            break
        found[execution_id] = finder.find(execution_id, wanted)
    return found


class _Finder:
    def __init__(self, reads: MatchReads) -> None:
        self._reads = reads
        self._without_place: set[tuple[Condition, Any]] = set()
        self.read_bytes = 0

    def find(
        self, execution_id: str, wanted: Sequence[tuple[Condition, RowCheck]]
    ) -> tuple[QueryMatch, ...]:
        row = self._reads.fetch_execution(execution_id)
        if row is None:
            return ()
        places: dict[tuple[_Source, Path], list[Place]] = {}
        # With several terms, more places are read to find those at which most terms match.
        is_single = len(wanted) == 1
        for condition, of_node in wanted:
            found = self._search(row, condition, of_node)
            for source, place in islice(found, SHOWN_MATCHES if is_single else _CONSIDERED):
                places.setdefault((source, place.path), []).append(place)
        # The places at which most terms match say most; sorting keeps the order of the others.
        best = sorted(places.items(), key=lambda item: -len(item[1]))[:SHOWN_MATCHES]
        return tuple(_make_match(source, same) for (source, _), same in best)

    def _search(self, row: Row, condition: Condition, of_node: RowCheck) -> Iterator[_Found]:
        field = condition.field
        is_text = field == "text"
        if is_text or field == "error":
            yield from _in_text(condition, "part", _Source("error"), row[_ERROR])
        if is_text or field == "tag":
            yield from self._in_payload(condition, _Source("tag"), row[_TAGS])
        if field in {"text", "trigger", "any"}:
            yield from self._in_payload(condition, _Source("trigger"), row[_TRIGGER])
        if field not in {"tag", "trigger"}:
            yield from self._in_nodes(row[0], condition, of_node)
        if is_text:
            # The row of a list shows these values anyhow, so they come last.
            for source, place in _SHOWN_ANYHOW:
                yield from _in_text(condition, "part", _Source(source), row[place])
            yield from _in_text(condition, "start", _Source("id"), row[0])

    def _in_nodes(
        self, execution_id: str, condition: Condition, of_node: RowCheck
    ) -> Iterator[_Found]:
        field = condition.field
        is_text = field == "text"
        named: list[_Found] = []
        for row in self._reads.fetch_nodes(execution_id):
            if not of_node(row):
                continue
            if is_text or field == "error":
                error = row[_NODE["error_message"]]
                yield from _in_text(condition, "part", _Source("error", *row[:3]), error)
            for kind in _PAYLOADS:
                if is_text or field == kind or (field == "any" and kind != "logs"):
                    source = _Source(kind, *row[:3])
                    yield from self._in_payload(condition, source, row[_NODE[kind]])
            if is_text and len(named) < SHOWN_MATCHES:
                place = _Source("node", *row[:3])
                own = [*_in_text(condition, "part", place, place.node)]
                named += own or _in_text(condition, "part", place, place.node_id)
        yield from named

    def _in_payload(self, condition: Condition, source: _Source, value: Any) -> Iterator[_Found]:
        # An output is often the next node's input, too.
        if value is None or (condition, value) in self._without_place:
            return
        is_tag = source.field == "tag"
        data = value.encode() if is_tag else self._reads.read_payload(value)
        self.read_bytes += len(data)
        found = False
        try:
            for place in find_places(name_tag(condition) if is_tag else condition, data):
                found = True
                yield _Found(source, place)
            if not found:
                self._without_place.add((condition, value))
        except RecursionError:
            # Records are never nested so deeply: the receiver refuses them.
            return


def _in_text(condition: Condition, way: Way, source: _Source, text: str | None) -> Iterator[_Found]:
    if text is not None and (spans := find_spans(condition.test, way, text)):
        yield _Found(source, Place((), text, spans))


def _make_match(source: _Source, same: Sequence[Place]) -> QueryMatch:
    # Terms that match at one place share its text, unless one of them means the place's name.
    texts = [place.text for place in same]
    text = min(texts, key=len)
    spans = join_spans(span for place in same if place.text == text for span in place.spans)
    path = same[0].path
    place = shorten(Place(path, text, spans))
    is_payload = source.field in {"trigger", *_PAYLOADS}
    snippet = _LONE.sub("\ufffd", place.text)
    # Pointers into payloads have the same character for a lone surrogate.
    path = tuple(_LONE.sub("\ufffd", step) if isinstance(step, str) else step for step in path)
    return QueryMatch(
        node=source.node,
        node_id=source.node_id,
        sequence=source.sequence,
        path=source.field + write_path(path),
        pointer=join_pointer(path) if is_payload else None,
        snippet=snippet,
        highlights=tuple(_count_units(snippet, span) for span in place.spans),
    )


def _count_units(text: str, span: Span) -> Span:
    start, end = (len(text[:place].encode("utf-16-le")) // 2 for place in span)
    return start, end
