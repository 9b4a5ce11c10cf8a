"""The operations that a history in PostgreSQL lacks; each refuses and names the capability."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NoReturn

from flightlog.errors import StoreCapabilityError
from flightlog.store.capabilities import Capability
from flightlog.store.findings import FacetPage
from flightlog.store.metrics import (
    Comparison,
    ErrorGroups,
    NodeMetrics,
    OutsideCalls,
    Series,
    WorkflowMetrics,
    WorkflowPlace,
)
from flightlog.store.query import HistoryFilter
from flightlog.store.results import (
    IndexContent,
)
from flightlog.store.retention import Pruned, RetentionLimits, RetentionPolicy
from flightlog.store.space import Space
from flightlog.store.summaries import TriggerFacts

MISSING: Final = frozenset(
    {
        Capability.FACETS,
        Capability.TRIGGER_FACTS,
        Capability.SEARCHED_COUNTS,
        Capability.SERIES,
        Capability.COMPARISON,
        Capability.WORKFLOWS,
        Capability.NODES,
        Capability.ERROR_GROUPS,
        Capability.OUTSIDE_CALLS,
        Capability.PRUNING,
        Capability.SPACE,
        Capability.INDEX,
    }
)
"""The capabilities that a history in PostgreSQL lacks."""


class MissingOperations:
    """
    Refuses what this store can't do.

    Args:
        location: The address without secrets.
    """

    missing = MISSING

    def __init__(self, location: str) -> None:
        self._location = location

    def _refuse(self, capability: Capability) -> NoReturn:
        raise StoreCapabilityError(self._location, capability)

    def read_trigger_facts(self, execution_ids: Sequence[str]) -> tuple[TriggerFacts, ...]:
        """Refuse; see `MISSING`."""
        self._refuse(Capability.TRIGGER_FACTS)

    def read_series(self, chosen: HistoryFilter, points: int) -> Series:
        """Refuse; see `MISSING`."""
        self._refuse(Capability.SERIES)

    def read_facets(self, chosen: HistoryFilter) -> FacetPage:
        """Refuse; see `MISSING`."""
        self._refuse(Capability.FACETS)

    def list_workflows(
        self, chosen: HistoryFilter, limit: int | None = None, after: WorkflowPlace | None = None
    ) -> tuple[WorkflowMetrics, ...]:
        """Refuse; see `MISSING`."""
        self._refuse(Capability.WORKFLOWS)

    def list_projects(self) -> tuple[str, ...]:
        """Refuse; see `MISSING`."""
        self._refuse(Capability.WORKFLOWS)

    def list_nodes(self, chosen: HistoryFilter, limit: int) -> tuple[NodeMetrics, ...]:
        """Refuse; see `MISSING`."""
        self._refuse(Capability.NODES)

    def group_errors(self, chosen: HistoryFilter, limit: int) -> ErrorGroups:
        """Refuse; see `MISSING`."""
        self._refuse(Capability.ERROR_GROUPS)

    def compare_periods(self, chosen: HistoryFilter) -> Comparison:
        """Refuse; see `MISSING`."""
        self._refuse(Capability.COMPARISON)

    def count_outside_calls(self) -> OutsideCalls:
        """Refuse; see `MISSING`."""
        self._refuse(Capability.OUTSIDE_CALLS)

    def measure_space(self, policy: RetentionPolicy) -> Space:
        """Refuse; see `MISSING`."""
        self._refuse(Capability.SPACE)

    def prune(self, limits: RetentionLimits) -> Pruned:
        """Refuse; see `MISSING`."""
        self._refuse(Capability.PRUNING)

    def preview_prune(self, limits: RetentionLimits) -> Pruned:
        """Refuse; see `MISSING`."""
        self._refuse(Capability.PRUNING)

    def rebuild_index(self, content: IndexContent) -> None:
        """Refuse; see `MISSING`."""
        self._refuse(Capability.INDEX)
