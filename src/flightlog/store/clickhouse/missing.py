"""The operations that a history in ClickHouse lacks; each refuses and names the capability."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NoReturn

from flightlog.errors import StoreCapabilityError
from flightlog.models import Usage
from flightlog.store.query import HistoryFilter
from flightlog.store.reader import Capability
from flightlog.store.results import IndexContent
from flightlog.store.usage import UsageTotals

MISSING: Final = frozenset(
    {
        Capability.INDEX,
        Capability.USAGE,
    }
)
"""The capabilities that a history in ClickHouse lacks."""


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

    def read_usage(
        self, execution_ids: Sequence[str], limits: Sequence[int]
    ) -> dict[str, tuple[Usage, ...]]:
        """Refuse; see `MISSING`."""
        self._refuse(Capability.USAGE)

    def sum_usage(self, chosen: HistoryFilter, limits: Sequence[int]) -> UsageTotals:
        """Refuse; see `MISSING`."""
        self._refuse(Capability.USAGE)

    def rebuild_index(self, content: IndexContent) -> None:
        """Refuse; see `MISSING`."""
        self._refuse(Capability.INDEX)
