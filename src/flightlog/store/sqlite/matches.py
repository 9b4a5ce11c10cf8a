"""
Find where executions match a query: in which node and payload, or in which of their own values.

The executions are already found. Reading their payloads again is bounded, so the last executions of
a page with large payloads can remain without an answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final, NamedTuple

import apsw

from flightlog.payload.document import join_pointer
from flightlog.query.expressions import Condition, Expression, Path
from flightlog.query.fields import FIELDS
from flightlog.query.places import Place, find_places, shorten
from flightlog.query.printer import write_path
from flightlog.query.texts import Span, Way, find_spans, join_spans
from flightlog.store.findings import QueryMatch
from flightlog.store.sqlite.checks import PayloadChecks
from flightlog.store.sqlite.compression import Codec
from flightlog.store.sqlite.expressions import Term, list_findable
from flightlog.store.sqlite.payloads import StoredPayload, StoredValue
from flightlog.store.sqlite.queries import Row, fetch_one

SHOWN_MATCHES: Final = 3
"""The largest number of places of an execution."""
MATCHED_BYTES: Final = 16 * 2**20
"""The payload bytes that are read again for the places of one page."""

_CONSIDERED: Final = 20
"""The number of places of each of several terms that are considered."""
_OWN: Final = (
    "id, name, workflow_name, workflow_id, error_message, error_type, error_node_id, tags, "
    "trigger_data"
)
_OF_NODE: Final = "n.sequence, n.node_id, n.node_name, n.error_message, n.input, n.output, n.logs"
_PAYLOADS: Final = ("input", "output", "logs")


class _Source(NamedTuple):
    field: str
    sequence: int | None = None
    node_id: str | None = None
    node: str | None = None


class _Found(NamedTuple):
    source: _Source
    place: Place


def find_matches(
    connection: apsw.Connection, codec: Codec, expression: Expression, ids: Sequence[str]
) -> dict[str, tuple[QueryMatch, ...]]:
    """Find where executions match; see `ExecutionReader.find_matches`."""
    wanted = [
        (condition, of_node)
        for condition, of_node in list_findable(expression)
        if FIELDS[condition.field].kind in {"words", "payload"} or condition.field == "error"
    ]
    finder = _Finder(connection, codec)
    checks = PayloadChecks(connection, codec)
    found: dict[str, tuple[QueryMatch, ...]] = {}
    try:
        for execution_id in ids:
            if finder.read_bytes >= MATCHED_BYTES:
                break
            found[execution_id] = finder.find(execution_id, wanted)
    finally:
        checks.close()
    return found


class _Finder:
    def __init__(self, connection: apsw.Connection, codec: Codec) -> None:
        self._connection = connection
        self._codec = codec
        self._without_place: set[tuple[Condition, StoredValue]] = set()
        self.read_bytes = 0

    def find(
        self, execution_id: str, wanted: Sequence[tuple[Condition, Term]]
    ) -> tuple[QueryMatch, ...]:
        row = fetch_one(
            self._connection, f"SELECT {_OWN} FROM executions WHERE id = ?", (execution_id,)
        )
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

    def _search(self, row: Row, condition: Condition, of_node: Term) -> Iterator[_Found]:
        execution_id, name, workflow, workflow_id, error, error_type, error_node, tags, trigger = (
            row
        )
        field = condition.field
        is_text = field == "text"
        if is_text or field == "error":
            yield from _in_text(condition, "part", _Source("error"), error)
        if is_text or field == "tag":
            yield from self._in_payload(condition, _Source("tag"), tags)
        if field in {"text", "trigger", "any"}:
            yield from self._in_payload(condition, _Source("trigger"), trigger)
        if field not in {"tag", "trigger"}:
            yield from self._in_nodes(execution_id, condition, of_node)
        if is_text:
            # The row of a list shows these values anyhow, so they come last.
            for source, text in (
                ("error.type", error_type),
                ("error.node", error_node),
                ("name", name),
                ("workflow", workflow),
                ("workflow", workflow_id),
            ):
                yield from _in_text(condition, "part", _Source(source), text)
            yield from _in_text(condition, "start", _Source("id"), execution_id)

    def _in_nodes(self, execution_id: str, condition: Condition, of_node: Term) -> Iterator[_Found]:
        sql, bound = of_node
        field = condition.field
        is_text = field == "text"
        rows = self._connection.execute(
            f"SELECT {_OF_NODE} FROM node_executions AS n WHERE n.execution_id = ? AND ({sql}) "
            "ORDER BY n.sequence, n.node_id",
            (execution_id, *bound),
        )
        named: list[_Found] = []
        for sequence, node_id, name, error, *payloads in rows:
            if is_text or field == "error":
                source = _Source("error", sequence, node_id, name)
                yield from _in_text(condition, "part", source, error)
            for kind, value in zip(_PAYLOADS, payloads, strict=True):
                if is_text or field == kind or (field == "any" and kind != "logs"):
                    source = _Source(kind, sequence, node_id, name)
                    yield from self._in_payload(condition, source, value)
            if is_text and len(named) < SHOWN_MATCHES:
                source = _Source("node", sequence, node_id, name)
                own = [*_in_text(condition, "part", source, name)]
                named += own or _in_text(condition, "part", source, node_id)
        yield from named

    def _in_payload(
        self, condition: Condition, source: _Source, value: StoredValue
    ) -> Iterator[_Found]:
        # An output is often the next node's input, too.
        if value is None or (condition, value) in self._without_place:
            return
        if isinstance(value, int):
            data = bytes(StoredPayload(self._connection, self._codec, value))
        else:
            data = value.encode()
        self.read_bytes += len(data)
        meant = _name_tag(condition) if source.field == "tag" else condition
        found = False
        try:
            for place in find_places(meant, data):
                found = True
                yield _Found(source, place)
            if not found and isinstance(value, int):
                self._without_place.add((condition, value))
        except RecursionError:
            # Records are never nested so deeply: the receiver refuses them.
            return


def _name_tag(condition: Condition) -> Condition:
    # A tag's name may have points.
    name = ".".join(map(str, condition.path))
    return Condition(condition.field, condition.test, (name,) if name else ())


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
    snippet = place.text.encode("utf-8", "replace").decode()
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
