"""`GET /api/summaries`: lists of executions in one line each, by page or by id."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from flightlog.receiver.routing import (
    TIME_FORMAT,
    After,
    Before,
    Logger,
    ProjectId,
    WorkflowIds,
    parse_time_parameter,
    route,
    unique_texts,
)
from flightlog.record.model import ExecutionMode, ExecutionStatus
from flightlog.store.query import EXECUTION_CURSOR, MAX_IDS, HistoryFilter, Order
from flightlog.store.summaries import SummaryPage

Direction = Literal["older", "newer"]

_ORDERS: Final[dict[Direction, Order]] = {"older": "newest", "newer": "oldest"}
_STATUSES: Final = QueryParameter(
    name="status", description="Only those that are so; may be repeated."
)
_TRIGGER: Final = QueryParameter(description="Only those that such a trigger started.")
_AT_LEAST: Final = QueryParameter(
    name="minDurationMs", description="Took at least so long.", schema_extra={"minimum": 0}, ge=0
)
_AT_MOST: Final = QueryParameter(
    name="maxDurationMs", description="Took at most so long.", schema_extra={"minimum": 0}, ge=0
)
_TEXT: Final = QueryParameter(
    description="In any case: part of the workflow's name or id, of the error's message, type or "
    "node, or the beginning of the execution's id."
)
_NODE: Final = QueryParameter(name="nodeId", description="Only those that failed at this node.")
_STARRED: Final = QueryParameter(description="Only those that people have marked.")
_IDS: Final = QueryParameter(
    name="id", description="Only these executions; may be repeated.", max_items=MAX_IDS
)
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


@route(get, "/api/summaries", "invalid_query")
def list_summaries(
    *,
    logger: Logger,
    workflow_ids: WorkflowIds = None,
    project_id: ProjectId = None,
    statuses: Annotated[list[ExecutionStatus] | None, _STATUSES] = None,
    mode: Annotated[ExecutionMode | None, QueryParameter()] = None,
    trigger: Annotated[str | None, _TRIGGER] = None,
    after: After = None,
    before: Before = None,
    min_duration_ms: Annotated[float | None, _AT_LEAST] = None,
    max_duration_ms: Annotated[float | None, _AT_MOST] = None,
    text: Annotated[str | None, _TEXT] = None,
    node_id: Annotated[str | None, _NODE] = None,
    starred: Annotated[bool, _STARRED] = False,
    ids: Annotated[list[str] | None, _IDS] = None,
    limit: Annotated[int, _LIMIT] = 50,
    cursor: Annotated[str | None, _CURSOR] = None,
    direction: Annotated[Direction, _DIRECTION] = "older",
    at: Annotated[str | None, _AT] = None,
) -> SummaryPage:
    """List executions in one line each, the newest first, or the executions with certain ids."""
    chosen = HistoryFilter(
        ids=None if ids is None else unique_texts(ids),
        workflow_ids=unique_texts(workflow_ids),
        project_id=project_id,
        statuses=tuple(dict.fromkeys(statuses or ())),
        execution_mode=mode,
        trigger_type=trigger,
        started_from=parse_time_parameter("after", after),
        started_before=parse_time_parameter("before", before),
        min_duration_ms=min_duration_ms,
        max_duration_ms=max_duration_ms,
        text=text,
        node_id=node_id,
        starred=starred,
    )
    return logger.reader.summaries(
        chosen.page(
            limit=limit,
            cursor=cursor,
            order=_ORDERS[direction],
            at=parse_time_parameter("at", at),
        )
    )


SUMMARY_ROUTES: Final[tuple[HTTPRouteHandler, ...]] = (list_summaries,)
