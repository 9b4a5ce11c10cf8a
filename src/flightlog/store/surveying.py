"""
Count the executions that any filter chooses: by status, over time, and by frequent values.

The running aggregates know few filters. For the other filters, this module searches for the
executions as a list does, the newest first and a bounded number, and counts what it finds. Each
store implements the statements behind the protocol `SurveyStore`.
"""

from __future__ import annotations

import json
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple, Protocol, TypeVar

from flightlog.query.expressions import Condition, Exact
from flightlog.query.printer import write_query
from flightlog.store.findings import FacetPage, Facets, FacetValue
from flightlog.store.histogram import find_bucket
from flightlog.store.positions import Position, write_cursor
from flightlog.store.query import HistoryFilter
from flightlog.store.record_reader import ReadStore
from flightlog.store.row_functions import Row

COUNTED_EXECUTIONS: Final = 20_000
"""The largest number of executions whose statuses and durations are counted one by one."""
FACETED_AT_ONCE: Final = 2_000
"""The executions whose nodes and tags are counted at once."""
FACETING_S: Final = 1.0
"""The time after which no further executions are counted, because reading keeps old rows."""
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
    stop: Position | None
    """The position after which the search goes on; None for all executions."""

    @property
    def searched_to(self) -> str | None:
        """The start time that the search reached, canonical time; None for all executions."""
        return None if self.stop is None else self.stop.started_at


def survey(
    reads: ReadStore, chosen: HistoryFilter, most: int, after: Position | None = None
) -> Survey:
    """
    Find the newest executions that a filter chooses, with the bounds of a list's page.

    Args:
        reads: Finds the executions.
        chosen: The filter.
        most: The largest number of executions.
        after: The position after which the search begins; None begins with the newest execution.

    Returns:
        The executions.

    Raises:
        InvalidQueryError: There are too many ids.
    """
    cursor = None if after is None else write_cursor(after)
    query = chosen.make_page_query(limit=most, cursor=cursor)
    selection = reads.select(query, is_bounded=True)
    return Survey(selection.positions, selection.stopped_at)


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
    counts = _FacetCounts()
    ends_at = time.monotonic() + FACETING_S
    after = None
    while True:
        found = survey(reads, chosen, FACETED_AT_ONCE, after)
        counts.add(reads, found.positions)
        after = found.stop
        if after is None or time.monotonic() >= ends_at:
            break
    return FacetPage(
        facets=counts.list_facets(), executions=counts.executions, searched_to=found.searched_to
    )


class _FacetCounts:
    """Counts the values of executions, one portion after the other, the newest first."""

    def __init__(self) -> None:
        self.executions = 0
        """The number of counted executions."""
        self._names: dict[str, str] = {}
        self._workflows, self._statuses = Counter[str](), Counter[str]()
        self._kinds, self._nodes, self._models = Counter[str](), Counter[str](), Counter[str]()
        self._tags: Counter[tuple[str, str]] = Counter()

    def add(self, reads: SurveyStore, positions: list[Position]) -> None:
        """Count the values of executions."""
        if not positions:
            return
        self.executions += len(positions)
        for workflow_id, workflow_name, status, kind, tags in reads.fetch_faceted(positions):
            self._names.setdefault(workflow_id, workflow_name)
            self._workflows[workflow_id] += 1
            self._statuses[status] += 1
            if status == "error" and kind == "crashed":
                self._statuses[kind] += 1
            if kind is not None:
                self._kinds[kind] += 1
            if tags is not None:
                self._tags.update(json.loads(tags).items())
        self._nodes.update(dict(reads.count_nodes(positions)))
        self._models.update(dict(reads.count_models(positions)))

    def list_facets(self) -> Facets:
        """List the most frequent values."""
        return Facets(
            workflow=_list_values("workflow", self._workflows, self._names),
            status=_list_values("status", self._statuses),
            node=_list_values("node", self._nodes),
            tag=tuple(
                FacetValue(
                    value=f"{name}:{value}",
                    label=f"{name}: {value}",
                    count=count,
                    term=write_query(Condition("tag", Exact(value), (name,))),
                )
                for (name, value), count in _find_most_frequent(self._tags.items())
            ),
            error_kind=_list_values("error.kind", self._kinds),
            model=_list_values("model", self._models),
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
