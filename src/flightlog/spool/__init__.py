"""
The spool: files in which records wait, safe from the death of the process that wrote them.

Who writes is `capture`, who empties is `delivery`; the spool knows neither.
"""

from flightlog.spool.directory import (
    Owner,
    SpoolStatus,
    default_spool_dir,
    expanded,
    fallback_spool_dir,
    fallback_spool_dirs,
    has_ended_here,
    list_spools,
)
from flightlog.spool.reader import Batch
from flightlog.spool.recovery import OrphanedSpool, claim_orphan
from flightlog.spool.wakeup import Wakeup
from flightlog.spool.writer import SpoolWriter

__all__ = [
    "Batch",
    "OrphanedSpool",
    "Owner",
    "SpoolStatus",
    "SpoolWriter",
    "Wakeup",
    "claim_orphan",
    "default_spool_dir",
    "expanded",
    "fallback_spool_dir",
    "fallback_spool_dirs",
    "has_ended_here",
    "list_spools",
]
