"""Counts and durations over HTTP: by time, by workflow, by node, and the most frequent errors."""

from __future__ import annotations

from typing import Annotated, Final

from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter
from msgspec import Struct

from flightlog.receiver.routing import (
    After,
    Before,
    Logger,
    ProjectId,
    WorkflowIds,
    route,
    texts_of,
    time_of,
    within,
)
from flightlog.store.measures import (
    ErrorGroups,
    NodeMeasures,
    Scope,
    Series,
    StatusCounts,
    WorkflowMeasures,
)

_POINTS: Final = QueryParameter(description="At most about so many steps, 1 to 1,000.")
_NODES: Final = QueryParameter(description="At most so many nodes, 1 to 1,000.")
_GROUPS: Final = QueryParameter(description="At most so many groups, 1 to 200.")
_MAX_NODES: Final = 1_000
_MAX_GROUPS: Final = 200


class Workflows(Struct, frozen=True, kw_only=True):
    """The workflows that were run."""

    workflows: tuple[WorkflowMeasures, ...]
    """By workflow and project; most executions first."""


class Projects(Struct, frozen=True, kw_only=True):
    """The projects whose workflows were run."""

    projects: tuple[str, ...]
    """In alphabetical order."""


class Nodes(Struct, frozen=True, kw_only=True):
    """The nodes that were run."""

    nodes: tuple[NodeMeasures, ...]
    """The slowest first, by the 95th percentile."""


@route(get, "/api/counts", "invalid_query")
def get_counts(
    *,
    logger: Logger,
    workflow_ids: WorkflowIds = None,
    project_id: ProjectId = None,
    after: After = None,
    before: Before = None,
) -> StatusCounts:
    """Count executions by how far they came."""
    return logger.views.counts(_scope(workflow_ids, project_id, after, before))


@route(get, "/api/series", "invalid_query")
def get_series(
    *,
    logger: Logger,
    workflow_ids: WorkflowIds = None,
    project_id: ProjectId = None,
    after: After = None,
    before: Before = None,
    points: Annotated[int, _POINTS] = 60,
) -> Series:
    """Count and time executions over time, in even steps."""
    return logger.views.series(_scope(workflow_ids, project_id, after, before), points)


@route(get, "/api/workflows", "invalid_query")
def list_workflows(
    *,
    logger: Logger,
    workflow_ids: WorkflowIds = None,
    project_id: ProjectId = None,
    after: After = None,
    before: Before = None,
) -> Workflows:
    """Count and time executions by workflow and project; hours count whole."""
    scope = _scope(workflow_ids, project_id, after, before)
    return Workflows(workflows=logger.views.workflows(scope))


@route(get, "/api/projects")
def list_projects(logger: Logger) -> Projects:
    """List the projects that have executions."""
    return Projects(projects=logger.views.projects())


@route(get, "/api/nodes", "invalid_query")
def list_nodes(
    *,
    logger: Logger,
    workflow_ids: WorkflowIds = None,
    project_id: ProjectId = None,
    after: After = None,
    before: Before = None,
    limit: Annotated[int, _NODES] = 200,
) -> Nodes:
    """Count and time node executions by node, the slowest first; hours count whole."""
    scope = _scope(workflow_ids, project_id, after, before)
    return Nodes(nodes=logger.views.nodes(scope, within("limit", limit, 1, _MAX_NODES)))


@route(get, "/api/errors", "invalid_query")
def list_errors(
    *,
    logger: Logger,
    workflow_ids: WorkflowIds = None,
    project_id: ProjectId = None,
    after: After = None,
    before: Before = None,
    limit: Annotated[int, _GROUPS] = 20,
) -> ErrorGroups:
    """Group the newest failures that are alike, the most frequent first."""
    scope = _scope(workflow_ids, project_id, after, before)
    return logger.views.errors(scope, within("limit", limit, 1, _MAX_GROUPS))


MEASURE_ROUTES: Final[tuple[HTTPRouteHandler, ...]] = (
    get_counts,
    get_series,
    list_workflows,
    list_projects,
    list_nodes,
    list_errors,
)


def _scope(
    workflow_ids: list[str] | None, project_id: str | None, after: str | None, before: str | None
) -> Scope:
    return Scope(
        workflow_ids=texts_of(workflow_ids),
        project_id=project_id,
        started_from=time_of("after", after),
        started_before=time_of("before", before),
    )
