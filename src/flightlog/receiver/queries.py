"""Serve what a search box needs: the fields of queries, facets, and help for an empty result."""

from __future__ import annotations

from typing import Final

from litestar import get
from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

from flightlog.query.fields import FIELDS, Field, Kind
from flightlog.receiver.filters import CHOSEN, FILTERS, Chosen, Filters
from flightlog.receiver.routing import Logger, Prices, Query, TimeZone, make_reader, route
from flightlog.store.findings import FacetPage
from flightlog.store.nearest import Nearest, find_nearest


class QueryField(Struct, frozen=True, kw_only=True, rename="camel"):
    """A field of queries."""

    name: str
    """The name before the colon."""
    type: Kind
    """How the field's values are compared."""
    meaning: str
    """The meaning in one sentence, as Markdown."""
    example: str
    """A query with the field."""
    values: tuple[str, ...] | None
    """The values to offer; null if the field takes any text, number or time."""
    takes_path: bool
    """Whether a path may follow the name, e.g. `output.items[0].sku`."""


class QueryFields(Struct, frozen=True, kw_only=True):
    """The fields of queries."""

    fields: tuple[QueryField, ...]
    """The fields in the order in which docs/inspect/query.md explains them."""


@route(get, "/api/query/fields")
def list_query_fields() -> QueryFields:
    """List the fields of queries with their meanings, examples and known values."""
    return QueryFields(fields=tuple(map(_describe, FIELDS.values())))


@route(get, "/api/query/nearest", "invalid_query", dependencies=FILTERS)
def find_nearest_query(
    *,
    logger: Logger,
    filters: Filters,
    prices: Prices,
    q: Query = None,
    time_zone: TimeZone = None,
) -> Nearest:
    """Name the fields that a query searches, and the nearest query that has results."""
    return find_nearest(logger.reader, filters, q or "", make_reader(time_zone, prices))


@route(get, "/api/facets", "invalid_query", dependencies=CHOSEN)
def get_facets(logger: Logger, chosen: Chosen) -> FacetPage:
    """Count the most frequent workflows, statuses, nodes, tags, kinds of errors and models."""
    return logger.reader.read_facets(chosen)


QUERY_ROUTES: Final[tuple[HTTPRouteHandler, ...]] = (
    list_query_fields,
    find_nearest_query,
    get_facets,
)


def _describe(field: Field) -> QueryField:
    return QueryField(
        name=field.name,
        type=field.kind,
        meaning=field.meaning,
        example=field.example,
        values=field.choices or field.known_values or None,
        takes_path=field.takes_path,
    )
