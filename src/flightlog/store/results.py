"""The values that the operations of a store return; `reader` and `writer` declare them."""

from __future__ import annotations

from typing import Literal, TypeAlias, cast, get_args

from msgspec import Raw, Struct

from flightlog.errors import InvalidSettingError
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
    searched_to: str | None = None
    """
    The start time that an unfinished search reached, canonical time; absent if the page is full or
    the last one. `next_cursor` continues the search.
    """


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


class RemovedStats(Struct, frozen=True, kw_only=True, rename="camel"):
    """Counts of executions that retention has removed, by the days of their starts."""

    total: int
    """The number of all removed executions."""
    success: int
    """The number of executions that had ended successfully."""
    error: int
    """The number of executions that had ended in an error."""
    mean_duration_ms: float | None
    """Their mean duration, milliseconds; None without durations."""
    first_day: str
    """The first day with a removed execution, e.g. `2026-01-31`."""
    last_day: str
    """The last day with a removed execution."""


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
    removed: RemovedStats | None
    """The executions that retention has removed, which nothing else counts; None for none."""


class FileChange(Struct, frozen=True, kw_only=True):
    """An event: the history's file was removed, replaced or overwritten while it was open."""

    at: str
    """The time at which the store noticed the event, canonical time."""
    what: str
    """The event as a sentence without the final period."""
    log: str | None
    """The path of the earlier file's write-ahead log; None when the log was empty."""


IndexContent: TypeAlias = Literal["full", "words", "off"]
"""
The content of the search index: `full`; `words` alone, without whole values, names with values and
parts of identifiers; or `off` for no index.
"""


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
    log_bytes: int = 0
    """The size of the write-ahead log, bytes."""
    log_limit_bytes: int = 0
    """The size of the log at which records are refused for the time being, bytes."""
    settings: dict[str, str] = {}
    """The database's settings in force, by the database's names."""
    read_only: bool = False
    """Whether the store is open for reading only."""
    owner: str | None = None
    """The user to whom the file belongs; None when the file belongs to this process's user."""
    search_index: IndexContent = "off"
    """The content of the search index: `full`, `words` or `off`."""
    not_indexed: int = 0
    """
    The number of executions that are not in the search index as they are now; queries scan them.
    """
    changes: tuple[FileChange, ...] = ()
    """The latest 20 exchanges of the file while it was open, the oldest first."""


def check_index_content(text: str) -> IndexContent:
    """
    Check a content of the search index that a person typed.

    Args:
        text: The text.

    Returns:
        The content.

    Raises:
        InvalidSettingError: There is no such content.
    """
    for content in get_args(IndexContent):
        if text == content:
            return cast(IndexContent, content)
    raise InvalidSettingError(
        "search_index", f"is {text[:40]!r}", hint="Write `full`, `words` or `off`."
    )


class Indexed(Struct, frozen=True, kw_only=True):
    """A portion of filling the search index."""

    executions: int
    """The number of executions that were indexed, or deleted from the index."""
    more: bool
    """Whether more work waits."""
    ingest_share: float
    """The share of the time since the portion before in which records were stored, 0 to 1."""
    took_s: float
    """The processor time of this process's work, seconds; waiting for others is no work."""
    longest_s: float = 0
    """The longest time that others could not write, by the clock, seconds; 0: not measured."""


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
    """The last sign of life: a heartbeat or a time in a record; canonical time."""


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


class Repair(Struct, frozen=True, kw_only=True, rename="camel"):
    """The result of a check, and of salvaging what it found to be damaged."""

    damage: str | None = None
    """The damage that the check found, in the database's words; None for a sound history."""
    executions: int = 0
    """The number of executions that were salvaged from damaged files."""
    lost_executions: int = 0
    """The number of executions of which only their existence could be read."""
    lost_payloads: int = 0
    """The number of payloads that placeholders replace, because they could not be read."""
    stray_node_executions: int = 0
    """The number of readable node executions whose execution could not be read."""
    is_index_alone: bool = False
    """Whether only the search index was damaged; it is made anew, and nothing is lost."""

    def __add__(self, other: Repair) -> Repair:
        return Repair(
            damage=self.damage or other.damage,
            executions=self.executions + other.executions,
            lost_executions=self.lost_executions + other.lost_executions,
            lost_payloads=self.lost_payloads + other.lost_payloads,
            stray_node_executions=self.stray_node_executions + other.stray_node_executions,
            is_index_alone=self.is_index_alone or other.is_index_alone,
        )

    def describe(self) -> str:
        """
        Describe what was salvaged, as the beginning of a sentence.

        Returns:
            The text, e.g. `41 executions (2 payloads lost)`.
        """
        if self.is_index_alone and not self.executions:
            return "all executions: only the search index was damaged, and it is made anew"
        lost = [
            f"{number:,} {what} lost"
            for number, what in (
                (self.lost_executions, "executions"),
                (self.lost_payloads, "payloads"),
                (self.stray_node_executions, "nodes of lost executions"),
            )
            if number
        ]
        return f"{self.executions:,} executions" + (f" ({', '.join(lost)})" if lost else "")
