"""
Owns the size limits of a spool.

`writer` applies the limits.
"""

from __future__ import annotations

from msgspec import Struct


class SpoolLimits(Struct, frozen=True, kw_only=True):
    """The size limits of a spool."""

    max_bytes: int = 2 * 1024**3
    """Bytes of all spools of the directory together; from nine tenths on, payloads are left out."""
    segment_bytes: int = 4 * 1024**2
    """Bytes of a file from which the next file is begun."""
    reserve_bytes: int = 1024**2
    """Preallocated bytes of the reserve, for a full disk."""
