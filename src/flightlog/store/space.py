"""Results of measuring what takes the space of a history, and what its limits remove next."""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct

from flightlog.record.model import ExecutionStatus

RemovedPart: TypeAlias = Literal["payloads", "nodes", "executions"]
"""How much of an execution goes: its payloads, also its node executions, or everything."""


class SpaceParts(Struct, frozen=True, kw_only=True, rename="camel"):
    """
    The parts of a history on disk, bytes.

    The sizes of the payloads, the index and the rows are estimated from a sample. In SQLite their
    sum is exact, and changes that are only in the write-ahead log yet count in both places.
    """

    payload_bytes: int
    """The compressed payloads."""
    index_bytes: int
    """The search index."""
    row_bytes: int
    """Executions, node executions, counts and all else."""
    free_bytes: int
    """Free space within the files, which new executions use."""
    log_bytes: int
    """The write-ahead log, beside the file; 0 in PostgreSQL, where it belongs to the server."""

    @property
    def total_bytes(self) -> int:
        """The size on disk as soon as the file holds what is only in the log yet."""
        return self.used_bytes + self.free_bytes + self.log_bytes

    @property
    def used_bytes(self) -> int:
        """The size of the file without free pages."""
        return self.payload_bytes + self.index_bytes + self.row_bytes


class WorkflowSpace(Struct, frozen=True, kw_only=True, rename="camel"):
    """The space that one workflow takes."""

    workflow_id: str
    """The workflow."""
    workflow_name: str
    """The name in the newest execution."""
    runs: int
    """The number of executions."""
    bytes: int
    """The estimated size of the executions with their payloads and index entries."""


class DaySpace(Struct, frozen=True, kw_only=True, rename="camel"):
    """The executions of one day."""

    day: str
    """The day in UTC, e.g. `2026-11-22`."""
    runs: int
    """The number of executions that started on that day and are still there."""
    bytes: int
    """The estimated size of so many new executions."""


class RemovedRuns(Struct, frozen=True, kw_only=True, rename="camel"):
    """Executions of one workflow that lose the same part."""

    part: RemovedPart
    """The part that goes."""
    status: ExecutionStatus
    """The status of the executions."""
    workflow_id: str
    """The workflow."""
    workflow_name: str
    """The name of the workflow."""
    runs: int
    """The number of executions."""
    oldest: str
    """The start of the oldest of them, canonical time."""
    newest: str
    """The start of the newest of them, canonical time."""


class Removal(Struct, frozen=True, kw_only=True, rename="camel"):
    """A preview of a removal; nothing is removed."""

    runs: tuple[RemovedRuns, ...]
    """The executions, by part, status and workflow, the largest number first; at most 100."""
    freed_bytes: int
    """The estimated space that becomes free."""
    complete: bool
    """Whether these are all; false if more would go than the preview examined."""


class ProtectedSpace(Struct, frozen=True, kw_only=True, rename="camel"):
    """The executions that no limit removes."""

    starred: int
    """The number of starred executions."""
    newest_good: int
    """The number of workflows whose newest successful execution stays."""
    bytes: int
    """The estimated size of these executions."""
    exceeds_budget: bool
    """Whether they alone are larger than the budget."""


class Space(Struct, frozen=True, kw_only=True, rename="camel"):
    """The space of a history by what takes it, and the executions that its limits remove next."""

    measured_at: str
    """The time of the measurement, canonical time."""
    parts: SpaceParts
    """The parts of the history on disk."""
    runs: int
    """The number of executions."""
    workflows: tuple[WorkflowSpace, ...]
    """The workflows that take the most space, at most 200."""
    days: tuple[DaySpace, ...]
    """The last 14 days, the oldest first; days without executions are left out."""
    growth_bytes: int
    """The estimated growth in a day, from the executions of the last 7 days."""
    full_in_days: float | None
    """The days until the budget is full at this growth; 0 if it is full, null if it never is."""
    protected: ProtectedSpace
    """The executions that no limit removes."""
    next_for_budget: Removal | None
    """The executions that a full budget removes for the growth of a day; null without a budget."""
    next_for_rules: Removal | None
    """The executions that age and number remove within a day; null without such limits."""
