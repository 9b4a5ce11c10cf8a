"""
The parts of a store that the merge uses: its statements, its payloads and its notes.

`merging`, `runs` and `record_writer` are the same for every store. Each store implements these
protocols with SQL of its own. All calls run within the transaction of the caller.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from flightlog.store.ledger import Received
from flightlog.store.row_functions import Row


class RowStore(Protocol):
    """Reads and writes the rows of executions and node executions."""

    def fetch_executions(self, ids: Sequence[str]) -> list[Row]:
        """
        Read the rows of `EXECUTIONS` with these ids.

        Args:
            ids: The ids of rows; unknown ones are left out.

        Returns:
            The rows in the order of the columns of `EXECUTIONS`.
        """
        ...

    def fetch_nodes(self, execution_id: str, sequences: Sequence[int]) -> list[Row]:
        """
        Read the rows of `NODES` of an execution that have these sequences.

        Args:
            execution_id: The id of the execution's row.
            sequences: The sequences.

        Returns:
            The rows in the order of the columns of `NODES`.
        """
        ...

    def fetch_running_nodes(self, execution_id: str, limit: int) -> list[Row]:
        """
        Read running node executions of the execution's own process.

        Args:
            execution_id: The id of the execution's row.
            limit: The largest number of rows.

        Returns:
            The rows in the order of the columns of `NODES`.
        """
        ...

    def fetch_crashed_nodes(self, execution_id: str, limit: int) -> list[Row]:
        """
        Read node executions that are shown as crashed because their execution is.

        Args:
            execution_id: The id of the execution's row.
            limit: The largest number of rows.

        Returns:
            The rows in the order of the columns of `NODES`.
        """
        ...

    def fetch_counted_nodes(self, execution_id: str) -> list[Row]:
        """
        Read the columns by which the aggregates count an execution's nodes.

        Args:
            execution_id: The id of the execution's row.

        Returns:
            The node id, status and duration of each node execution.
        """
        ...

    def fetch_running_executions(self, process_id: str, limit: int) -> list[Row]:
        """
        Read running executions of a process.

        Args:
            process_id: The process.
            limit: The largest number of rows.

        Returns:
            The rows in the order of the columns of `EXECUTIONS`.
        """
        ...

    def fetch_running_nodes_of_process(self, process_id: str, limit: int) -> list[Row]:
        """
        Read running node executions of a process.

        Each row ends with the workflow, project and start of the execution.

        Args:
            process_id: The process.
            limit: The largest number of rows.

        Returns:
            The rows, each with three more columns than `NODES`.
        """
        ...

    def find_innermost_node(self, execution_id: str) -> str | None:
        """
        Find the newest running node execution of the execution's own process.

        Args:
            execution_id: The id of the execution's row.

        Returns:
            The node's id; None where no node runs.
        """
        ...

    def find_previous_run(self, execution_id: str) -> str | None:
        """
        Find the run before, to which no record links the execution.

        Args:
            execution_id: The id of the execution's row.

        Returns:
            The id of the row of the run before; None where there is none.
        """
        ...

    def insert_executions(self, rows: Sequence[Row], now: str) -> None:
        """
        Insert rows of `EXECUTIONS` whose ids no row has.

        Args:
            rows: The rows.
            now: The time of `created_at`, canonical.
        """
        ...

    def replace_executions(self, rows: Sequence[Row], now: str) -> None:
        """
        Insert rows of `EXECUTIONS`, or replace those with the same ids.

        Args:
            rows: The rows.
            now: The time of `created_at` of rows that are new, canonical.
        """
        ...

    def insert_nodes(self, rows: Sequence[Row]) -> None:
        """
        Insert rows of `NODES` whose keys no row has.

        Args:
            rows: The rows.
        """
        ...

    def replace_nodes(self, rows: Sequence[Row]) -> None:
        """
        Insert rows of `NODES`, or replace those with the same keys.

        Args:
            rows: The rows.
        """
        ...

    def add_stars(self, ids: Iterable[str]) -> list[str]:
        """
        Star executions.

        Args:
            ids: The ids of rows.

        Returns:
            The ids of those that were not starred before.
        """
        ...


class RunStatements(Protocol):
    """Runs one of the named statements by which runs are placed; see `runs.sql` of a store."""

    def __call__(self, name: str, bound: Mapping[str, Any], /) -> list[Row]:
        """Run a statement; a list or tuple among the bound values is one parameter."""
        ...


class PayloadStore(Protocol):
    """Stores the payloads of a transaction, each once."""

    def begin(self) -> None:
        """Start a transaction."""
        ...

    def store(self, value: Any) -> Any:
        """
        Store a payload.

        Args:
            value: The payload.

        Returns:
            The value for the column that refers to the payload.
        """
        ...

    def load(self, value: Any) -> Any:
        """
        Convert a column's value to the payload.

        Args:
            value: The column's value.

        Returns:
            The payload; its bytes may be read later.
        """
        ...

    def release(self, value: Any) -> None:
        """
        Note that a column no longer holds a payload, which `load` returned.

        Args:
            value: A payload that `load` returned; other values are ignored.
        """
        ...

    def flush(self) -> None:
        """Write new payloads; called before the commit."""
        ...


class LedgerNotes(Protocol):
    """Notes the messages of processes."""

    def note(self, received: Mapping[str, Received]) -> None:
        """
        Note received messages.

        Args:
            received: The messages, by process id.
        """
        ...


class IndexNotes(Protocol):
    """Notes which executions must be indexed anew."""

    def note_changed(self, execution_ids: Sequence[str], now_s: float) -> None:
        """
        Note executions that changed.

        Args:
            execution_ids: The ids of their rows.
            now_s: The time of the change, seconds since 1970.
        """
        ...
