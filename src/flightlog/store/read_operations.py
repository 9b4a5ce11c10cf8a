"""
`ReadOperations`: the operations that read executions, shared by the readers of the stores.

Each store hands in its statements, in a transaction of its own for each operation.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from flightlog.models import Usage
from flightlog.query import Expression
from flightlog.record.model import RunKey, WorkflowExecution
from flightlog.store import record_reader, summary_reader
from flightlog.store.findings import QueryMatch
from flightlog.store.matches import MatchReads, find_matches
from flightlog.store.metrics_operations import MetricsOperations
from flightlog.store.model_calls import UsageStore, read_usage, sum_usage
from flightlog.store.outline import ExecutionPage, Outline
from flightlog.store.outlining import OutlineStore, read_outline
from flightlog.store.query import ExecutionQuery, HistoryFilter
from flightlog.store.results import Page
from flightlog.store.state_pages import StateRows, read_states
from flightlog.store.states import StatePage
from flightlog.store.summaries import Ranking, SummaryPage, TriggerFacts
from flightlog.store.trigger_facts import TriggerStore, read_trigger_facts
from flightlog.store.usage import UsageTotals


class HistoryStore(OutlineStore, TriggerStore, Protocol):
    """Reads what lists and single executions show, in one snapshot."""

    def resolve_address(self, execution_id: str) -> str:
        """
        Find the current id of a run in the history; see `runs.resolve_address`.

        Args:
            execution_id: An execution's id, or the address of a run.

        Returns:
            The id under which the run is shown.
        """
        ...

    def find_ids(self, start: str, limit: int) -> tuple[str, ...]:
        """
        List ids that begin with a text; see `ExecutionReader.find_ids`.

        Args:
            start: The first characters.
            limit: The largest number of ids.

        Returns:
            The ids.
        """
        ...


class ReadOperations(MetricsOperations):
    """The operations of `ExecutionReader` that differ between stores only in their statements."""

    def _showing(self) -> AbstractContextManager[HistoryStore]:
        raise NotImplementedError

    def _matching(self) -> AbstractContextManager[MatchReads]:
        raise NotImplementedError

    def _billing(self) -> AbstractContextManager[UsageStore]:
        raise NotImplementedError

    def _copying(self) -> AbstractContextManager[StateRows]:
        raise NotImplementedError

    def find(self, query: ExecutionQuery) -> Page:
        """List executions; see `ExecutionReader.find`."""
        with self._showing() as reads:
            return record_reader.find(reads, query)

    def get(self, execution_id: str) -> WorkflowExecution | None:
        """Read one execution; see `ExecutionReader.get`."""
        with self._showing() as reads:
            return record_reader.get(reads, reads.resolve_address(execution_id))

    def read_page(self, execution_id: str, limit: int, cursor: str | None) -> ExecutionPage | None:
        """Read one execution with a page of its nodes; see `ExecutionReader.read_page`."""
        with self._showing() as reads:
            row_id = reads.resolve_address(execution_id)
            return record_reader.get_page(reads, row_id, limit, cursor)

    def list_summaries(self, query: ExecutionQuery) -> SummaryPage:
        """List executions in one line each; see `ExecutionReader.list_summaries`."""
        with self._showing() as reads:
            return summary_reader.list_summaries(reads, query)

    def list_by_duration(self, chosen: HistoryFilter, ranking: Ranking, limit: int) -> SummaryPage:
        """List the longest or shortest; see `ExecutionReader.list_by_duration`."""
        with self._showing() as reads:
            return summary_reader.list_by_duration(reads, chosen, ranking, limit)

    def read_outline(
        self, execution_id: str, limit: int | None = None, cursor: str | None = None
    ) -> Outline | None:
        """Read one execution without payloads; see `ExecutionReader.read_outline`."""
        with self._showing() as reads:
            return read_outline(reads, reads.resolve_address(execution_id), limit, cursor)

    def read_trigger_facts(self, execution_ids: Sequence[str]) -> tuple[TriggerFacts, ...]:
        """Read what distinguishes executions; see `ExecutionReader.read_trigger_facts`."""
        with self._showing() as reads:
            return read_trigger_facts(reads, execution_ids)

    def find_ids(self, start: str, limit: int) -> tuple[str, ...]:
        """List ids that begin with a text; see `ExecutionReader.find_ids`."""
        with self._showing() as reads:
            return reads.find_ids(start, limit)

    def find_matches(
        self, expression: Expression, execution_ids: Sequence[str]
    ) -> dict[str, tuple[QueryMatch, ...]]:
        """Find where executions match a query; see `ExecutionReader.find_matches`."""
        with self._matching() as reads:
            return find_matches(reads, expression, execution_ids)

    def read_usage(
        self, execution_ids: Sequence[str], limits: Sequence[int]
    ) -> dict[str, tuple[Usage, ...]]:
        """Add up the tokens of each execution; see `ExecutionReader.read_usage`."""
        with self._billing() as reads:
            return read_usage(reads, execution_ids, limits)

    def sum_usage(self, chosen: HistoryFilter, limits: Sequence[int]) -> UsageTotals:
        """Add up the tokens of many executions; see `ExecutionReader.sum_usage`."""
        with self._billing() as reads:
            return sum_usage(reads, chosen, limits)

    def read_states(
        self, runs: Sequence[RunKey] | None = None, cursor: str | None = None
    ) -> StatePage:
        """Read the merged states of executions; see `ExecutionReader.read_states`."""
        with self._copying() as rows:
            return read_states(rows, runs, cursor)
