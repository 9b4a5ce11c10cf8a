"""
The nine channels that the editor's window calls, as functions of the open history.

`requests` declares their arguments, and `responses` declares their answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from math import ceil, inf
from typing import Any, Final, cast, get_args

from msgspec import UNSET, Raw, Struct
from msgspec.structs import replace

from flightlog.clock import Clock
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
    make_input_object,
    write_execution,
    write_executions,
)
from flightlog.logger import ExecutionLogger
from flightlog.query import Reader, parse
from flightlog.record.model import ExecutionStatus, WorkflowExecution
from flightlog.store.query import ExecutionQuery

_STATUSES: Final = get_args(ExecutionStatus)
_MAX_PAGE: Final = 1_000
_MAX_OFFSET: Final = 2**53
_MAX_AGE_DAYS: Final = 365_000


class Channel(Struct, frozen=True, kw_only=True):
    """One channel."""

    name: str
    """The name that the window calls, which is also the method's name."""
    call: Callable[[Any, ExecutionLogger, Clock], Any]
    """Takes the arguments, the open history and the clock; returns the answer."""
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


def get_history(given: History, history: ExecutionLogger, _: Clock) -> Raw:
    """
    List a workflow's executions with all payloads, newest first.

    Args:
        given: The call's arguments.
        history: The open history.

    Returns:
        The executions as JSON.
    """
    if given.workflow_id is None:
        return write_executions(())
    query = ExecutionQuery(workflow_ids=(given.workflow_id,), payloads=True)
    return write_executions(_find(history, query, given.limit, given.offset))


def query_executions(given: ExecutionFilter, history: ExecutionLogger, clock: Clock) -> Raw:
    """
    List a project's executions with all payloads, by workflow, status and query.

    Args:
        given: The call's arguments.
        history: The open history.
        clock: Gives the current time.

    Returns:
        The executions as JSON.
    """
    if given.status and given.status not in _STATUSES:
        return write_executions(())
    query = ExecutionQuery(
        workflow_ids=(given.workflow_id,) if given.workflow_id else (),
        statuses=(cast("ExecutionStatus", given.status),) if given.status else (),
        order="newest" if given.sort_order.lower() == "desc" else "oldest",
        payloads=True,
        expression=parse(given.query or "", Reader(now=clock()), "query"),
    )
    return write_executions(_find(history, query, given.limit, given.offset))


def _find(
    history: ExecutionLogger, query: ExecutionQuery, limit: int, offset: int
) -> Iterator[WorkflowExecution]:
    # As in SQLite, a negative limit is none, and a negative offset is 0.
    left = inf if limit < 0 else limit
    skipped = min(max(offset, 0), _MAX_OFFSET)
    if query.expression is None:
        query, skipped = replace(query, offset=skipped), 0
    while left > 0:
        page = history.query(replace(query, limit=int(min(left + skipped, _MAX_PAGE))))
        # A search with a query has no offset, and its pages may be short.
        yield from page.executions[skipped:]
        left -= len(page.executions[skipped:])
        skipped = max(0, skipped - len(page.executions))
        if page.next_cursor is None:
            return
        query = replace(query, cursor=page.next_cursor, offset=0)


def get_execution(
    given: OneExecution | ExecutionOfProject, history: ExecutionLogger, _: Clock
) -> Raw | None:
    """
    Read one execution with all payloads.

    Args:
        given: The call's arguments.
        history: The open history.

    Returns:
        The execution as JSON; None when it does not exist.
    """
    record = _read(history, given.execution_id)
    return None if record is None else write_execution(record)


def _read(history: ExecutionLogger, execution_id: str | None) -> WorkflowExecution | None:
    return None if execution_id is None else history.get_execution(execution_id)


def delete_execution(given: ExecutionOfProject, history: ExecutionLogger, _: Clock) -> Done:
    """
    Erase one execution.

    Args:
        given: The call's arguments.
        history: The open history.

    Returns:
        Whether there was such an execution.
    """
    found = given.execution_id is not None and history.delete_execution(given.execution_id)
    return Done(success=found)


def clear_workflow(given: WorkflowOfProject, history: ExecutionLogger, _: Clock) -> Cleared:
    """
    Erase all executions of a workflow.

    Args:
        given: The call's arguments.
        history: The open history.

    Returns:
        How many executions were erased.
    """
    name = given.workflow_id
    count = 0 if name is None else history.clear_workflow_executions(name)
    return Cleared(success=True, count=count)


def clean_up(given: Retention, history: ExecutionLogger, clock: Clock) -> Cleared:
    """
    Erase executions that have ended and started longer ago than the given number of days.

    Args:
        given: The call's arguments; 0 days erase nothing.
        history: The open history.
        clock: Gives the current time.

    Returns:
        How many executions were erased.
    """
    return Cleared(success=True, count=erase_older(history, given.retention_days, clock))


def erase_older(history: ExecutionLogger, days: float, clock: Clock) -> int:
    """
    Erase executions that have ended and started longer ago than a number of days.

    Args:
        history: The history.
        days: The number of days, rounded up; 0 erases nothing, a negative number all.
        clock: Gives the current time.

    Returns:
        How many executions were erased.
    """
    whole = ceil(min(max(days, -_MAX_AGE_DAYS), _MAX_AGE_DAYS))
    if days == 0 or whole == _MAX_AGE_DAYS:
        return 0
    return history.clear_executions_before((clock() - timedelta(days=whole)).isoformat())


def get_stats(given: WorkflowOfProject, history: ExecutionLogger, _: Clock) -> WorkflowStats:
    """
    Count and time a workflow's executions.

    Args:
        given: The call's arguments.
        history: The open history.

    Returns:
        The counts.
    """
    stats = None if given.workflow_id is None else history.get_stats(given.workflow_id)
    return WorkflowStats(
        workflow_id=given.workflow_id,
        total_executions=stats.total if stats else 0,
        success_count=stats.success if stats else 0,
        error_count=stats.error if stats else 0,
        running_count=stats.running if stats else 0,
        avg_duration_ms=(stats.mean_duration_ms if stats else None) or 0.0,
        last_executed_at=stats.last_started_at if stats else None,
    )


def copy_to_canvas(given: ExecutionOfProject, history: ExecutionLogger, _: Clock) -> CopiedToCanvas:
    """
    Collect the outputs of the nodes that succeeded, for pinning to a canvas.

    Args:
        given: The call's arguments.
        history: The open history.

    Returns:
        The pins, or the reason why there are none.
    """
    record = _read(history, given.execution_id)
    if record is None:
        return CopiedToCanvas(
            success=False, error=f"There is no execution {given.execution_id!r} in this history."
        )
    pins: dict[str, NodePin] = {}
    for node in record.node_executions:
        if node.status == "success":
            has_output = node.output is not UNSET and bytes(node.output) != b"null"
            # Remove the old pin first, so that the order of pins is the order of last successes.
            pins.pop(node.node_id, None)
            pins[node.node_id] = NodePin(
                node_id=node.node_id,
                node_name=node.node_name,
                data=cast("Raw", node.output) if has_output else make_input_object(node.input),
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
        call=get_execution,
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
