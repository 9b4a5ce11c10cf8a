"""
The parts of a store that the merge uses: its statements, its payloads and its notes.

`merging`, `runs` and `record_writer` are the same for every store. Each store implements these
protocols with SQL of its own. All calls run within the transaction of the caller.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from flightlog.store.row_functions import Row


class RowStore(Protocol):
    """Reads and writes the rows of executions and node executions."""

    def fetch_executions(self, ids: Sequence[str]) -> list[Row]:
        """Read the rows of `EXECUTIONS` with these ids."""
        ...

    def fetch_nodes(self, execution_id: str, sequences: Sequence[int]) -> list[Row]:
        """Read the rows of `NODES` of an execution that have these sequences."""
        ...

    def fetch_running_nodes(self, execution_id: str, limit: int) -> list[Row]:
        """Read running node executions of the execution's own process."""
        ...

    def fetch_crashed_nodes(self, execution_id: str, limit: int) -> list[Row]:
        """Read node executions that are shown as crashed because their execution is."""
        ...

    def fetch_counted_nodes(self, execution_id: str) -> list[Row]:
        """Read the columns by which the aggregates count an execution's nodes."""
        ...

    def fetch_running_executions(self, process_id: str, limit: int) -> list[Row]:
        """Read running executions of a process."""
        ...

    def fetch_running_nodes_of_process(self, process_id: str, limit: int) -> list[Row]:
        """
        Read running node executions of a process.

        Each row ends with the workflow, project and start of the execution.
        """
        ...

    def find_innermost_node(self, execution_id: str) -> str | None:
        """Find the newest running node execution of the execution's own process."""
        ...

    def find_previous_run(self, execution_id: str) -> str | None:
        """Find the run before, to which no record links the execution."""
        ...

    def insert_executions(self, rows: Sequence[Row], now: str) -> None:
        """Insert rows of `EXECUTIONS` whose ids no row has; `now` is their time."""
        ...

    def replace_executions(self, rows: Sequence[Row], now: str) -> None:
        """Insert rows of `EXECUTIONS`, or replace those with the same ids; `now` is their time."""
        ...

    def insert_nodes(self, rows: Sequence[Row]) -> None:
        """Insert rows of `NODES` whose keys no row has."""
        ...

    def replace_nodes(self, rows: Sequence[Row]) -> None:
        """Insert rows of `NODES`, or replace those with the same keys."""
        ...

    def add_stars(self, ids: Iterable[str]) -> list[str]:
        """Star executions; return the ids of those that were not starred before."""
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
        """Store a payload, and return the value for the column that refers to it."""
        ...

    def load(self, value: Any) -> Any:
        """Convert a column's value to the payload; its bytes may be read later."""
        ...

    def release(self, value: Any) -> None:
        """Note that a column no longer holds a payload, which `load` returned."""
        ...

    def flush(self) -> None:
        """Write new payloads; called before the commit."""
        ...


class LedgerNotes(Protocol):
    """Notes the messages of processes."""

    def note(self, received: Mapping[str, Iterable[int]]) -> None:
        """Note the numbers of received messages by process id."""
        ...


class IndexNotes(Protocol):
    """Notes which executions must be indexed anew."""

    def note_changed(self, execution_ids: Sequence[str], now_s: float) -> None:
        """Note executions that changed at a time, seconds since 1970."""
        ...
