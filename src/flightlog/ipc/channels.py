"""
The nine channels that the editor's window calls, as functions of the histories.

`requests` declares their arguments, and `responses` declares their answers.
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
    """The name that the window calls, which is also the method's name."""
    call: Callable[[Any, OpenProjects, Clock], Any]
    """Takes the arguments, the histories and the clock; returns the answer."""
    arguments: type[Struct]
    """The arguments, accepted by position or by name."""
    answer: str
    """The TypeScript type of the answer."""
    summary: str
    """The purpose, one line."""
    as_object: bool = False
    """Whether the only positional argument is an object that holds all arguments."""
    changes: bool = False
    """Whether the call erases; once begun, such a call is finished even if it is cancelled."""
    repeatable: bool = True
    """Whether repeating a call with an unknown outcome is safe and gives the same result."""


def get_history(given: History, histories: OpenProjects, _: Clock) -> Executions:
    """
    List a workflow's executions with all payloads, newest first.

    Args:
        given: The call's arguments.
        histories: The open histories.

    Returns:
        The executions; none where the history does not exist.
    """
    query = ExecutionQuery(
        workflow_id=given.workflow_id, limit=given.limit, offset=given.offset, payloads=True
    )
    return _find(histories, None, query)


def query_executions(given: ExecutionFilter, histories: OpenProjects, _: Clock) -> Executions:
    """
    List a project's executions with all payloads, by workflow and status.

    Args:
        given: The call's arguments.
        histories: The open histories.

    Returns:
        The executions; none where the history does not exist.
    """
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
    """
    Read one execution of the open project with all payloads.

    Args:
        given: The call's arguments.
        histories: The open histories.

    Returns:
        The execution as JSON; None when it does not exist.
    """
    return _get(histories, None, given.execution_id)


def get_execution(given: ExecutionOfProject, histories: OpenProjects, _: Clock) -> Raw | None:
    """
    Read one execution with all payloads.

    Args:
        given: The call's arguments.
        histories: The open histories.

    Returns:
        The execution as JSON; None when it does not exist.
    """
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
    """
    Erase one execution; a missing execution is no failure.

    Args:
        given: The call's arguments.
        histories: The open histories.

    Returns:
        A success.
    """
    with histories.lend(given.project_path) as logger:
        if logger is not None:
            logger.delete_execution(given.execution_id)
    return Done(success=True)


def clear_workflow(given: WorkflowOfProject, histories: OpenProjects, _: Clock) -> Cleared:
    """
    Erase all executions of a workflow.

    Args:
        given: The call's arguments.
        histories: The open histories.

    Returns:
        How many executions were erased.
    """
    with histories.lend(given.project_path) as logger:
        count = 0 if logger is None else logger.clear_workflow_executions(given.workflow_id)
    return Cleared(success=True, count=count)


def clean_up(given: Retention, histories: OpenProjects, clock: Clock) -> Cleared:
    """
    Erase executions that have ended and started longer ago than the given number of days.

    Args:
        given: The call's arguments; 0 days erase nothing.
        histories: The open histories.
        clock: Gives the current time.

    Returns:
        How many executions were erased.
    """
    if given.retention_days == 0:
        return Cleared(success=True, count=0)
    oldest = clock() - timedelta(days=given.retention_days)
    with histories.lend(None) as logger:
        assert logger is not None, "the current history is always there"
        return Cleared(success=True, count=logger.clear_executions_before(oldest.isoformat()))


def get_stats(given: WorkflowOfProject, histories: OpenProjects, _: Clock) -> WorkflowStats:
    """
    Count and time a workflow's executions.

    Args:
        given: The call's arguments.
        histories: The open histories.

    Returns:
        The counts; zeros where the history does not exist.
    """
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
    """
    Collect the outputs of the nodes that succeeded, for pinning to a canvas.

    Args:
        given: The call's arguments.
        histories: The open histories.

    Returns:
        The pins, or the reason why there are none.
    """
    record = _read(histories, given.project_path, given.execution_id)
    if record is None:
        return CopiedToCanvas(
            success=False, error=f"There is no execution {given.execution_id!r} in this history."
        )
    pins: dict[str, NodePin] = {}
    for node in record.node_executions:
        if node.status == "success":
            data = node.output if node.output is not UNSET else node.input
            # Remove the old pin first, so that the order of pins is the order of last successes.
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
        # A repeated call would erase executions that were recorded after the first call.
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
