"""
`ExecutionWriter`: the operations that write, and `ExecutionStore`: all operations of a store.

`reader` declares the operations that read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from flightlog.record.model import RunKey, WorkflowExecution
from flightlog.record.state import ExecutionState
from flightlog.store.reader import ExecutionReader
from flightlog.store.removed_days import RemovedDay
from flightlog.store.results import IndexContent, Indexed, LogResult, Repair
from flightlog.store.retention import Pruned, RetentionLimits
from flightlog.store.states import ProcessNumbers, Tombstone


class ExecutionWriter(Protocol):
    """
    Changes executions; safe to use from several threads.

    Every method may raise `StoreBusyError`, `StoreFullError`, `StoreLogFullError`,
    `StoreUnavailableError`, `StoreGoneError` and, after `close`, `StoreClosedError`.
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

    def merge_states(self, states: Sequence[ExecutionState]) -> LogResult:
        """
        Join states that another store has read into the stored executions, in one transaction.

        Every register keeps its version, and a star is added. No message is noted in the ledger.

        Args:
            states: Whole or partial states, in any order; repetitions are allowed.

        Returns:
            The numbers of new, changed and unchanged executions. The states are on disk when this
            method returns.
        """
        ...

    def merge_tombstones(self, tombstones: Sequence[Tombstone]) -> tuple[RunKey, ...]:
        """
        Remember deletions of runs that are not stored, so that late records don't bring them back.

        Args:
            tombstones: The deletions, in any order; repetitions are allowed.

        Returns:
            The runs that are stored here. They stay, and their deletion is not remembered.
        """
        ...

    def merge_process_numbers(self, processes: Sequence[ProcessNumbers]) -> None:
        """
        Join the ledgers of processes with the stored ones; a number that both have counts once.

        Args:
            processes: The ledgers, in any order; repetitions are allowed.
        """
        ...

    def merge_removed_days(self, days: Sequence[RemovedDay]) -> None:
        """
        Join counts of removed executions with the stored ones; the larger of two numbers stays.

        Args:
            days: The counts, in any order; repetitions are allowed.
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

    def save_query(self, name: str, query: str) -> None:
        """
        Save a query under a name, or replace the query that has the name.

        Args:
            name: The name.
            query: The text of the query.

        Raises:
            InvalidQueryError: The name or the query can't be used, or there are too many.
        """
        ...

    def delete_saved_query(self, name: str) -> bool:
        """
        Delete a saved query.

        Args:
            name: The name.

        Returns:
            False when there is no such query.
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

    def prune(self, limits: RetentionLimits) -> Pruned:
        """
        Remove one portion of what exceeds limits; repeat while the result's `more` is true.

        Args:
            limits: The limits.

        Returns:
            The removed parts. Writers wait some 20 ms for one portion.
        """
        ...

    def preview_prune(self, limits: RetentionLimits) -> Pruned:
        """
        Estimate what pruning to limits would remove, and change nothing.

        Args:
            limits: The limits.

        Returns:
            The parts that would go; the bytes are an estimate.
        """
        ...

    def index_portion(self) -> Indexed:
        """
        Index some executions that have changed, the newest first; repeat while `more` is true.

        Returns:
            The work that was done. Writers wait some 10 ms for one portion.
        """
        ...

    def choose_index(self, content: IndexContent) -> None:
        """
        Rebuild the search index if its content is another one.

        Args:
            content: The wanted content.
        """
        ...

    def rebuild_index(self, content: IndexContent) -> None:
        """
        Delete the search index, so that `index_portion` fills it anew.

        Args:
            content: The content of the new index.
        """
        ...

    def note_sent(self, process_id: str, last_number: int, *, is_alive: bool = False) -> None:
        """
        Note the number of a process's newest message, so that missing last messages are noticed.

        A delivery of messages is no sign of life, because another process may deliver them later.
        The signs of life are heartbeats, and the times in the records.

        Args:
            process_id: The process.
            last_number: The number of its newest message; a smaller number than noted changes
                nothing.
            is_alive: Whether the process itself reports this, as a heartbeat.

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

    def trim_log(self) -> None:
        """Empty the write-ahead log if readers have kept it large; call this at intervals."""
        ...

    def needs_check(self) -> bool:
        """
        Say whether the history may be damaged.

        Returns:
            True if a process that wrote the history did not close it, if a call found damage, or if
            damaged files wait to be salvaged. `repair` resets the first two.
        """
        ...

    def repair(self, is_ending: Callable[[], bool]) -> Repair:
        """
        Check the whole history; set a damaged one aside and go on with everything readable of it.

        Other calls continue meanwhile: with the checked history, and then with a new one into which
        the records of the damaged one are merged.

        Args:
            is_ending: Whether to stop now; a later call then begins again.

        Returns:
            The damage, if there was any, and what was salvaged.
        """
        ...


class ExecutionStore(ExecutionReader, ExecutionWriter, Protocol):
    """A store that reads and writes."""
