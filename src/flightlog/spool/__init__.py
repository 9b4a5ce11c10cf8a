"""
Stores records in files until they are delivered, so that they survive the death of the process.

`flightlog.capture` writes the messages, and `flightlog.delivery` reads and confirms them. The spool
depends on neither.
"""

from flightlog.spool.directory import (
    Owner,
    SpoolStatus,
    default_spool_dir,
    expand_path,
    fallback_spool_dir,
    fallback_spool_dirs,
    has_ended_here,
    list_spools,
)
from flightlog.spool.files import SpoolLimits
from flightlog.spool.frames import Batch
from flightlog.spool.recovery import OrphanedSpool, claim_orphan
from flightlog.spool.wakeup import Wakeup
from flightlog.spool.writer import SpoolWriter

__all__ = [
    "Batch",
    "OrphanedSpool",
    "Owner",
    "SpoolLimits",
    "SpoolStatus",
    "SpoolWriter",
    "Wakeup",
    "claim_orphan",
    "default_spool_dir",
    "expand_path",
    "fallback_spool_dir",
    "fallback_spool_dirs",
    "has_ended_here",
    "list_spools",
]
