"""
Stores records in files until they are delivered, so that they survive the death of the process.

`flightlog.capture` writes the messages, and `flightlog.delivery` reads and confirms them. The spool
depends on neither.
"""

from flightlog.spool.directory import (
    Owner,
    SpoolStatus,
    expand_path,
    find_default_spool_dir,
    has_ended_here,
    list_fallback_spool_dirs,
    list_spools,
    name_fallback_spool_dir,
)
from flightlog.spool.files import SpoolLimits
from flightlog.spool.frames import Batch
from flightlog.spool.recovery import OrphanedSpool, claim_orphan
from flightlog.spool.writer import SpoolWriter, Wakeup

__all__ = [
    "Batch",
    "OrphanedSpool",
    "Owner",
    "SpoolLimits",
    "SpoolStatus",
    "SpoolWriter",
    "Wakeup",
    "claim_orphan",
    "expand_path",
    "find_default_spool_dir",
    "has_ended_here",
    "list_fallback_spool_dirs",
    "list_spools",
    "name_fallback_spool_dir",
]
