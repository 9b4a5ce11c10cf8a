"""
Define `ExecutionStore`, the contract of every store, and the values of its methods.

`tests/contract` runs against each store. Each store handles its own SQL, files and connections.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from msgspec import Raw, Struct

from flightlog.record.model import WorkflowExecution
from flightlog.store.changes import OnChange
from flightlog.store.outline import PayloadKind
from flightlog.store.query import EVERYTHING, ExecutionQuery, HistoryFilter
from flightlog.store.views import HistoryViews


class Page(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """One page of executions."""

    executions: tuple[WorkflowExecution, ...]
    """
    The executions with their node executions; with payloads only if the query asked for payloads.
    """
    next_cursor: str | None
    """Opaque text for the next page; None at the end."""
    cut: tuple[str, ...] = ()
    """Executions of which the page holds only the first node executions."""


class LogResult(Struct, frozen=True, kw_only=True, rename="camel"):
    """The result of storing records in one call; the records are on disk."""

    created: int = 0
    """The number of new executions."""
    changed: int = 0
    """The number of known executions that the records changed."""
    unchanged: int = 0
    """The number of known executions that the records did not change."""
    deleted: tuple[str, ...] = ()
    """
    Executions that were deleted earlier, so their records were not stored: their ids, or the
    addresses of runs that have a `runId`.
    """


class ExecutionStats(Struct, frozen=True, kw_only=True, rename="camel"):
    """Counts and durations of executions; percentiles are within 2 % of the exact value."""

    total: int
    """The number of all executions."""
    success: int
    """The number of executions that ended successfully."""
    error: int
    """The number of executions that ended in an error."""
    running: int
    """The number of executions that have not ended."""
    mean_duration_ms: float | None
    """The mean duration of ended executions, milliseconds; None without durations."""
    p50_duration_ms: float | None
    """The median duration of ended executions, milliseconds."""
    p95_duration_ms: float | None
    """The 95th percentile of the durations of ended executions, milliseconds."""
    p99_duration_ms: float | None
    """The 99th percentile of the durations of ended executions, milliseconds."""
    last_started_at: str | None
    """The start of the newest execution, canonical time."""


class FileChange(Struct, frozen=True, kw_only=True):
    """An event: the history's file was removed, replaced or overwritten while it was open."""

    at: str
    """The time at which the store noticed the event, canonical time."""
    what: str
    """The event as a sentence without the final period."""
    log: str | None
    """The path of the earlier file's write-ahead log; None when the log was empty."""


class StoreHealth(Struct, frozen=True, kw_only=True, rename="camel"):
    """The state of the store, for its operator."""

    location: str
    """The file, or the server's address without secrets."""
    schema_version: int
    """The version of the schema."""
    executions: int
    """The number of stored executions."""
    size_bytes: int
    """The size on disk, bytes, including the write-ahead log."""
    settings: dict[str, str] = {}
    """The database's settings in force, by the database's names."""
    read_only: bool = False
    """Whether the store is open for reading only."""
    owner: str | None = None
    """The user to whom the file belongs; None when the file belongs to this process's user."""
    changes: tuple[FileChange, ...] = ()
    """The latest 20 exchanges of the file while it was open, the oldest first."""


class ProcessLedger(Struct, frozen=True, kw_only=True, rename="camel"):
    """A process with missing messages."""

    process_id: str
    """The process that sent the messages."""
    received: int
    """The number of received messages."""
    missing: int
    """The number of messages that the process is known to have sent and that were not received."""
    missing_ranges: tuple[tuple[int, int], ...]
    """The missing messages: the first and last number of each range; only the newest 100 ranges."""
    last_seen: str
    """The time at which the process was last heard of, canonical time."""


class Ledger(Struct, frozen=True, kw_only=True, rename="camel"):
    """The messages received and the messages missing, of all processes."""

    received: int
    """The number of received messages, each counted once."""
    missing: int
    """The number of messages that were sent and not received."""
    processes: tuple[ProcessLedger, ...]
    """The processes with missing messages, the most recently heard of first; at most 100."""


class Unfinished(Struct, frozen=True, kw_only=True, rename="camel"):
    """The running work of one process."""

    process_id: str | None
    """The process; None for node executions of clients that don't name their process."""
    executions: int
    """The number of running executions."""
    node_executions: int
    """
    The number of running node executions whose execution has ended or belongs to another process.
    """
    example: str
    """The id of an execution that the process runs, or in which the process runs a node."""
    last_heard: str
    """The time at which the process was last heard of, or its newest start; canonical time."""


class ExecutionStore(Protocol):
    """
    Keeps executions; safe to use from several threads.

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
    ) -> Raw | None:
        """
        Read one payload.

        Args:
            execution_id: The execution.
            kind: `trigger` for the trigger's data, or `input` or `output` of a node execution.
            sequence: The sequence of the node execution; unused for `trigger`.
            node_id: The node, if several node executions have this sequence; None means the first
                one.

        Returns:
            The JSON as it was received; None when there is no such payload.
        """
        ...

    @property
    def views(self) -> HistoryViews:
        """The reads for a viewer."""
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
