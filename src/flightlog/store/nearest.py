"""Explain a search without results: what it searched, and the nearest query that has results."""

from __future__ import annotations

import time
from typing import Final

from msgspec import Struct

from flightlog.query import Reader, parse
from flightlog.query.relaxation import list_looser_queries, list_searched_fields
from flightlog.store.query import HistoryFilter
from flightlog.store.reader import ExecutionReader

COUNTED_RESULTS: Final = 50
"""The largest number of results of a query that are counted."""
SEARCH_S: Final = 3.0
"""The time after which no further query is tried, seconds."""


class NearQuery(Struct, frozen=True, kw_only=True):
    """A query that has results."""

    q: str
    """The query."""
    count: int
    """The number of results, at most 50."""
    more: bool
    """Whether there are more results, or older executions were not searched."""


class Nearest(Struct, frozen=True, kw_only=True):
    """The fields that a search has searched, and the nearest query that has results."""

    searched: tuple[str, ...]
    """The names of the fields that the query searches."""
    nearest: NearQuery | None
    """The query with the fewest results; null if no similar query has results."""


def find_nearest(
    reader: ExecutionReader, chosen: HistoryFilter, text: str, asker: Reader
) -> Nearest:
    """
    Find the nearest query that has results.

    Args:
        reader: The history.
        chosen: The other filters of the search.
        text: The query without results.
        asker: The clock and the time zone of the query.

    Returns:
        The fields that were searched, and the query.

    Raises:
        InvalidQueryError: The text is no query.
    """
    best: NearQuery | None = None
    deadline = time.monotonic() + SEARCH_S
    for looser in list_looser_queries(text, asker):
        query = chosen.narrow(parse(looser, asker)).make_page_query(limit=COUNTED_RESULTS)
        page = reader.list_summaries(query)
        count = len(page.summaries)
        if count and (best is None or count < best.count):
            best = NearQuery(q=looser, count=count, more=page.older_cursor is not None)
        if time.monotonic() > deadline:
            break
    return Nearest(searched=list_searched_fields(parse(text, asker)), nearest=best)
