"""Define what all Litestar handlers share: their decorator, dependencies and parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, tzinfo
from typing import Annotated, Any, Final, TypeAlias
from zoneinfo import ZoneInfo

from litestar import delete, get, post, put
from litestar.di import NamedDependency, Provide
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter, SkipValidation

from flightlog.clock import utc_now
from flightlog.errors import InvalidQueryError
from flightlog.logger import ExecutionLogger
from flightlog.models import Price
from flightlog.query import Expression, Reader, parse
from flightlog.query.parser import MAX_CHARACTERS
from flightlog.receiver.openapi import describe_problems, name_operation
from flightlog.record.times import normalize_time
from flightlog.store.query import NODE_CURSOR

Logger: TypeAlias = NamedDependency[SkipValidation[ExecutionLogger]]
Prices: TypeAlias = NamedDependency[SkipValidation[tuple[Price, ...]]]
Verb: TypeAlias = type[get | delete | post | put]

WORKFLOW: Final = QueryParameter(name="workflowId", description="Only this workflow's.")
WORKFLOWS: Final = QueryParameter(
    name="workflowId", description="Only these workflows'; may be repeated."
)
PROJECT: Final = QueryParameter(name="projectId", description="Only this project's.")
TIME_FORMAT: Final = "date-time"
AFTER: Final = QueryParameter(description="RFC 3339; started then or later.", format=TIME_FORMAT)
BEFORE: Final = QueryParameter(description="RFC 3339; started before then.", format=TIME_FORMAT)
MAX_OFFSET: Final = 2**53 - 1
"""The largest offset in a list."""
MAX_NODES: Final = 10_000
"""The largest number of node executions in one answer."""
NODES_LIMIT: Final = QueryParameter(
    name="nodesLimit", description="At most so many node executions.", ge=1, le=MAX_NODES
)
NODES_CURSOR: Final = QueryParameter(
    name="nodesCursor",
    description="The `nextNodesCursor` of the page before.",
    schema_extra={"pattern": NODE_CURSOR.pattern},
)

QUERY_FORMAT: Final = "flightlog-query"
QUERY: Final = QueryParameter(
    description="Only those that this query chooses; docs/inspect/query.md describes queries.",
    max_length=MAX_CHARACTERS,
    format=QUERY_FORMAT,
)
TIME_ZONE: Final = QueryParameter(
    name="timeZone",
    description="The IANA time zone of the query's times, e.g. `Europe/Berlin`; UTC by default.",
    format="time-zone",
)

WorkflowId: TypeAlias = Annotated[str | None, WORKFLOW]
Query: TypeAlias = Annotated[str | None, QUERY]
TimeZone: TypeAlias = Annotated[str | None, TIME_ZONE]
WorkflowIds: TypeAlias = Annotated[list[str] | None, WORKFLOWS]
ProjectId: TypeAlias = Annotated[str | None, PROJECT]
After: TypeAlias = Annotated[str | None, AFTER]
Before: TypeAlias = Annotated[str | None, BEFORE]
NodesLimit: TypeAlias = Annotated[int, NODES_LIMIT]
NodesCursor: TypeAlias = Annotated[str | None, NODES_CURSOR]


def parse_query(
    text: str | None, time_zone: str | None, prices: tuple[Price, ...]
) -> Expression | None:
    """
    Parse a request's query.

    Args:
        text: The query.
        time_zone: The reader's IANA time zone; None means UTC.
        prices: The prices of models.

    Returns:
        The expression; None for no query.

    Raises:
        InvalidQueryError: The query can't be read, or the time zone is unknown.
    """
    reader = make_reader(time_zone, prices)
    return None if text is None else parse(text, reader)


def make_reader(time_zone: str | None, prices: tuple[Price, ...]) -> Reader:
    """
    Make the reader of a request's query.

    Args:
        time_zone: The reader's IANA time zone; None means UTC.
        prices: The prices of models.

    Returns:
        The reader.

    Raises:
        InvalidQueryError: The time zone is unknown.
    """
    zone: tzinfo = UTC
    if time_zone is not None:
        try:
            zone = ZoneInfo(time_zone)
        except (OSError, ValueError, KeyError) as error:
            hint = "Write an IANA name, e.g. Europe/Berlin."
            raise InvalidQueryError("timeZone", "is no known time zone", hint=hint) from error
    return Reader(now=utc_now(), zone=zone, read_prices=lambda: prices)


def route(
    verb: Verb,
    path: str,
    *codes: str,
    name: str | None = None,
    dependencies: Mapping[str, Provide] | None = None,
    blocks: bool = True,
    media_type: str = "application/json",
) -> Callable[[Callable[..., Any]], HTTPRouteHandler]:
    """
    Create a decorator that makes a handler from a function.

    Args:
        verb: Litestar's decorator for the HTTP method.
        path: The route.
        codes: The codes of the route's problems, in addition to the codes of every route.
        name: The operation's name; needed if the function serves several routes.
        dependencies: The handler's own dependencies.
        blocks: Whether the function runs in a thread; False for a coroutine function.
        media_type: The media type of the answer.

    Returns:
        The decorator.
    """

    def decorate(function: Callable[..., Any]) -> HTTPRouteHandler:
        # Litestar can't see a function's name and docstring through `sync_to_thread`.
        return verb(
            path,
            status_code=200,
            sync_to_thread=True if blocks else None,
            responses=describe_problems(*codes),
            operation_id=name or name_operation(function),
            summary=function.__doc__,
            dependencies=dependencies,
            media_type=media_type,
        )(function)

    return decorate


def parse_time_parameter(parameter: str, text: str | None) -> str | None:
    """
    Convert a time parameter to a canonical time.

    Args:
        parameter: The parameter's name, for the error.
        text: The parameter's value; None when it is absent.

    Returns:
        Canonical time; None when the parameter is absent.

    Raises:
        InvalidQueryError: The value is not an ISO 8601 time.
    """
    if text is None:
        return None
    try:
        return normalize_time(text)
    except ValueError as error:
        raise InvalidQueryError(
            parameter,
            f"is {text[:40]!r}, no ISO 8601 time",
            hint="Write e.g. 2026-11-22T19:04:11Z, and a + as %2B.",
        ) from error


def remove_repetitions(values: Sequence[str] | None) -> tuple[str, ...]:
    """
    Remove repetitions from the values of a repeated parameter.

    Args:
        values: The parameter's values; None when it is absent.

    Returns:
        Each value once, in order.
    """
    return tuple(dict.fromkeys(values or ()))
