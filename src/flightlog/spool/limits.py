"""How much a spool may take."""

from __future__ import annotations

from msgspec import Struct


class SpoolLimits(Struct, frozen=True, kw_only=True):
    """How much a spool may take."""

    max_bytes: int = 2 * 1024**3
    """All spools of the directory together; from nine tenths of it on, payloads are left out."""
    segment_bytes: int = 4 * 1024**2
    """When a new file is begun."""
    reserve_bytes: int = 1024**2
    """Room taken in advance, for when the disk is full."""
