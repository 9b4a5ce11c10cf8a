"""The filters that the commands share."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated, Final, Literal, TypeAlias

from cyclopts import Parameter

from flightlog.cli.arguments import parse_time
from flightlog.cli.identify import describe_unknown_workflow, find_workflow, name_workflow_parts
from flightlog.cli.queries import explain_no_result, has_field, parse_query
from flightlog.cli.usage import choose_prices
from flightlog.errors import InvalidQueryError, NotFoundError
from flightlog.errors.requests import SAVED_QUERY
from flightlog.models import Price, read_prices
from flightlog.query import Expression, Reader
from flightlog.record.model import ExecutionMode, WorkflowExecution
from flightlog.store.query import HistoryFilter, Order
from flightlog.store.results import Page

if TYPE_CHECKING:
    from flightlog.cli.history import HistoryChoice
    from flightlog.logger import ExecutionLogger

LIMIT: Final = Parameter(name=["--limit", "-n"], metavar="N", show_default=True)
"""How every command names the number of executions to print."""
CRASHED: Final = "crashed"
"""The status of a failure whose process died."""
Status: TypeAlias = Literal["running", "success", "error", "crashed"]

_TIMES = (
    "an ISO 8601 time (UTC unless it says otherwise), one before now (30m, 2h, 7d), or yesterday."
)
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

    query: Annotated[
        str | None,
        Parameter(
            name=["--query", "-q"],
            metavar="QUERY",
            help="Only those that the query chooses, e.g. `output.status:402`; "
            "docs/inspect/query.md.",
        ),
    ] = None

    saved: Annotated[
        str | None,
        Parameter(
            metavar="NAME",
            help="Only those that the saved query of this name chooses; see `flightlog queries`.",
        ),
    ] = None

    saved_query: Annotated[str | None, Parameter(parse=False)] = None
    """The text of the saved query, once `with_saved` has read it."""
    words: Annotated[tuple[str, ...], Parameter(parse=False)] = ()
    """The query that is written as arguments, as the shell has divided it."""
    read_prices: Annotated[Callable[[], tuple[Price, ...]], Parameter(parse=False)] = field(
        default=read_prices, compare=False
    )
    """Reads the prices of models, for a query about costs."""
    unknown_workflow: Annotated[str | None, Parameter(parse=False)] = None
    """A query that may have been meant as the name of a workflow."""

    def with_words(self, logger: ExecutionLogger, words: Sequence[str]) -> Filters:
        """
        Add the arguments of a command: a workflow's id or name, or otherwise a query.

        Args:
            logger: The history.
            words: The arguments; none add nothing.

        Returns:
            The filters, with the text of the saved query.

        Raises:
            InvalidQueryError: The option --workflow names another workflow, there is also the
                option --query, or several workflows have the name.
            NotFoundError: No saved query has the name.
        """
        filters, text = self.with_saved(logger), " ".join(words)
        if not text.strip():
            return filters
        if find_workflow(logger, text) is None:
            named = None if has_field(text) else text
            return replace(filters.with_query(words), unknown_workflow=named)
        if self.workflow not in {None, text}:
            raise InvalidQueryError(
                "--workflow",
                f"is {self.workflow!r}, and the argument is {text!r}",
                hint="Write one of them.",
            )
        return replace(filters, workflow=text)

    def with_prices(self, history: HistoryChoice) -> Filters:
        """
        Let queries about costs use the prices of a history's settings.

        Args:
            history: The history, whose configuration file is read if a query needs prices.

        Returns:
            The filters.
        """
        return replace(self, read_prices=partial(choose_prices, history))

    def with_saved(self, logger: ExecutionLogger) -> Filters:
        """
        Read the saved query that the option --saved names.

        Args:
            logger: The history.

        Returns:
            The filters with the text of the query.

        Raises:
            NotFoundError: No saved query has the name.
        """
        if self.saved is None:
            return self
        for each in logger.reader.list_saved_queries():
            if each.name == self.saved:
                return replace(self, saved_query=each.query)
        raise NotFoundError(self.saved, what=SAVED_QUERY)

    @property
    def has_query(self) -> bool:
        """Whether a query narrows the result, as an argument, an option, or a saved one."""
        return self.query is not None or self.saved is not None

    def with_query(self, words: Sequence[str]) -> Filters:
        """
        Add a query that is written as arguments.

        Args:
            words: The arguments.

        Returns:
            The filters.

        Raises:
            InvalidQueryError: There is also the option --query.
        """
        if self.query is not None:
            raise InvalidQueryError("--query", "is given beside QUERY", hint="Write one of them.")
        return replace(self, query=" ".join(words), words=tuple(words))

    def explain_no_match(self, logger: ExecutionLogger, now: datetime) -> str | None:
        """
        Say what to change when no execution matches.

        Args:
            logger: The history.
            now: The current time, for relative times.

        Returns:
            A few sentences; None when no filter is set.
        """
        if self.workflow is not None and find_workflow(logger, self.workflow) is None:
            return describe_unknown_workflow(logger, self.workflow)
        if self.workflow is not None and (parts := name_workflow_parts(logger, self.workflow)):
            return f"{parts} Leave out one of the filters, or search further back."
        if self == Filters():
            return None
        without_query = self._choose_without_query(logger, now)
        words = self.words
        if self.query is not None:
            without_query = without_query.narrow(self._parse_saved(now))
            words = self.words or (self.query,)
        elif self.saved_query is not None:
            words = (self.saved_query,)
        else:
            return "Leave out one of the filters, or search further back."
        searched = explain_no_result(logger, without_query, words, self._make_reader(now))
        if self.unknown_workflow is None:
            return searched
        return f"{describe_unknown_workflow(logger, self.unknown_workflow)} {searched}"

    def choose(self, logger: ExecutionLogger, now: datetime) -> HistoryFilter:
        """
        Convert the filters to the store's filter.

        A query for the status `crashed` also finds other failures, which `matches` sorts out.

        Args:
            logger: The history, in which a workflow's name is searched.
            now: The current time, for relative times.

        Returns:
            The store's filter.

        Raises:
            InvalidQueryError: The query or a time can't be read, several workflows have the name,
                or two filters contradict each other.
        """
        chosen = self._choose_without_query(logger, now).narrow(self._parse_saved(now))
        if self.query is None:
            return chosen
        return chosen.narrow(parse_query(self.query, self._make_reader(now)))

    def _make_reader(self, now: datetime) -> Reader:
        return Reader(now=now, read_prices=self.read_prices)

    def _parse_saved(self, now: datetime) -> Expression | None:
        assert self.saved is None or self.saved_query is not None, "`with_saved` was called"
        if self.saved_query is None:
            return None
        return parse_query(self.saved_query, self._make_reader(now), "--saved")

    def _choose_without_query(self, logger: ExecutionLogger, now: datetime) -> HistoryFilter:
        if self.failed and self.status not in {None, "error"}:
            raise InvalidQueryError(
                "--failed", f"contradicts --status {self.status}", hint="Leave out one of them."
            )
        workflow = self.workflow
        if workflow is not None:
            workflow = find_workflow(logger, workflow) or _NO_WORKFLOW
        status = "error" if self.failed or self.status == CRASHED else self.status
        return HistoryFilter(
            workflow_ids=() if workflow is None else (workflow,),
            statuses=() if status is None else (status,),
            execution_mode=self.mode,
            started_from=None if self.since is None else parse_time(self.since, "--since", now),
            started_before=None if self.before is None else parse_time(self.before, "--until", now),
        )

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

    def read_page(
        self,
        logger: ExecutionLogger,
        now: datetime,
        *,
        limit: int,
        cursor: str | None = None,
        order: Order = "newest",
        on_progress: Callable[[str], object] = len,
    ) -> Page:
        """
        Read one page of the matching executions.

        A search for crashed executions reads at most 10,000 failures; its page then ends early. A
        query goes on until the page is full or the history ends.

        Args:
            logger: The history.
            now: The current time, for relative times.
            limit: The largest number of executions.
            cursor: The cursor of the previous page.
            order: The order of the start times.
            on_progress: Called with the start time that a query has reached.

        Returns:
            The executions and the cursor of the next page.

        Raises:
            InvalidQueryError: A filter, the limit or the cursor can't be used.
        """
        chosen = self.choose(logger, now)
        if self.status != CRASHED and not self.has_query:
            return logger.query(chosen.make_page_query(limit=limit, cursor=cursor, order=order))
        found: list[WorkflowExecution] = []
        pages = itertools.count() if self.has_query else range(_SEARCHED_PAGES)
        for _ in pages:
            # Read no more than is missing, so that the page's cursor never skips a match.
            missing = min(limit - len(found), _PAGE)
            page = logger.query(chosen.make_page_query(limit=missing, cursor=cursor, order=order))
            found += filter(self.matches, page.executions)
            cursor = page.next_cursor
            if page.searched_to is not None:
                on_progress(page.searched_to)
            if cursor is None or len(found) == limit:
                break
        return Page(executions=tuple(found), next_cursor=cursor)

    def read_pages(
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
        chosen = self.choose(logger, now)
        cursor = None
        while True:
            page = logger.query(chosen.make_page_query(order=order, limit=_PAGE, cursor=cursor))
            yield from filter(self.matches, page.executions)
            cursor = page.next_cursor
            if cursor is None:
                return
