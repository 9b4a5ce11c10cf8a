"""
Gather the running aggregates: counts and durations of executions and node executions.

The transaction that changes the rows also changes the aggregates, so that counts and percentiles
need no scan. Additions are gathered in memory and written once per transaction, by the SQL of each
store.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple, TypeAlias

from flightlog.record.model import MAX_COUNT
from flightlog.store.histogram import measure_duration
from flightlog.store.row_functions import Row

Counted: TypeAlias = tuple[str, str, float | None]
"""A node execution's node id, status, and duration in milliseconds."""
_Counts: TypeAlias = defaultdict[tuple[Any, ...], list[int]]


class Place(NamedTuple):
    """The workflow, project and hour under which an execution and its nodes are counted."""

    workflow_id: str
    project_id: str
    hour: str


def find_place(workflow_id: str, project_id: str | None, started_at: str) -> Place:
    """
    Find the place of an execution.

    Args:
        workflow_id: The execution's workflow.
        project_id: The workflow's project; None becomes the empty text.
        started_at: The execution's start, a canonical time.

    Returns:
        The place under which the execution is counted.
    """
    return Place(workflow_id, project_id or "", started_at[:13])


class Aggregates(ABC):
    """Gathers the changes of a transaction; each store writes them in `flush`."""

    def __init__(self) -> None:
        self._executions: _Counts = _no_counts()
        self._nodes: defaultdict[Place, _Counts] = defaultdict(_no_counts)

    def begin(self) -> None:
        """Discard gathered changes; call this at the start of a transaction."""
        self._executions.clear()
        self._nodes.clear()

    def count_execution(
        self, where: Place, status: str, duration_ms: float | None, times: int = 1
    ) -> None:
        """
        Count an execution.

        Args:
            where: The execution's place.
            status: The execution's status.
            duration_ms: The execution's duration in milliseconds; None when there is no duration.
            times: The number to add; -1 removes the execution from the counts.
        """
        number, duration_us = measure_duration(duration_ms)
        sums = self._executions[(*where, status, number)]
        sums[0] += times
        sums[1] += times * duration_us

    def count_nodes(self, where: Place, nodes: Iterable[Counted], times: int = 1) -> None:
        """
        Count node executions.

        Args:
            where: The place of their execution.
            nodes: The node id, status and duration in milliseconds of each node execution.
            times: The number to add for each; -1 removes the node executions from the counts.
        """
        counts = self._nodes[where]
        for node_id, status, duration_ms in nodes:
            number, duration_us = measure_duration(duration_ms)
            sums = counts[node_id, status, number]
            sums[0] += times
            sums[1] += times * duration_us

    @abstractmethod
    def flush(self) -> None:
        """Write the gathered changes; call this before the transaction's commit."""

    def take(self) -> tuple[list[Row], list[Row]]:
        """
        Take the gathered changes.

        A sum of durations is limited to 64 bits. Beyond this limit, only the mean is too small.

        Returns:
            The changes of the counts of executions, and those of node executions: the columns of
            the keys, the count and the duration in microseconds.
        """
        executions = [
            (*key, *_in_64_bits(sums)) for key, sums in self._executions.items() if any(sums)
        ]
        nodes = [
            (*where, *key, *_in_64_bits(sums))
            for where, counts in self._nodes.items()
            for key, sums in counts.items()
            if any(sums)
        ]
        self.begin()
        return executions, nodes


def _in_64_bits(sums: list[int]) -> tuple[int, int]:
    return sums[0], max(-MAX_COUNT, min(sums[1], MAX_COUNT))


def _no_counts() -> _Counts:
    return defaultdict(_zeros)


def _zeros() -> list[int]:
    return [0, 0]
