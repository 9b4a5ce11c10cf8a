"""The filters that `list`, `tail` and `export` share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeAlias

from cyclopts import Parameter

from flightlog.cli.identify import find_workflow, unknown_workflow, workflow_parts
from flightlog.cli.time_parsing import parse_time
from flightlog.errors import InvalidQueryError
from flightlog.record.model import ExecutionMode, WorkflowExecution
from flightlog.store.query import ExecutionQuery, Order
from flightlog.store.results import Page

if TYPE_CHECKING:
    from flightlog.logger import ExecutionLogger

LIMIT: Final = Parameter(name=["--limit", "-n"], metavar="N", show_default=True)
"""How every command names the number of executions to print."""
CRASHED: Final = "crashed"
"""The status of a failure whose process died."""
Status: TypeAlias = Literal["running", "success", "error", "crashed"]

_TIMES = "an ISO 8601 time (UTC unless it says otherwise), or one before now: 30m, 2h, 7d."
_NO_WORKFLOW: Final = "\0"
_PAGE: Final = 200
_SEARCHED_PAGES: Final = 50


@Parameter(name="*", group="Filters")
@dataclass(frozen=True, kw_only=True)
class Filters:
    """The filters; an execution must match every filter."""

    workflow: Annotated[
        str | None,
        Parameter(
            name=["--workflow", "-w"],
            metavar="WORKFLOW",
            help="Only this workflow's, by its id or its name.",
        ),
    ] = None
    status: Annotated[
        Status | None,
        Parameter(help="Only those that are so; `error` includes those that crashed."),
    ] = None
    failed: Annotated[bool, Parameter(help="The same as --status error.")] = False
    mode: Annotated[ExecutionMode | None, Parameter(help="Only those that ran so.")] = None
    since: Annotated[
        str | None,
        Parameter(
            name=["--since", "--after"],
            metavar="TIME",
            allow_leading_hyphen=True,
            help=f"Started then or later: {_TIMES}",
        ),
    ] = None
    before: Annotated[
        str | None,
        Parameter(
            name=["--until", "--before"],
            metavar="TIME",
            allow_leading_hyphen=True,
            help="Started before then.",
        ),
    ] = None

    def with_workflow(self, workflow: str | None) -> Filters:
        """
        Add the workflow that was written as an argument.

        Args:
            workflow: The workflow's id or name; None adds nothing.

        Returns:
            The filters.

        Raises:
            InvalidQueryError: The option --workflow names another workflow.
        """
        if workflow is None:
            return self
        if self.workflow not in {None, workflow}:
            raise InvalidQueryError(
                "--workflow",
                f"is {self.workflow!r}, and WORKFLOW is {workflow!r}",
                hint="Write one of them.",
            )
        return replace(self, workflow=workflow)

    def advice(self, logger: ExecutionLogger) -> str | None:
        """
        Say what to change when no execution matches.

        Args:
            logger: The history.

        Returns:
            One or two sentences; None when no filter is set.
        """
        if self.workflow is not None and find_workflow(logger, self.workflow) is None:
            return unknown_workflow(logger, self.workflow)
        if self.workflow is not None and (parts := workflow_parts(logger, self.workflow)):
            return f"{parts} Leave out one of the filters, or search further back."
        if self == Filters():
            return None
        return "Leave out one of the filters, or search further back."

    def terms(self, logger: ExecutionLogger, now: datetime) -> dict[str, Any]:
        """
        Convert the filters to the arguments of `ExecutionQuery`.

        A query for the status `crashed` also finds other failures, which `matches` sorts out.

        Args:
            logger: The history, in which a workflow's name is searched.
            now: The current time, for relative times.

        Returns:
            The arguments by name.

        Raises:
            InvalidQueryError: A time can't be read, several workflows have the name, or two
                filters contradict each other.
        """
        if self.failed and self.status not in {None, "error"}:
            raise InvalidQueryError(
                "--failed", f"contradicts --status {self.status}", hint="Leave out one of them."
            )
        workflow = self.workflow
        if workflow is not None:
            workflow = find_workflow(logger, workflow) or _NO_WORKFLOW
        status = "error" if self.failed or self.status == CRASHED else self.status
        return {
            "workflow_ids": () if workflow is None else (workflow,),
            "statuses": () if status is None else (status,),
            "execution_mode": self.mode,
            "started_from": None if self.since is None else parse_time(self.since, "--since", now),
            "started_before": (
                None if self.before is None else parse_time(self.before, "--until", now)
            ),
        }

    def matches(self, execution: WorkflowExecution) -> bool:
        """
        Check an execution that a query with these filters found.

        Args:
            execution: The execution.

        Returns:
            Whether it crashed, if only crashed executions are wanted; otherwise True.
        """
        if self.status != CRASHED:
            return True
        return execution.error is not None and execution.error.kind == CRASHED

    def page(
        self,
        logger: ExecutionLogger,
        now: datetime,
        *,
        limit: int,
        cursor: str | None = None,
        order: Order = "newest",
    ) -> Page:
        """
        Read one page of the matching executions.

        A search for crashed executions reads at most 10,000 failures; its page then ends early.

        Args:
            logger: The history.
            now: The current time, for relative times.
            limit: The largest number of executions.
            cursor: The cursor of the previous page.
            order: The order of the start times.

        Returns:
            The executions and the cursor of the next page.

        Raises:
            InvalidQueryError: A filter, the limit or the cursor can't be used.
        """
        terms = self.terms(logger, now)
        if self.status != CRASHED:
            query = ExecutionQuery(**terms, limit=limit, cursor=cursor, order=order)
            return logger.query(query)
        found: list[WorkflowExecution] = []
        for _ in range(_SEARCHED_PAGES):
            # Read no more than is missing, so that the page's cursor never skips a match.
            query = ExecutionQuery(
                **terms, limit=min(limit - len(found), _PAGE), cursor=cursor, order=order
            )
            page = logger.query(query)
            found += filter(self.matches, page.executions)
            cursor = page.next_cursor
            if cursor is None or len(found) == limit:
                break
        return Page(executions=tuple(found), next_cursor=cursor)

    def pages(
        self, logger: ExecutionLogger, now: datetime, *, order: Order
    ) -> Iterator[WorkflowExecution]:
        """
        Read all matching executions, without payloads.

        Args:
            logger: The history.
            now: The current time, for relative times.
            order: The order of the start times.

        Yields:
            The executions.

        Raises:
            InvalidQueryError: A filter can't be used.
        """
        terms = self.terms(logger, now)
        cursor = None
        while True:
            page = logger.query(ExecutionQuery(**terms, order=order, limit=_PAGE, cursor=cursor))
            yield from filter(self.matches, page.executions)
            cursor = page.next_cursor
            if cursor is None:
                return
