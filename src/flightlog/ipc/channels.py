"""
The nine channels that the editor's window calls, as functions of the histories.

What they are given is declared in `arguments`, what they answer in `answers`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Final

from msgspec import UNSET, Raw, Struct

from flightlog.clock import Clock
from flightlog.ipc.projects import OpenProjects
from flightlog.ipc.requests import (
    ExecutionFilter,
    ExecutionOfProject,
    History,
    OneExecution,
    Retention,
    WorkflowOfProject,
)
from flightlog.ipc.responses import (
    CanvasData,
    Cleared,
    CopiedToCanvas,
    Done,
    NodePin,
    WorkflowStats,
    execution_json,
    executions_json,
)
from flightlog.record.model import WorkflowExecution
from flightlog.store.base import ExecutionQuery, Order

_ORDERS: Final[dict[str, Order]] = {"asc": "oldest", "desc": "newest"}
_NULL: Final = Raw(b"null")

Executions = Raw | Sequence[WorkflowExecution]


class Channel(Struct, frozen=True, kw_only=True):
    """One channel."""

    name: str
    """As the window calls it, and as the method is called."""
    call: Callable[[Any, OpenProjects, Clock], Any]
    """Given its arguments, the histories and the clock, its answer."""
    arguments: type[Struct]
    """What it takes, by position or by name."""
    answer: str
    """The TypeScript type of its answer."""
    summary: str
    """What it is for, one line."""
    as_object: bool = False
    """Its only positional argument is an object of what it takes."""
    changes: bool = False
    """It erases; once begun, it is carried out and told, also when it was cancelled."""
    repeatable: bool = True
    """Who doesn't know whether a call was carried out may call again, and gets the same."""


def get_history(given: History, histories: OpenProjects, _: Clock) -> Executions:
    """A workflow's executions with all payloads, newest first."""
    query = ExecutionQuery(
        workflow_id=given.workflow_id, limit=given.limit, offset=given.offset, payloads=True
    )
    return _find(histories, None, query)


def query_executions(given: ExecutionFilter, histories: OpenProjects, _: Clock) -> Executions:
    """Executions with all payloads, of a project, by workflow and status."""
    query = ExecutionQuery(
        workflow_id=given.workflow_id,
        status=given.status,
        order=_ORDERS[given.sort_order],
        limit=given.limit,
        offset=given.offset,
        payloads=True,
    )
    return _find(histories, given.project_path, query)


def _find(histories: OpenProjects, project: str | None, query: ExecutionQuery) -> Executions:
    with histories.lend(project) as logger:
        return () if logger is None else executions_json(logger.query(query).executions)


def get_details(given: OneExecution, histories: OpenProjects, _: Clock) -> Raw | None:
    """One execution with all payloads, of the project that is open."""
    return _get(histories, None, given.execution_id)


def get_execution(given: ExecutionOfProject, histories: OpenProjects, _: Clock) -> Raw | None:
    """One execution with all payloads."""
    return _get(histories, given.project_path, given.execution_id)


def _get(histories: OpenProjects, project: str | None, execution_id: str) -> Raw | None:
    record = _read(histories, project, execution_id)
    return None if record is None else execution_json(record)


def _read(
    histories: OpenProjects, project: str | None, execution_id: str
) -> WorkflowExecution | None:
    with histories.lend(project) as logger:
        return None if logger is None else logger.get_execution(execution_id)


def delete_execution(given: ExecutionOfProject, histories: OpenProjects, _: Clock) -> Done:
    """Erase one execution; that it wasn't there is no failure."""
    with histories.lend(given.project_path) as logger:
        if logger is not None:
            logger.delete_execution(given.execution_id)
    return Done(success=True)


def clear_workflow(given: WorkflowOfProject, histories: OpenProjects, _: Clock) -> Cleared:
    """Erase all executions of a workflow."""
    with histories.lend(given.project_path) as logger:
        count = 0 if logger is None else logger.clear_workflow_executions(given.workflow_id)
    return Cleared(success=True, count=count)


def clean_up(given: Retention, histories: OpenProjects, clock: Clock) -> Cleared:
    """Erase executions that started before so many days and have ended."""
    if given.retention_days == 0:
        return Cleared(success=True, count=0)
    oldest = clock() - timedelta(days=given.retention_days)
    with histories.lend(None) as logger:
        assert logger is not None, "the current history is always there"
        return Cleared(success=True, count=logger.clear_executions_before(oldest.isoformat()))


def get_stats(given: WorkflowOfProject, histories: OpenProjects, _: Clock) -> WorkflowStats:
    """Count and time a workflow's executions."""
    with histories.lend(given.project_path) as logger:
        stats = None if logger is None else logger.get_stats(given.workflow_id)
    return WorkflowStats(
        workflow_id=given.workflow_id,
        total_executions=stats.total if stats else 0,
        success_count=stats.success if stats else 0,
        error_count=stats.error if stats else 0,
        running_count=stats.running if stats else 0,
        avg_duration_ms=(stats.mean_duration_ms if stats else None) or 0.0,
        last_executed_at=stats.last_started_at if stats else None,
    )


def copy_to_canvas(given: ExecutionOfProject, histories: OpenProjects, _: Clock) -> CopiedToCanvas:
    """What the nodes that succeeded gave, for pinning to a canvas."""
    record = _read(histories, given.project_path, given.execution_id)
    if record is None:
        return CopiedToCanvas(
            success=False, error=f"There is no execution {given.execution_id!r} in this history."
        )
    pins: dict[str, NodePin] = {}
    for node in record.node_executions:
        if node.status == "success":
            data = node.output if node.output is not UNSET else node.input
            # Anew, so that a node stands where it succeeded last.
            pins.pop(node.node_id, None)
            pins[node.node_id] = NodePin(
                node_id=node.node_id,
                node_name=node.node_name,
                data=_NULL if data is UNSET else data,
            )
    return CopiedToCanvas(
        success=True, data=CanvasData(workflow_id=record.workflow_id, node_pins=(*pins.values(),))
    )


CHANNELS: Final = (
    Channel(
        name="execution:get-history",
        call=get_history,
        arguments=History,
        answer="WorkflowExecution[]",
        summary="A workflow's executions with all payloads, newest first.",
    ),
    Channel(
        name="execution:get-details",
        call=get_details,
        arguments=OneExecution,
        answer="WorkflowExecution | null",
        summary="One execution with all payloads, of the project that is open.",
    ),
    Channel(
        name="execution:delete",
        call=delete_execution,
        arguments=ExecutionOfProject,
        answer="Done",
        summary="Erases one execution.",
        changes=True,
    ),
    Channel(
        name="execution:clear-workflow",
        call=clear_workflow,
        arguments=WorkflowOfProject,
        answer="Cleared",
        summary="Erases all executions of a workflow.",
        changes=True,
        # A later call would erase what was recorded since.
        repeatable=False,
    ),
    Channel(
        name="execution:query",
        call=query_executions,
        arguments=ExecutionFilter,
        answer="WorkflowExecution[]",
        summary="Executions with all payloads, by workflow, status and project.",
        as_object=True,
    ),
    Channel(
        name="execution:get",
        call=get_execution,
        arguments=ExecutionOfProject,
        answer="WorkflowExecution | null",
        summary="One execution with all payloads.",
    ),
    Channel(
        name="execution:get-stats",
        call=get_stats,
        arguments=WorkflowOfProject,
        answer="WorkflowStats",
        summary="Counts and times a workflow's executions.",
    ),
    Channel(
        name="execution:cleanup",
        call=clean_up,
        arguments=Retention,
        answer="Cleared",
        summary="Erases executions that started before so many days and have ended.",
        changes=True,
    ),
    Channel(
        name="execution:copy-to-canvas",
        call=copy_to_canvas,
        arguments=ExecutionOfProject,
        answer="CopiedToCanvas",
        summary="The data of the nodes that succeeded, for pinning to a canvas.",
    ),
)
