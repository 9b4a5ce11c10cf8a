"""Serve lists of executions in one line each, and the data that distinguishes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal, cast

from litestar import Request, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter
from msgspec.structs import replace

from flightlog.errors import InvalidQueryError, StoreCapabilityError
from flightlog.models import Price, list_limits, sum_usage
from flightlog.receiver.asgi import Scope
from flightlog.receiver.audit import note_ids
from flightlog.receiver.filters import CHOSEN, Chosen
from flightlog.receiver.routing import (
    TIME_FORMAT,
    Logger,
    Prices,
    parse_time_parameter,
    remove_repetitions,
    route,
)
from flightlog.store.query import EXECUTION_CURSOR, MAX_IDS, HistoryFilter, Order
from flightlog.store.summaries import SummaryPage, TriggerPage

Direction = Literal["older", "newer"]
Sort = Literal["newest", "longest", "shortest"]

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
_SORT: Final = QueryParameter(
    description="`longest` and `shortest` give one page by duration, of the newest executions."
)
_IDS: Final = QueryParameter(
    name="id", description="These executions; may be repeated.", max_items=MAX_IDS
)


@route(get, "/api/summaries", "invalid_query", dependencies=CHOSEN)
def list_summaries(
    *,
    logger: Logger,
    prices: Prices,
    chosen: Chosen,
    limit: Annotated[int, _LIMIT] = 50,
    cursor: Annotated[str | None, _CURSOR] = None,
    direction: Annotated[Direction, _DIRECTION] = "older",
    at: Annotated[str | None, _AT] = None,
    sort: Annotated[Sort, _SORT] = "newest",
) -> SummaryPage:
    """List executions in one line each, the newest first, or the executions with certain ids."""
    if sort == "newest":
        page = logger.reader.list_summaries(
            chosen.make_page_query(
                limit=limit,
                cursor=cursor,
                order=_ORDERS[direction],
                at=parse_time_parameter("at", at),
            )
        )
    elif cursor is not None or at is not None:
        raise InvalidQueryError(
            "sort", "is not the order of a cursor or a time", hint="Leave out `cursor` and `at`."
        )
    else:
        page = logger.reader.list_by_duration(chosen, sort, limit)
    return _add_matches(logger, chosen, _add_models(logger, prices, page))


def _add_models(logger: Logger, prices: Sequence[Price], page: SummaryPage) -> SummaryPage:
    ids = [summary.id for summary in page.summaries]
    try:
        found = logger.reader.read_usage(ids, list_limits(prices))
    except StoreCapabilityError:
        # A list without tokens is better than none.
        return page
    if not found:
        return page
    return replace(
        page,
        summaries=tuple(
            replace(summary, models=sum_usage(found.get(summary.id, ()), prices))
            for summary in page.summaries
        ),
    )


def _add_matches(logger: Logger, chosen: HistoryFilter, page: SummaryPage) -> SummaryPage:
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


@route(get, "/api/triggers", "invalid_query")
def list_triggers(
    request: Request[Any, Any, Any],
    logger: Logger,
    ids: Annotated[list[str] | None, _IDS] = None,
) -> TriggerPage:
    """Read the data of triggers that distinguishes executions."""
    wanted = remove_repetitions(ids)
    note_ids(cast(Scope, request.scope), wanted)
    return TriggerPage(triggers=logger.reader.read_trigger_facts(wanted))


SUMMARY_ROUTES: Final[tuple[HTTPRouteHandler, ...]] = (list_summaries, list_triggers)
