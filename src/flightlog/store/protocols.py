"""
The contract of every store: `ExecutionReader` and `ExecutionWriter`, each operation declared once.

`tests/contract` runs against each store. Each store handles its own SQL, files and connections.
Every result of a list or a count comes from indexes, from the running aggregates, or from a bounded
number of rows.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from flightlog.record.model import WorkflowExecution
from flightlog.store.changes import OnChange
from flightlog.store.metrics import (
    ErrorGroups,
    NodeMetrics,
    OutsideCalls,
    Series,
    StatusCounts,
    WorkflowMetrics,
    WorkflowPlace,
)
from flightlog.store.outline import ExecutionPage, Outline, PayloadKind
from flightlog.store.query import EVERYTHING, ExecutionQuery, HistoryFilter
from flightlog.store.results import (
    ExecutionStats,
    Ledger,
    LogResult,
    Page,
    PayloadContent,
    StoreHealth,
    Unfinished,
)
from flightlog.store.summaries import SummaryPage


class ExecutionReader(Protocol):
    """
    Reads executions; safe to use from several threads.

    Every method may raise `StoreUnavailableError` and, after `close`, `StoreClosedError`.
    """

    def find(self, query: ExecutionQuery) -> Page:
        """
        List executions.

        Args:
            query: The filters, the order and the limits.

        Returns:
            One page of executions.

        Raises:
            InvalidQueryError: The limit, offset or cursor is invalid.
        """
        ...

    def get(self, execution_id: str) -> WorkflowExecution | None:
        """
        Read one execution with all node executions and payloads.

        Args:
            execution_id: The execution.

        Returns:
            The record; None when there is no such execution.
        """
        ...

    def get_payload(
        self,
        execution_id: str,
        kind: PayloadKind,
        sequence: int | None = None,
        node_id: str | None = None,
        *,
        max_bytes: int | None = None,
    ) -> PayloadContent | None:
        """
        Read one payload with its size and digest, in one transaction.

        Args:
            execution_id: The execution.
            kind: `trigger` for the trigger's data, or `input` or `output` of a node execution.
            sequence: The sequence of the node execution; unused for `trigger`.
            node_id: The node, if several node executions have this sequence; None means the first
                one.
            max_bytes: Leave out the data of a larger payload; None means read it always.

        Returns:
            The payload; None when there is no such payload.
        """
        ...

    def summaries(self, query: ExecutionQuery) -> SummaryPage:
        """
        List executions in one line each.

        Args:
            query: The filter, the page and the limit. A query with `ids` has one page, whatever its
                limit.

        Returns:
            One page of summaries, the newest first whatever the order of the search.

        Raises:
            InvalidQueryError: The limit or cursor is invalid, or there are too many ids.
        """
        ...

    def ids_beginning_with(self, start: str, limit: int) -> tuple[str, ...]:
        """
        List the ids of executions that begin with a text.

        Args:
            start: The first characters.
            limit: The largest number of ids.

        Returns:
            The ids in alphabetical order. Earlier runs of a reused id are left out.
        """
        ...

    def counts(self, chosen: HistoryFilter) -> StatusCounts:
        """
        Count executions by status.

        If a part of an hour at an end of the scope holds more than 10,000 executions, the whole
        hour counts.

        Args:
            chosen: The executions to count.

        Returns:
            The counts.
        """
        ...

    def series(self, chosen: HistoryFilter, points: int) -> Series:
        """
        Count and time executions over time.

        Args:
            chosen: The executions. Without a start, begin with the first execution; without an end,
                stop now.
            points: The approximate largest number of steps, 1 to 1,000.

        Returns:
            The steps.

        Raises:
            InvalidQueryError: `points` is out of range.
        """
        ...

    def workflows(
        self, chosen: HistoryFilter, limit: int | None = None, after: WorkflowPlace | None = None
    ) -> tuple[WorkflowMetrics, ...]:
        """
        Count and time executions by workflow and project; times are rounded to whole hours.

        Args:
            chosen: The executions.
            limit: The largest number of workflows; None means all.
            after: Only workflows after this position.

        Returns:
            The workflows, the most executions first.
        """
        ...

    def projects(self) -> tuple[str, ...]:
        """
        List the projects that have executions.

        Returns:
            The ids in alphabetical order.
        """
        ...

    def nodes(self, chosen: HistoryFilter, limit: int) -> tuple[NodeMetrics, ...]:
        """
        Count and time node executions by node; times are rounded to whole hours.

        The node that stands for a whole workflow does not count.

        Args:
            chosen: The executions.
            limit: The largest number of nodes.

        Returns:
            The nodes, the slowest 95th percentile first.
        """
        ...

    def errors(self, chosen: HistoryFilter, limit: int) -> ErrorGroups:
        """
        Group the newest failures that are alike.

        Args:
            chosen: The executions.
            limit: The largest number of groups.

        Returns:
            The groups, the most frequent first.
        """
        ...

    def outside(self) -> OutsideCalls:
        """
        Count the newest runs that are one node called outside of any execution.

        Returns:
            The runs by the place of the call.
        """
        ...

    def outline(
        self, execution_id: str, limit: int | None = None, cursor: str | None = None
    ) -> Outline | None:
        """
        Read one execution without payloads.

        Args:
            execution_id: The execution.
            limit: The largest number of node executions; None means all.
            cursor: The `next_nodes_cursor` of the previous page; None begins with the first node
                execution.

        Returns:
            The outline; None when there is no such execution.

        Raises:
            InvalidQueryError: The cursor is invalid.
        """
        ...

    def execution(self, execution_id: str, limit: int, cursor: str | None) -> ExecutionPage | None:
        """
        Read one execution with a page of its node executions and their payloads.

        Args:
            execution_id: The execution.
            limit: The largest number of node executions; payloads are limited to about 64 MiB.
            cursor: The `next_nodes_cursor` of the previous page; None begins with the first node
                execution.

        Returns:
            The execution; None when there is no such execution.

        Raises:
            InvalidQueryError: The cursor is invalid.
        """
        ...

    def stats(self, chosen: HistoryFilter = EVERYTHING) -> ExecutionStats:
        """
        Count and time executions, without reading them; times are rounded to whole hours.

        Args:
            chosen: The executions; a filter that `HistoryFilter.check_countable` accepts.

        Returns:
            The counts and durations.

        Raises:
            InvalidQueryError: The filter can't be used for counts.
        """
        ...

    def ledger(self) -> Ledger:
        """
        Count received messages and list missing messages.

        Returns:
            The ledger of all processes.
        """
        ...

    def running_processes(self) -> tuple[str, ...]:
        """
        List the processes that have running executions.

        Returns:
            The ids of the processes.
        """
        ...

    def unfinished(self) -> tuple[Unfinished, ...]:
        """
        Count running executions, and running nodes of ended executions, by process.

        Returns:
            One item per process.
        """
        ...

    def health(self) -> StoreHealth:
        """
        Report the store's state.

        Returns:
            The file, its size, its settings and its exchanges.
        """
        ...

    def subscribe(self, on_change: OnChange) -> Callable[[], None]:
        """
        Call a function right after each commit of this object.

        Args:
            on_change: Called in the committing thread while other threads wait, so it must be fast
                and must not write to the store.

        Returns:
            A function that ends the subscription.
        """
        ...

    def foreign_changes(self) -> int:
        """
        Detect changes by other processes.

        Returns:
            A number that differs from the earlier number after another process changed the history.
        """
        ...

    def close(self) -> None:
        """Release all resources; a second call does nothing."""
        ...


class ExecutionWriter(Protocol):
    """
    Changes executions; safe to use from several threads.

    Every method may raise `StoreBusyError`, `StoreFullError`, `StoreUnavailableError` and, after
    `close`, `StoreClosedError`.
    """

    def merge(self, records: Sequence[WorkflowExecution]) -> LogResult:
        """
        Merge records into the stored executions, all in one transaction.

        Args:
            records: Whole or partial records, in any order; repetitions are allowed.

        Returns:
            The numbers of new, changed and unchanged executions. The records are on disk when this
            method returns.
        """
        ...

    def merge_each(
        self, requests: Sequence[Sequence[WorkflowExecution]]
    ) -> list[LogResult | Exception]:
        """
        Merge the records of several requests, in as few transactions as possible.

        Args:
            requests: The records of each request.

        Returns:
            The result of each request, or the reason why none of its records was stored.
        """
        ...

    def set_star(self, execution_id: str, *, starred: bool) -> bool:
        """
        Star an execution, or remove the star.

        Args:
            execution_id: The execution.
            starred: Whether the execution should be starred.

        Returns:
            False when there is no such execution.
        """
        ...

    def delete(self, execution_id: str) -> bool:
        """
        Erase one execution, and remember its deletion, so that late records don't bring it back.

        Args:
            execution_id: The execution.

        Returns:
            False when there is no such execution.
        """
        ...

    def delete_many(self, execution_ids: Sequence[str]) -> int:
        """
        Erase several executions as `delete` does, in several transactions.

        Args:
            execution_ids: The executions.

        Returns:
            The number of erased executions.
        """
        ...

    def clear(
        self,
        workflow_id: str,
        project_id: str | None = None,
        on_progress: Callable[[int], None] | None = None,
    ) -> int:
        """
        Erase all executions of a workflow.

        Args:
            workflow_id: The workflow.
            project_id: Only the executions of this project; None means all.
            on_progress: Called after each transaction with the number of executions that it erased.

        Returns:
            The number of erased executions.
        """
        ...

    def clear_before(
        self, started_before: str, on_progress: Callable[[int], None] | None = None
    ) -> int:
        """
        Erase ended executions that started before a time; keep starred ones.

        Args:
            started_before: Canonical time.
            on_progress: Called after each transaction with the number of executions that it erased.

        Returns:
            The number of erased executions.
        """
        ...

    def note_sent(self, process_id: str, last_number: int) -> None:
        """
        Note the number of a process's newest message, so that missing last messages are noticed.

        Args:
            process_id: The process.
            last_number: The number of its newest message; a smaller number than noted changes
                nothing.

        Raises:
            InvalidQueryError: The process's id or the number is invalid.
        """
        ...

    def mark_crashed(self, process_id: str) -> int:
        """
        Presume that a process crashed, as of the newest known revisions.

        This marks the process's running executions with their running node executions. It also
        marks the process's running node executions in executions that have ended or belong to
        another process. A later message with a greater revision, or a reported end, replaces the
        presumed crash.

        Args:
            process_id: A process that is known, or presumed, to be dead.

        Returns:
            The number of executions that were running; 0 on a repeated call.
        """
        ...


class ExecutionStore(ExecutionReader, ExecutionWriter, Protocol):
    """A store that reads and writes."""
