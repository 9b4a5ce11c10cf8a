"""
What every store does, and the values that go in and come out.

`ExecutionStore` is the contract; `tests/contract` runs against each store. SQL, files
and connections are each store's own business.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, Protocol

from msgspec import Raw, Struct

from flightlog.record.model import ExecutionMode, ExecutionStatus, WorkflowExecution
from flightlog.store.changes import OnChange
from flightlog.store.outline import PayloadKind
from flightlog.store.views import HistoryViews

Order = Literal["newest", "oldest"]


class ExecutionQuery(Struct, frozen=True, kw_only=True):
    """Which executions, in which order, and how many; every filter narrows."""

    workflow_id: str | None = None
    """Only this workflow's."""
    project_id: str | None = None
    """Only this project's."""
    status: ExecutionStatus | None = None
    """Only those that are so."""
    execution_mode: ExecutionMode | None = None
    """Only those that ran so."""
    started_from: str | None = None
    """Canonical time; started then or later."""
    started_before: str | None = None
    """Canonical time; started before then."""
    order: Order = "newest"
    """By the time they started."""
    limit: int = 50
    """At most so many, 1 to 1,000."""
    offset: int = 0
    """Skip so many first; costs time, so prefer `cursor` for going on."""
    cursor: str | None = None
    """Go on after the page that gave this as its `next_cursor`; the filters must be the same."""
    payloads: bool = False
    """Bring the payloads too; without them a list costs the same however large they are."""
    max_nodes: int | None = None
    """
    At most so many node executions on the page, and payloads of about 64 MiB: then the page ends
    early, or holds one execution with its first node executions. None is all.
    """


class Page(Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """One page of executions."""

    executions: tuple[WorkflowExecution, ...]
    """With their node executions; payloads only if the query asked for them."""
    next_cursor: str | None
    """Opaque text for the next page; None at the end."""
    cut: tuple[str, ...] = ()
    """Executions of which the page holds only the first node executions."""


class LogResult(Struct, frozen=True, kw_only=True, rename="camel"):
    """What became of the records of one call; when it is returned they are on disk."""

    created: int = 0
    """Executions that were new."""
    changed: int = 0
    """Executions that were known and learnt something."""
    unchanged: int = 0
    """Executions that were known and learnt nothing."""
    deleted: tuple[str, ...] = ()
    """
    Executions deleted before, whose records were not stored: by their ids, or by the addresses of
    runs that have a `runId`.
    """


class ExecutionStats(Struct, frozen=True, kw_only=True, rename="camel"):
    """Counts and durations over executions; percentiles are within 2 % of the exact value."""

    total: int
    """All executions."""
    success: int
    """Ended well."""
    error: int
    """Ended in an error."""
    running: int
    """Not ended."""
    mean_duration_ms: float | None
    """Mean over those that ended and have a duration; None where there is none."""
    p50_duration_ms: float | None
    """Half took at most so long."""
    p95_duration_ms: float | None
    """95 of 100 took at most so long."""
    p99_duration_ms: float | None
    """99 of 100 took at most so long."""
    last_started_at: str | None
    """When the newest started, canonical time."""


class FileChange(Struct, frozen=True, kw_only=True):
    """The history's file was removed, replaced or written over while it was open."""

    at: str
    """When the store noticed it, canonical time."""
    what: str
    """The event, a sentence without its end."""
    log: str | None
    """Where the write-ahead log of the earlier file is; None when there was nothing in it."""


class StoreHealth(Struct, frozen=True, kw_only=True, rename="camel"):
    """The store as its keeper sees it."""

    location: str
    """The file, or the server's address without any secret."""
    schema_version: int
    """The schema's number."""
    executions: int
    """How many are stored."""
    size_bytes: int
    """What it takes on disk, write-ahead log included."""
    settings: dict[str, str] = {}
    """The database's own settings in force, by their names there."""
    read_only: bool = False
    """Whether it is open for reading only."""
    owner: str | None = None
    """The user to whom the file belongs, where that is another than this process's."""
    changes: tuple[FileChange, ...] = ()
    """How the file was exchanged while it was open, the latest 20, the oldest first."""


class ProcessLedger(Struct, frozen=True, kw_only=True, rename="camel"):
    """A process of whose messages some are missing."""

    process_id: str
    """The process that sent them."""
    received: int
    """How many of its messages are here."""
    missing: int
    """How many of those it is known to have sent are not."""
    missing_ranges: tuple[tuple[int, int], ...]
    """Which, as first and last number of each run; the newest 100 runs."""
    last_seen: str
    """When it was last heard of, canonical time."""


class Ledger(Struct, frozen=True, kw_only=True, rename="camel"):
    """What was received of what processes have sent."""

    received: int
    """Messages that are here, each counted once."""
    missing: int
    """Messages known to have been sent that are not."""
    processes: tuple[ProcessLedger, ...]
    """Those that miss something, lately heard of first; at most 100."""


class Unfinished(Struct, frozen=True, kw_only=True, rename="camel"):
    """What is shown as running of one process."""

    process_id: str | None
    """The process; None for node executions of clients that don't name theirs."""
    executions: int
    """How many executions it runs."""
    node_executions: int
    """How many node executions it runs in executions that have ended or are another process's."""
    example: str
    """The id of an execution that is or has one of them."""
    last_heard: str
    """When the process was last heard of, or its newest execution started; canonical time."""


class ExecutionStore(Protocol):
    """
    Keeps executions.

    Safe to use from several threads. Every method may raise `StoreBusyError`, `StoreFullError`,
    `StoreUnavailableError` and, after `close`, `StoreClosedError`.
    """

    def merge(self, records: Sequence[WorkflowExecution]) -> LogResult:
        """
        Join records into what is stored, all in one transaction.

        Args:
            records: Whole or partial, in any order; repetitions are welcome.

        Returns:
            What became of them. When this returns they are on disk.
        """
        ...

    def find(self, query: ExecutionQuery) -> Page:
        """
        List executions.

        Raises:
            InvalidQueryError: The limit, offset or cursor can't be used.
        """
        ...

    def get(self, execution_id: str) -> WorkflowExecution | None:
        """Read one execution with everything; None when there is none."""
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
            kind: `trigger` for the trigger's data, else the node execution's `input` or `output`.
            sequence: Which node execution; not used for `trigger`.
            node_id: Its node, where several have one `sequence`; without it, the first of them.

        Returns:
            The JSON as it came; None when there is no such value.
        """
        ...

    @property
    def views(self) -> HistoryViews:
        """What a viewer reads of it."""
        ...

    def set_star(self, execution_id: str, *, starred: bool) -> bool:
        """Mark an execution, or take the mark away; False when there is none."""
        ...

    def delete(self, execution_id: str) -> bool:
        """Erase one execution, and remember that: late records don't bring it back."""
        ...

    def delete_many(self, execution_ids: Sequence[str]) -> int:
        """Erase executions as `delete` does, in portions; returns how many there were."""
        ...

    def clear(
        self,
        workflow_id: str,
        project_id: str | None = None,
        on_progress: Callable[[int], None] | None = None,
    ) -> int:
        """
        Erase a workflow's executions.

        Args:
            workflow_id: The workflow.
            project_id: Only those of this project.
            on_progress: Told how many each portion erased.

        Returns:
            How many there were.
        """
        ...

    def clear_before(
        self, started_before: str, on_progress: Callable[[int], None] | None = None
    ) -> int:
        """
        Erase the executions that started before a moment and have ended; starred ones stay.

        Args:
            started_before: Canonical time.
            on_progress: Told how many each portion erased.

        Returns:
            How many there were.
        """
        ...

    def stats(
        self, workflow_id: str | None = None, project_id: str | None = None
    ) -> ExecutionStats:
        """Count and time executions, without reading them."""
        ...

    def note_sent(self, process_id: str, last_number: int) -> None:
        """
        Note how far a process has numbered its messages, so that a missing tail shows.

        Args:
            process_id: The process.
            last_number: The number of its latest message; a smaller one than noted is no news.

        Raises:
            InvalidQueryError: The process's id or the number can't be one.
        """
        ...

    def ledger(self) -> Ledger:
        """Say how many messages were received and which are missing."""
        ...

    def running_processes(self) -> tuple[str, ...]:
        """The processes that have executions still running."""
        ...

    def unfinished(self) -> tuple[Unfinished, ...]:
        """Count what is shown as running, by process: executions, and nodes of ended executions."""
        ...

    def mark_crashed(self, process_id: str) -> int:
        """
        Presume that what a process runs has crashed, as of the revisions that are known.

        That is its running executions, with their running node executions, and the node executions
        that it runs in executions that have ended or are another process's. A later message with a
        greater revision, or a reported end, overrules the presumption.

        Args:
            process_id: A process that is known, or presumed, to be dead.

        Returns:
            How many executions were running; 0 when it is called again.
        """
        ...

    def health(self) -> StoreHealth:
        """Say how the store is."""
        ...

    def subscribe(self, on_change: OnChange) -> Callable[[], None]:
        """
        Have every change that this object commits told, right after its commit.

        Args:
            on_change: Called in the thread that commits, while others wait to: it must be quick,
                and must not write to the store.

        Returns:
            Ends it.
        """
        ...

    def foreign_changes(self) -> int:
        """A number that is another one after another process has changed the history."""
        ...

    def close(self) -> None:
        """Release everything; a second call does nothing."""
        ...
