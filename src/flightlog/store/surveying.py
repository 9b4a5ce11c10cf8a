"""
Count the executions that any filter chooses: by status, over time, and by frequent values.

The running aggregates know few filters. For the other filters, this module searches for the
executions as a list does, the newest first and a bounded number, and counts what it finds. Each
store implements the statements behind the protocol `SurveyStore`.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple, Protocol, TypeVar

from flightlog.query.expressions import Condition, Exact
from flightlog.query.printer import write_query
from flightlog.store.findings import FacetPage, Facets, FacetValue
from flightlog.store.histogram import find_bucket
from flightlog.store.positions import Position
from flightlog.store.query import HistoryFilter
from flightlog.store.record_reader import ReadStore
from flightlog.store.row_functions import Row

COUNTED_EXECUTIONS: Final = 20_000
"""The largest number of executions whose statuses and durations are counted one by one."""
FACETED_EXECUTIONS: Final = 2_000
"""The largest number of executions whose nodes and tags are counted."""
FACET_VALUES: Final = 20
"""The largest number of values of a facet."""

Value = TypeVar("Value", str, tuple[str, str])


class SurveyStore(ReadStore, Protocol):
    """Reads what is counted of single executions, all in one snapshot."""

    def fetch_timed(self, positions: list[Position]) -> list[Row]:
        """
        Read start, status and duration of executions.

        Args:
            positions: The positions of the executions.

        Returns:
            The rows.
        """
        ...

    def fetch_faceted(self, positions: list[Position]) -> list[Row]:
        """
        Read workflow, its name, status, kind of error and tags, the newest first.

        Args:
            positions: The positions of the executions.

        Returns:
            The rows, the newest first.
        """
        ...

    def count_nodes(self, positions: list[Position]) -> list[Row]:
        """
        Count the executions in which each node ran, without nodes named as workflows.

        Args:
            positions: The positions of the executions.

        Returns:
            The rows.
        """
        ...

    def fetch_measured(self, positions: list[Position]) -> list[Row]:
        """
        Read workflow, project or an empty text, name, start, status and duration.

        Args:
            positions: The positions of the executions.

        Returns:
            The rows, the newest first.
        """
        ...

    def fetch_measured_nodes(self, positions: list[Position]) -> list[Row]:
        """
        Read workflow, id, name, type, status and duration of each node execution.

        Args:
            positions: The positions of the executions.

        Returns:
            The rows of the newest execution first, without nodes named as workflows.
        """
        ...

    def count_models(self, positions: list[Position]) -> list[Row]:
        """Count the executions that called each model, as far as their calls are indexed."""
        ...


class NamedSurveys(ABC):
    """Reads what surveys count by statements of the same names in each store; see `SurveyStore`."""

    @abstractmethod
    def _read(self, name: str, positions: list[Position]) -> list[Row]:
        """Run a statement of `survey.sql` for executions at positions."""

    def fetch_timed(self, positions: list[Position]) -> list[Row]:
        """Read starts, statuses and durations; see `SurveyStore.fetch_timed`."""
        return self._read("timed", positions)

    def fetch_faceted(self, positions: list[Position]) -> list[Row]:
        """Read what the facets count; see `SurveyStore.fetch_faceted`."""
        return self._read("facets", positions)

    def count_nodes(self, positions: list[Position]) -> list[Row]:
        """Count executions by node; see `SurveyStore.count_nodes`."""
        return self._read("facets_of_nodes", positions)

    def fetch_measured(self, positions: list[Position]) -> list[Row]:
        """Read workflows, statuses and durations; see `SurveyStore.fetch_measured`."""
        return self._read("measured", positions)

    def fetch_measured_nodes(self, positions: list[Position]) -> list[Row]:
        """Read node executions; see `SurveyStore.fetch_measured_nodes`."""
        return self._read("measured_nodes", positions)

    def count_models(self, positions: list[Position]) -> list[Row]:
        """Count executions by model; see `SurveyStore.count_models`."""
        return self._read("facets_of_models", positions)

    def fetch_failures(self, positions: list[Position]) -> list[Row]:
        """Read failures at positions; see `FailureStore.fetch_failures`."""
        return self._read("failures", positions)


class Survey(NamedTuple):
    """The newest executions that a filter chooses."""

    positions: list[Position]
    """The positions of the executions."""
    searched_to: str | None
    """The start time that the search reached, canonical time; None for all executions."""


def survey(reads: ReadStore, chosen: HistoryFilter, most: int) -> Survey:
    """
    Find the newest executions that a filter chooses, with the bounds of a list's page.

    Args:
        reads: Finds the executions.
        chosen: The filter.
        most: The largest number of executions.

    Returns:
        The executions.

    Raises:
        InvalidQueryError: There are too many ids.
    """
    selection = reads.select(chosen.make_page_query(limit=most), is_bounded=True)
    stop = selection.stopped_at
    return Survey(selection.positions, None if stop is None else stop.started_at)


def read_timed(reads: SurveyStore, found: Survey) -> Iterator[tuple[str, str, int]]:
    """
    Read the start, the status and the duration of executions.

    Args:
        reads: Reads the rows.
        found: The executions.

    Yields:
        The start, the status and the duration's bucket of each execution.
    """
    for started_at, status, duration_ms in reads.fetch_timed(found.positions):
        yield started_at, status, find_bucket(duration_ms)


def read_facets(reads: SurveyStore, chosen: HistoryFilter) -> FacetPage:
    """Count the most frequent values of executions; see `ExecutionReader.read_facets`."""
    found = survey(reads, chosen, FACETED_EXECUTIONS)
    rows = reads.fetch_faceted(found.positions)
    names: dict[str, str] = {}
    workflows, statuses, kinds = Counter[str](), Counter[str](), Counter[str]()
    tags: Counter[tuple[str, str]] = Counter()
    for workflow_id, workflow_name, status, kind, stored_tags in rows:
        names.setdefault(workflow_id, workflow_name)
        workflows[workflow_id] += 1
        statuses[status] += 1
        if status == "error" and kind == "crashed":
            statuses[kind] += 1
        if kind is not None:
            kinds[kind] += 1
        tags.update(json.loads(stored_tags or "{}").items())
    nodes: Counter[str] = Counter(dict(reads.count_nodes(found.positions)))
    models: Counter[str] = Counter(dict(reads.count_models(found.positions)))
    return FacetPage(
        facets=Facets(
            workflow=_list_values("workflow", workflows, names),
            status=_list_values("status", statuses),
            node=_list_values("node", nodes),
            tag=tuple(
                FacetValue(
                    value=f"{name}:{value}",
                    label=f"{name}: {value}",
                    count=count,
                    term=write_query(Condition("tag", Exact(value), (name,))),
                )
                for (name, value), count in _find_most_frequent(tags.items())
            ),
            error_kind=_list_values("error.kind", kinds),
            model=_list_values("model", models),
        ),
        executions=len(found.positions),
        searched_to=found.searched_to,
    )


def _list_values(
    field: str, counts: Counter[str], labels: dict[str, str] | None = None
) -> tuple[FacetValue, ...]:
    return tuple(
        FacetValue(
            value=value,
            label=(labels or {}).get(value, value),
            count=count,
            term=write_query(Condition(field, Exact(value))),
        )
        for value, count in _find_most_frequent(counts.items())
    )


def _find_most_frequent(counts: Iterable[tuple[Value, int]]) -> list[tuple[Value, int]]:
    return sorted(counts, key=lambda item: (-item[1], item[0]))[:FACET_VALUES]
