"""Serve the saved queries of a history: list, save and delete them."""

from __future__ import annotations

from typing import Annotated, Final, Literal
from urllib.parse import unquote

from litestar import delete, get, put
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from flightlog.errors import NotFoundError
from flightlog.errors.requests import SAVED_QUERY
from flightlog.query.parser import MAX_CHARACTERS
from flightlog.receiver.routing import QUERY_FORMAT, Logger, route
from flightlog.store.saved_queries import SavedQuery

_PATH: Final = "/api/query/saved/{name:str}"


class SavedQueries(Struct, frozen=True, kw_only=True):
    """The saved queries of a history."""

    queries: tuple[SavedQuery, ...]
    """The queries in the order of their names."""


class QueryText(Struct, frozen=True, kw_only=True):
    """The query to save."""

    query: Annotated[
        str,
        Meta(max_length=MAX_CHARACTERS, extra_json_schema={"minLength": 1, "format": QUERY_FORMAT}),
    ]
    """The text of the query, as docs/inspect/query.md describes; relative times stay relative."""


class SavedQueryDeleted(Struct, frozen=True, kw_only=True):
    """The saved query is deleted."""

    success: Literal[True]
    """Always true."""


@route(get, "/api/query/saved")
def list_saved_queries(logger: Logger) -> SavedQueries:
    """List the queries that people have saved under a name."""
    return SavedQueries(queries=logger.reader.list_saved_queries())


@route(put, _PATH, "invalid_query", "body_too_large", "store_full", "store_log_full")
def save_query(logger: Logger, name: FromPath[str], data: JSONBody[QueryText]) -> SavedQuery:
    """Save a query under a name, or replace the query that has the name."""
    saved = SavedQuery(name=unquote(name), query=data.query)
    logger.writer.save_query(saved.name, saved.query)
    return saved


@route(delete, _PATH, "not_found", "store_full", "store_log_full")
def delete_saved_query(logger: Logger, name: FromPath[str]) -> SavedQueryDeleted:
    """Delete a saved query."""
    if not logger.writer.delete_saved_query(unquote(name)):
        raise NotFoundError(unquote(name), what=SAVED_QUERY)
    return SavedQueryDeleted(success=True)


SAVED_QUERY_ROUTES: Final[tuple[HTTPRouteHandler, ...]] = (
    list_saved_queries,
    save_query,
    delete_saved_query,
)
