"""
Running aggregates: how many executions and node executions there are, and how long they took.

Kept in the transaction that changes what they count, so that counts and percentiles cost no scan.
What adds is gathered in memory and written once a transaction; what is erased is taken away in SQL.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeAlias

import apsw

from flightlog.record.model import MAX_COUNT
from flightlog.store.histogram import bucket, microseconds
from flightlog.store.sqlite.queries import load_queries

_queries: Final = load_queries("aggregates.sql")


Counted: TypeAlias = tuple[str, str, float | None]
"""A node execution's node id, status, and duration in milliseconds."""
_Counts: TypeAlias = defaultdict[tuple[Any, ...], list[int]]


class Place(NamedTuple):
    """Where an execution and its node executions are counted."""

    workflow_id: str
    project_id: str
    hour: str


def place(workflow_id: str, project_id: str | None, started_at: str) -> Place:
    """The place of an execution; `started_at` is a canonical time."""
    return Place(workflow_id, project_id or "", started_at[:13])


class Aggregates:
    """
    Gathers the changes of a transaction; `flush` writes them.

    Args:
        connection: The writing connection.
    """

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        connection.create_scalar_function("duration_bucket", _bucket, 1, deterministic=True)
        connection.create_scalar_function("duration_us", _microseconds, 1, deterministic=True)
        self._executions: _Counts = _no_counts()
        self._nodes: defaultdict[Place, _Counts] = defaultdict(_no_counts)

    def begin(self) -> None:
        """Start with a transaction."""
        self._executions.clear()
        self._nodes.clear()

    def count_execution(
        self, where: Place, status: str, duration_ms: float | None, times: int = 1
    ) -> None:
        """Count an execution; `times=-1` takes it away."""
        number, duration_us = _measure(duration_ms)
        sums = self._executions[(*where, status, number)]
        sums[0] += times
        sums[1] += times * duration_us

    def count_nodes(self, where: Place, nodes: Iterable[Counted], times: int = 1) -> None:
        """
        Count node executions; `times=-1` takes them away.

        Args:
            where: Their execution's place.
            nodes: Each one's node id, status, and duration in milliseconds.
            times: How often.
        """
        counts = self._nodes[where]
        for node_id, status, duration_ms in nodes:
            number, duration_us = _measure(duration_ms)
            sums = counts[node_id, status, number]
            sums[0] += times
            sums[1] += times * duration_us

    def flush(self) -> None:
        """
        Write the changes; before the transaction's commit.

        A sum of durations beyond 64 bits stays at the largest value, here and in SQL (`CAST` of the
        REAL that an INTEGER sum becomes when it overflows): only the mean is then too small.
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
        for name, rows in (("execution", executions), ("node", nodes)):
            self._connection.executemany(_queries[f"add_{name}_aggregates"], rows)
            if any(row[-2] < 0 for row in rows):
                self._connection.execute(_queries[f"drop_empty_{name}_aggregates"])
        self.begin()

    def subtract(self, ordinals: str) -> None:
        """
        Take away executions that are about to be erased; within a transaction.

        Args:
            ordinals: Their ordinals, as a JSON list.
        """
        for name in ("execution", "node"):
            self._connection.execute(_queries[f"subtract_{name}_aggregates"], (ordinals,))
            self._connection.execute(_queries[f"drop_empty_{name}_aggregates"])


@lru_cache(maxsize=8192)
def _measure(duration_ms: float | None) -> tuple[int, int]:
    return bucket(duration_ms), microseconds(duration_ms)


def _bucket(*arguments: Any) -> int:
    return bucket(*arguments)


def _microseconds(*arguments: Any) -> int:
    return microseconds(*arguments)


def _in_64_bits(sums: list[int]) -> tuple[int, int]:
    return sums[0], max(-MAX_COUNT, min(sums[1], MAX_COUNT))


def _no_counts() -> _Counts:
    return defaultdict(_zeros)


def _zeros() -> list[int]:
    return [0, 0]
