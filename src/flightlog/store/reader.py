"""
`ExecutionReader`: the operations that read, declared once for every store.

`tests/contract` runs against each store. Each store handles its own SQL, files and connections.
Every result of a list or a count comes from indexes, from the running aggregates, or from a bounded
number of rows. `writer` declares the operations that write.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Protocol

from flightlog.query import Expression
from flightlog.record.model import WorkflowExecution
from flightlog.store.changes import OnChange
from flightlog.store.findings import FacetPage, QueryMatch
from flightlog.store.metrics import MetricsReader
from flightlog.store.outline import ExecutionPage, Outline, PayloadKind
from flightlog.store.query import ExecutionQuery, HistoryFilter
from flightlog.store.results import (
    Ledger,
    Page,
    PayloadContent,
    StoreHealth,
    Unfinished,
)
from flightlog.store.retention import RetentionPolicy
from flightlog.store.saved_queries import SavedQuery
from flightlog.store.space import Space
from flightlog.store.states import StateReader
from flightlog.store.summaries import Ranking, SummaryPage, TriggerFacts
from flightlog.store.usage import UsageReader


class ExecutionReader(MetricsReader, StateReader, UsageReader, Protocol):
    """
    Reads executions; safe to use from several threads.

    Every method may raise `StoreBusyError`, `StoreReadEndedError`, `StoreUnavailableError`,
    `StoreGoneError` and, after `close`, `StoreClosedError`.
    """

    missing: frozenset[Capability]
    """The capabilities that the store lacks; each operation that needs one refuses."""

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

    def list_summaries(self, query: ExecutionQuery) -> SummaryPage:
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

    def list_by_duration(self, chosen: HistoryFilter, ranking: Ranking, limit: int) -> SummaryPage:
        """
        List the longest or the shortest of the newest executions that a filter chooses.

        Args:
            chosen: The executions.
            ranking: Which come first; executions without a duration are left out.
            limit: The largest number of executions, 1 to 500.

        Returns:
            One page without cursors, in the order of the ranking. `searched_to` is set if more
            executions exist than the ranking compared: 20,000 for each workflow and status chosen.

        Raises:
            InvalidQueryError: The limit is invalid, or the filter reads payloads.
        """
        ...

    def read_trigger_facts(self, execution_ids: Sequence[str]) -> tuple[TriggerFacts, ...]:
        """
        Read what distinguishes executions by the data that started them.

        Args:
            execution_ids: The executions, at most 500.

        Returns:
            The facts, in no particular order. Executions without trigger data, or with more than
            16 KiB of it, are left out.

        Raises:
            InvalidQueryError: There are too many ids.
        """
        ...

    def find_ids(self, start: str, limit: int) -> tuple[str, ...]:
        """
        List the ids of executions that begin with a text.

        Args:
            start: The first characters.
            limit: The largest number of ids.

        Returns:
            The ids in alphabetical order. Earlier runs of a reused id are left out.
        """
        ...

    def read_facets(self, chosen: HistoryFilter) -> FacetPage:
        """
        Count the most frequent values of the newest executions that a filter chooses.

        Args:
            chosen: The executions.

        Returns:
            The values of at most 2,000 executions, and how far the search got.
        """
        ...

    def find_matches(
        self, expression: Expression, execution_ids: Sequence[str]
    ) -> dict[str, tuple[QueryMatch, ...]]:
        """
        Find where executions match a query.

        Args:
            expression: The query that has found the executions.
            execution_ids: The executions.

        Returns:
            At most 3 places by execution id; no places if only other fields match. Executions
            beyond the first 16 MiB of payloads are left out.
        """
        ...

    def list_saved_queries(self) -> tuple[SavedQuery, ...]:
        """
        List the queries that people have saved under a name.

        Returns:
            The queries in the order of their names.
        """
        ...

    def read_outline(
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

    def read_page(self, execution_id: str, limit: int, cursor: str | None) -> ExecutionPage | None:
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

    def read_ledger(self) -> Ledger:
        """
        Count received messages and list missing messages.

        Returns:
            The ledger of all processes.
        """
        ...

    def list_running_processes(self) -> tuple[str, ...]:
        """
        List the processes that have running executions.

        Returns:
            The ids of the processes.
        """
        ...

    def list_unfinished(self) -> tuple[Unfinished, ...]:
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

    def measure_space(self, policy: RetentionPolicy) -> Space:
        """
        Say what takes the space of the history, and what its limits remove next.

        The time hardly depends on the size of the history, because a sample of the executions is
        measured. No writer waits.

        Args:
            policy: The limits of the history.

        Returns:
            The measurement; nothing is removed.
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


class Capability(StrEnum):
    """A part of the contract of stores that not every kind of history has."""

    QUERIES = "searching with the query language"
    MATCHES = "saying where executions match a query"
    FACETS = "counting the most frequent values"
    RANKING = "listing by duration"
    TRIGGER_FACTS = "showing what distinguishes executions by their triggers"
    SEARCHED_COUNTS = "counting executions that no aggregate counts"
    SERIES = "counting over time"
    COMPARISON = "comparing periods"
    WORKFLOWS = "counting by workflow"
    NODES = "timing nodes"
    ERROR_GROUPS = "grouping errors"
    OUTSIDE_CALLS = "counting calls outside of executions"
    OUTLINES = "showing an execution without its payloads"
    PRUNING = "keeping a history within limits"
    SPACE = "measuring what takes the space"
    USAGE = "adding up the tokens of models"
    INDEX = "indexing what queries search"
