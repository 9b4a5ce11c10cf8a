"""Read the parameters that choose executions; the routes of lists and counts share them."""

from __future__ import annotations

from typing import Annotated, Final, TypeAlias

from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter, SkipValidation

from flightlog.receiver.routing import (
    After,
    Before,
    Prices,
    ProjectId,
    Query,
    TimeZone,
    WorkflowIds,
    parse_query,
    parse_time_parameter,
    remove_repetitions,
)
from flightlog.record.model import ExecutionMode, ExecutionStatus
from flightlog.store.query import MAX_IDS, HistoryFilter

Filters: TypeAlias = NamedDependency[SkipValidation[HistoryFilter]]
"""The executions that all parameters but the query choose."""
Chosen: TypeAlias = NamedDependency[SkipValidation[HistoryFilter]]
"""The executions that all parameters choose."""

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


def _read_filter(
    *,
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
) -> HistoryFilter:
    return HistoryFilter(
        ids=None if ids is None else remove_repetitions(ids),
        workflow_ids=remove_repetitions(workflow_ids),
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


def _narrow(
    filters: Filters, prices: Prices, q: Query = None, time_zone: TimeZone = None
) -> HistoryFilter:
    return filters.narrow(parse_query(q, time_zone, prices))


FILTERS: Final = {"filters": Provide(_read_filter, sync_to_thread=False)}
"""The dependency of routes that take `Filters`."""
CHOSEN: Final = {**FILTERS, "chosen": Provide(_narrow, sync_to_thread=False)}
"""The dependencies of routes that take a `Chosen`."""
