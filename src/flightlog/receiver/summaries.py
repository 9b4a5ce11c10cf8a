"""`GET /api/summaries`: lists of executions in one line each, by page or by id."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter
from msgspec.structs import replace

from flightlog.receiver.filters import CHOSEN, Chosen
from flightlog.receiver.routing import TIME_FORMAT, Logger, parse_time_parameter, route
from flightlog.store.query import EXECUTION_CURSOR, Order
from flightlog.store.summaries import SummaryPage

Direction = Literal["older", "newer"]

_ORDERS: Final[dict[Direction, Order]] = {"older": "newest", "newer": "oldest"}
_LIMIT: Final = QueryParameter(description="At most so many.", ge=1, le=500)
_CURSOR: Final = QueryParameter(
    description="A cursor of a page of the same filters.",
    schema_extra={"pattern": EXECUTION_CURSOR.pattern},
)
_DIRECTION: Final = QueryParameter(
    description="To which side of the cursor; without one, from the newest or the oldest on."
)
_AT: Final = QueryParameter(
    description="RFC 3339; begin with the newest that started then or before, and filter nothing.",
    format=TIME_FORMAT,
)


@route(get, "/api/summaries", "invalid_query", dependencies=CHOSEN)
def list_summaries(
    *,
    logger: Logger,
    chosen: Chosen,
    limit: Annotated[int, _LIMIT] = 50,
    cursor: Annotated[str | None, _CURSOR] = None,
    direction: Annotated[Direction, _DIRECTION] = "older",
    at: Annotated[str | None, _AT] = None,
) -> SummaryPage:
    """List executions in one line each, the newest first, or the executions with certain ids."""
    page = logger.reader.list_summaries(
        chosen.make_page_query(
            limit=limit,
            cursor=cursor,
            order=_ORDERS[direction],
            at=parse_time_parameter("at", at),
        )
    )
    if chosen.expression is None:
        return page
    found = logger.reader.find_matches(
        chosen.expression, [summary.id for summary in page.summaries]
    )
    return replace(
        page,
        summaries=tuple(
            replace(summary, matches=found.get(summary.id)) for summary in page.summaries
        ),
    )


SUMMARY_ROUTES: Final[tuple[HTTPRouteHandler, ...]] = (list_summaries,)
