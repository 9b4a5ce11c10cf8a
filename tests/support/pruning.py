"""Removal by limits until its end, and the ids of the executions that are left."""

from __future__ import annotations

from flightlog.store.query import ExecutionQuery
from flightlog.store.retention import Pruned, RetentionLimits
from flightlog.store.writer import ExecutionStore


def prune_all(store: ExecutionStore, limits: RetentionLimits) -> Pruned:
    """Remove what exceeds the limits, until nothing is left to remove."""
    total = Pruned(more=True)
    while total.more:
        total += store.prune(limits)
    return total


def list_ids(store: ExecutionStore) -> set[str]:
    """List the ids of all executions."""
    return {each.id for each in store.list_summaries(ExecutionQuery(limit=500)).summaries}
