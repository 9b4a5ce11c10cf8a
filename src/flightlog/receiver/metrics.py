"""Serve counts and durations over HTTP: by time, by workflow, by node, and frequent errors."""

from __future__ import annotations

from bisect import bisect_right
from typing import Annotated, Final, cast

from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter
from msgspec import Struct

from flightlog.receiver.filters import CHOSEN, Chosen
from flightlog.receiver.routing import Logger, route
from flightlog.store.metrics import (
    Comparison,
    ErrorGroups,
    NodeMetrics,
    Series,
    StatusCounts,
    WorkflowMetrics,
    WorkflowPlace,
)
from flightlog.store.query import PROJECT_CURSOR, WORKFLOW_CURSOR

_MAX_PAGE: Final = 1_000
_MAX_NODES: Final = 1_000
_MAX_GROUPS: Final = 200
_POINTS: Final = QueryParameter(description="At most about so many steps.", ge=1, le=1_000)
_NODES: Final = QueryParameter(description="At most so many nodes.", ge=1, le=_MAX_NODES)
_GROUPS: Final = QueryParameter(description="At most so many groups.", ge=1, le=_MAX_GROUPS)
_WORKFLOWS: Final = QueryParameter(description="At most so many workflows.", ge=1, le=_MAX_PAGE)
_PROJECTS: Final = QueryParameter(description="At most so many projects.", ge=1, le=_MAX_PAGE)
_CURSOR: Final = QueryParameter(
    description="The `nextCursor` of the page before.",
    schema_extra={"pattern": WORKFLOW_CURSOR.pattern},
)
_PROJECT_CURSOR: Final = QueryParameter(
    description="The `nextCursor` of the page before.",
    schema_extra={"pattern": PROJECT_CURSOR.pattern},
)


class Workflows(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """A page of the workflows that have executions."""

    workflows: tuple[WorkflowMetrics, ...]
    """The workflows by project, the most executions first."""
    next_cursor: str | None
    """The cursor of the next page; null at the end."""
    searched_to: str | None = None
    """
    The start time that an unfinished search reached, canonical time; absent if all executions
    that the parameters choose are counted.
    """


class Projects(Struct, frozen=True, kw_only=True, rename="camel"):
    """A page of the projects that have executions."""

    projects: tuple[str, ...]
    """The ids of the projects in alphabetical order."""
    next_cursor: str | None
    """The cursor of the next page; null at the end."""


class Nodes(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """The nodes that have node executions."""

    nodes: tuple[NodeMetrics, ...]
    """The nodes, the slowest 95th percentile first."""
    searched_to: str | None = None
    """
    The start time that the search or the reading of nodes reached, canonical time; absent if all
    executions that the parameters choose are counted.
    """


@route(get, "/api/counts", "invalid_query", dependencies=CHOSEN)
def get_counts(logger: Logger, chosen: Chosen) -> StatusCounts:
    """Count executions by status."""
    return logger.reader.count_by_status(chosen)


@route(get, "/api/series", "invalid_query", dependencies=CHOSEN)
def get_series(logger: Logger, chosen: Chosen, points: Annotated[int, _POINTS] = 60) -> Series:
    """Count and time executions over time, in even steps."""
    return logger.reader.read_series(chosen, points)


@route(get, "/api/workflows", "invalid_query", dependencies=CHOSEN)
def list_workflows(
    *,
    logger: Logger,
    chosen: Chosen,
    limit: Annotated[int, _WORKFLOWS] = _MAX_PAGE,
    cursor: Annotated[str | None, _CURSOR] = None,
) -> Workflows:
    """Count and time executions by workflow and project."""
    after_place = None
    if cursor is not None:
        after_place = WorkflowPlace(*cast(tuple[int, str, str], WORKFLOW_CURSOR.read(cursor)))
    found, searched_to = logger.reader.list_workflows(chosen, limit + 1, after_place)
    page, more = found[:limit], len(found) > limit
    following = None
    if more:
        following = WORKFLOW_CURSOR.write(
            page[-1].total, page[-1].workflow_id, page[-1].project_id or ""
        )
    return Workflows(workflows=page, next_cursor=following, searched_to=searched_to)


@route(get, "/api/projects", "invalid_query")
def list_projects(
    *,
    logger: Logger,
    limit: Annotated[int, _PROJECTS] = _MAX_PAGE,
    cursor: Annotated[str | None, _PROJECT_CURSOR] = None,
) -> Projects:
    """List the projects that have executions."""
    projects = logger.reader.list_projects()
    first = 0
    if cursor is not None:
        first = bisect_right(projects, str(PROJECT_CURSOR.read(cursor)[0]))
    page = projects[first : first + limit]
    more = first + limit < len(projects)
    return Projects(projects=page, next_cursor=PROJECT_CURSOR.write(page[-1]) if more else None)


@route(get, "/api/nodes", "invalid_query", dependencies=CHOSEN)
def list_nodes(logger: Logger, chosen: Chosen, limit: Annotated[int, _NODES] = 200) -> Nodes:
    """Count and time node executions by node, the slowest first."""
    found = logger.reader.list_nodes(chosen, limit)
    return Nodes(nodes=found.nodes, searched_to=found.searched_to)


@route(get, "/api/errors", "invalid_query", dependencies=CHOSEN)
def list_errors(logger: Logger, chosen: Chosen, limit: Annotated[int, _GROUPS] = 20) -> ErrorGroups:
    """Group the newest failures that are alike, the most frequent first."""
    return logger.reader.group_errors(chosen, limit)


@route(get, "/api/comparison", "invalid_query", dependencies=CHOSEN)
def compare_periods(logger: Logger, chosen: Chosen) -> Comparison:
    """Count and time executions of a period, and of the period of the same length before it."""
    return logger.reader.compare_periods(chosen)


METRIC_ROUTES: Final[tuple[HTTPRouteHandler, ...]] = (
    get_counts,
    get_series,
    list_workflows,
    list_projects,
    list_nodes,
    list_errors,
    compare_periods,
)
