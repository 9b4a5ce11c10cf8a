"""
Search the index in PostgreSQL for the executions that may match an expression.

`flightlog.store.index_choices` chooses the terms.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final, TypeAlias

from msgspec import Struct

from flightlog.query.expressions import Expression
from flightlog.store.index_choices import AllChoices, AnyChoice, Choice, choose_terms
from flightlog.store.index_terms import ALWAYS, VERSION
from flightlog.store.postgres.index_numbers import number_term
from flightlog.store.postgres.index_postings import find_places, list_places, unpack
from flightlog.store.postgres.statements import (
    Connection,
    fetch_all,
    fetch_one,
    load_queries,
    write_array,
)
from flightlog.store.results import IndexContent

_MOST_BUCKETS: Final = 500
"""The most buckets that one statement reads, unless there are more segments."""

_queries: Final = load_queries("index_lookup.sql")


class IndexCandidates(Struct, frozen=True):
    """A search of the index; see `Candidates`."""

    connection: Connection
    """The connection, within a read transaction."""
    choice: Choice
    """The terms."""

    def list_few(self, most: int, /) -> list[int] | None:
        """List all candidates if there are few; see `Candidates.list_few`."""
        everywhere = [row[0] for row in fetch_all(self.connection, _queries["segments"])]
        found = _find(self.connection, self.choice, everywhere)
        # Some places may be dead.
        if sum(places.bit_count() for places in found.values()) > 2 * most:
            return None
        pairs = [(segment, place) for segment in found for place in list_places(found[segment])]
        bound = {
            "segments": [segment for segment, _ in pairs],
            "places": [place for _, place in pairs],
            "most": most + 1,
        }
        rows = fetch_all(self.connection, _queries["few"], bound)
        return None if len(rows) > most else [row[0] for row in rows]

    def select_among(self, ordinals: Sequence[int], /) -> set[int]:
        """Select the candidates of a list; see `Candidates.select_among`."""
        bound = {"ordinals": write_array(ordinals)}
        entries = fetch_all(self.connection, _queries["entries"], bound)
        segments = {segment for _, segment, _ in entries if segment is not None}
        found = _find(self.connection, self.choice, segments)
        candidates = {row[0] for row in fetch_all(self.connection, _queries["pending"], bound)}
        candidates.update(
            ordinal
            for ordinal, segment, place in entries
            if segment is None or found.get(segment, 0) >> place & 1
        )
        return candidates


def read_content(connection: Connection) -> tuple[IndexContent, bool]:
    """
    Read what the index holds.

    Args:
        connection: Any connection.

    Returns:
        The content, and whether it has the terms of this version of Flightlog; otherwise the index
        must be built anew, and can't be searched.
    """
    row = fetch_one(connection, _queries["settings"])
    return ("off", True) if row is None else (row[0], row[1] == VERSION)


def find_candidates(connection: Connection, expression: Expression) -> IndexCandidates | None:
    """
    Compile an expression to a search of the index.

    Args:
        connection: A connection within a read transaction.
        expression: The expression.

    Returns:
        The search; None if the index does not narrow the expression.
    """
    content, is_current = read_content(connection)
    chosen = choose_terms(expression, content if is_current else "off")
    return None if chosen is None else IndexCandidates(connection, chosen)


_Found: TypeAlias = dict[int, int]
"""Places, as the bits of a number, by the segments that have some."""


def _find(connection: Connection, choice: Choice, segments: Collection[int]) -> _Found:
    """Find the places of a choice in segments."""
    if isinstance(choice, AnyChoice):
        found: _Found = {}
        for each in choice.choices:
            for segment, places in _find(connection, each, segments).items():
                found[segment] = found.get(segment, 0) | places
        return found
    if isinstance(choice, AllChoices):
        found = dict.fromkeys(segments, -1)
        for each in choice.choices:
            found = _intersect(found, _find(connection, each, found))
        return found
    if ALWAYS in choice.terms:
        # These executions have no place.
        return {}
    return _find_terms(
        connection,
        list(dict.fromkeys(number_term(choice.kind, each) for each in choice.terms)),
        segments,
    )


def _intersect(found: _Found, others: _Found) -> _Found:
    both = {segment: found[segment] & places for segment, places in others.items()}
    return {segment: places for segment, places in both.items() if places}


def _find_terms(connection: Connection, terms: list[int], segments: Collection[int]) -> _Found:
    """Find the places that have all terms; after a rare term, few segments are left."""
    found = dict.fromkeys(segments, -1)
    while terms and found:
        number = max(1, _MOST_BUCKETS // len(found))
        some, terms = terms[:number], terms[number:]
        bound = {"terms": some, "segments": list(found)}
        rows = connection.execute(_queries["postings"], bound, binary=True)
        places: dict[int, _Found] = {term: {} for term in some}
        for segment, term, data in rows:
            places[term][segment] = find_places(unpack(data), term)
        for term in some:
            found = _intersect(found, {each: places[term].get(each, 0) for each in found})
    return found
