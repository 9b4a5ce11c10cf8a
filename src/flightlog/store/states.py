"""
The content of a history in a form that depends on no store, for copies between stores.

`flightlog.record.state` has the state of an execution. This module adds the pages of such states,
and the notes that a history has beside its executions: deletions and the numbers of messages.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from msgspec import Struct

from flightlog.record.model import RunKey
from flightlog.record.state import ExecutionState
from flightlog.store.removed_days import RemovedDay

MAX_STATES: Final = 100
"""The most executions of a page."""
MAX_STATE_NODES: Final = 2_000
"""The most node executions of a page."""
MAX_STATE_BYTES: Final = 16 * 2**20
"""
The size that the payloads of a page may have, bytes; a page always has one node execution, or one
execution without node executions.
"""


class StatePage(Struct, frozen=True, kw_only=True):
    """Some states of a history."""

    states: tuple[ExecutionState, ...]
    """
    Whole states. The first and the last may be parts of an execution, whose other node executions
    are on the pages before and after.
    """
    next_cursor: str | None
    """The place of the next page; None after the last page."""


class Tombstone(Struct, frozen=True, kw_only=True):
    """A run that was deleted, and that late records don't bring back."""

    run: RunKey
    """The run."""
    deleted_at: str
    """Canonical time."""


class ProcessNumbers(Struct, frozen=True, kw_only=True):
    """The messages that a history has received from one process."""

    process_id: str
    """The process."""
    last_number: int
    """The highest number that the process is known to have sent; numbers count from 1."""
    ranges: tuple[tuple[int, int], ...]
    """The first and last number of each range received, in ascending order."""
    first_seen: str
    """The first noted sign of life, canonical time."""
    last_seen: str
    """The last sign of life, canonical time."""


class StateReader(Protocol):
    """Reads what a copy of a history compares and merges; safe to use from several threads."""

    def read_states(
        self, runs: Sequence[RunKey] | None = None, cursor: str | None = None
    ) -> StatePage:
        """
        Read the merged states of executions, with the registers that no other method shows.

        The pages begin with the smallest id, and an execution's node executions come in the order
        of their keys. Every execution that exists during the whole walk is on some page, even if
        others come and go meanwhile.

        Args:
            runs: Only these runs, at most `MAX_STATES`; unknown ones are left out.
            cursor: The `next_cursor` of the previous page of the same runs; None begins.

        Returns:
            A page that `MAX_STATES`, `MAX_STATE_NODES` and `MAX_STATE_BYTES` bound.

        Raises:
            InvalidQueryError: The cursor is invalid, or there are too many runs.
        """
        ...

    def read_tombstones(
        self, after: RunKey | None = None, limit: int = 1_000
    ) -> tuple[Tombstone, ...]:
        """
        Read which runs were deleted.

        Args:
            after: Only runs after this run, by execution id and run id; None begins.
            limit: The largest number.

        Returns:
            The deletions in the order of the runs.
        """
        ...

    def read_process_numbers(
        self, after: str | None = None, limit: int = 1_000
    ) -> tuple[ProcessNumbers, ...]:
        """
        Read the whole ledger: which messages of each process were received.

        Args:
            after: Only processes whose id is greater; None begins.
            limit: The largest number.

        Returns:
            The processes in the order of their ids.
        """
        ...

    def read_removed_days(
        self, after: tuple[str, str, str] | None = None, limit: int = 1_000
    ) -> tuple[RemovedDay, ...]:
        """
        Read the counts of the executions that retention has removed.

        Args:
            after: Only counts after this place; None begins.
            limit: The largest number.

        Returns:
            The counts in the order of their places.
        """
        ...
