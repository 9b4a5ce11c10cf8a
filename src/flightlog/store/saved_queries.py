"""Saved queries: queries that people have named, kept in the history beside the executions."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from flightlog.clock import utc_now
from flightlog.errors import InvalidQueryError
from flightlog.query import Reader, parse

MAX_NAME: Final = 100
"""The most characters of a name."""
MAX_SAVED: Final = 1_000
"""The most saved queries of a history."""


class SavedQuery(Struct, frozen=True, kw_only=True):
    """A query with a name."""

    name: str
    """The name, unique in the history; upper and lower case differ."""
    query: str
    """The text of the query, as docs/inspect/query.md describes; relative times stay relative."""


def check_saved_query(name: str, query: str) -> None:
    """
    Check a query and its name before they are saved.

    Args:
        name: The name.
        query: The text of the query.

    Raises:
        InvalidQueryError: The name is empty, is too long, begins or ends with a blank, or has
            characters that can't be shown, or the query is empty or can't be read.
    """
    if not name or name != name.strip() or len(name) > MAX_NAME or not name.isprintable():
        raise InvalidQueryError(
            "name",
            "can't be the name of a saved query",
            hint=f"Write 1 to {MAX_NAME} characters in one line, without blanks around them.",
        )
    if not query.isprintable() and any("\ud800" <= each <= "\udfff" for each in query):
        raise InvalidQueryError(
            "query", "has characters that are no text", hint="Write the query as UTF-8."
        )
    if parse(query, Reader(now=utc_now()), "query") is None:
        raise InvalidQueryError("query", "is empty", hint="Write e.g. `status:error after:-1d`.")
