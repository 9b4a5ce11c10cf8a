"""The operations that a history in PostgreSQL lacks; each refuses and names the capability."""

from __future__ import annotations

from typing import Final, NoReturn

from flightlog.errors import StoreCapabilityError
from flightlog.store.capabilities import Capability
from flightlog.store.results import (
    IndexContent,
)

MISSING: Final = frozenset(
    {
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

    def rebuild_index(self, content: IndexContent) -> None:
        """Refuse; see `MISSING`."""
        self._refuse(Capability.INDEX)
