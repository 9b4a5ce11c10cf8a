"""What the handlers of Litestar share: their decorator, what they are given, and parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Final, TypeAlias

from litestar import delete, get, post, put
from litestar.di import NamedDependency, Provide
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter, SkipValidation

from flightlog.errors import InvalidQueryError
from flightlog.logger import ExecutionLogger
from flightlog.model import canonical_time
from flightlog.receiver.openapi import operation_id, problem_responses

Logger: TypeAlias = NamedDependency[SkipValidation[ExecutionLogger]]
Verb: TypeAlias = type[get | delete | post | put]

WORKFLOW: Final = QueryParameter(name="workflowId", description="Only this workflow's.")
WORKFLOWS: Final = QueryParameter(
    name="workflowId", description="Only these workflows'; may be repeated."
)
PROJECT: Final = QueryParameter(name="projectId", description="Only this project's.")
AFTER: Final = QueryParameter(description="ISO 8601; started then or later.")
BEFORE: Final = QueryParameter(description="ISO 8601; started before then.")

WorkflowId: TypeAlias = Annotated[str | None, WORKFLOW]
WorkflowIds: TypeAlias = Annotated[list[str] | None, WORKFLOWS]
ProjectId: TypeAlias = Annotated[str | None, PROJECT]
After: TypeAlias = Annotated[str | None, AFTER]
Before: TypeAlias = Annotated[str | None, BEFORE]


def route(
    verb: Verb,
    path: str,
    *codes: str,
    name: str | None = None,
    dependencies: Mapping[str, Provide] | None = None,
    blocks: bool = True,
) -> Callable[[Callable[..., Any]], HTTPRouteHandler]:
    """
    Make a handler of a function.

    Args:
        verb: Litestar's decorator of the method.
        path: The route.
        codes: The problems that it answers with beside those of every route.
        name: The operation's name, where the function serves several routes.
        dependencies: What it is given beside what every handler can have.
        blocks: Whether it runs in a thread; False for a coroutine function.
    """

    def decorate(function: Callable[..., Any]) -> HTTPRouteHandler:
        # Litestar can't see a function's name and docstring through `sync_to_thread`.
        return verb(
            path,
            status_code=200,
            sync_to_thread=True if blocks else None,
            responses=problem_responses(*codes),
            operation_id=name or operation_id(function),
            summary=function.__doc__,
            dependencies=dependencies,
        )(function)

    return decorate


def time_of(parameter: str, text: str | None) -> str | None:
    """
    The canonical time that a parameter gives.

    Raises:
        InvalidQueryError: It is no time; names the parameter.
    """
    if text is None:
        return None
    try:
        return canonical_time(text)
    except ValueError as error:
        raise InvalidQueryError(
            parameter,
            f"is {text[:40]!r}, no ISO 8601 time",
            hint="Write e.g. 2026-11-22T19:04:11Z, and a + as %2B.",
        ) from error


def within(parameter: str, value: int, least: int, most: int) -> int:
    """
    A whole number within its range.

    Raises:
        InvalidQueryError: It is outside; names the parameter.
    """
    if not least <= value <= most:
        raise InvalidQueryError(
            parameter, f"is {value}", hint=f"It must be from {least:,} to {most:,}."
        )
    return value


def texts_of(values: Sequence[str] | None) -> tuple[str, ...]:
    """The values of a parameter that may be repeated, each once."""
    return tuple(dict.fromkeys(values or ()))
