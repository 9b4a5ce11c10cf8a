"""The values that the operations of a store return (`flightlog.store.protocols`)."""

from __future__ import annotations

from msgspec import Raw, Struct

from flightlog.record.model import WorkflowExecution


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


class PayloadContent(Struct, frozen=True, kw_only=True):
    """A payload and what identifies its content."""

    bytes: int
    """The size of the JSON, bytes."""
    digest: str
    """The SHA-256 of the JSON, hexadecimal."""
    data: Raw | None
    """The JSON as it was received; None when it is larger than was asked for."""


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
