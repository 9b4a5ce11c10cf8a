"""
Delivers the spool of a dead process to a destination.

`flightlog.spool.recovery` claims and reads the spool.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from flightlog.delivery.destination import Destination, deliver
from flightlog.spool import OrphanedSpool

BATCH_BYTES: Final = 1024 * 1024


class Drained(Struct, frozen=True, kw_only=True):
    """The result of draining a dead process's spool."""

    records: int
    """The number of records that were delivered."""
    damaged: int
    """
    The number of places in the files that are no message, e.g. a message that death interrupted.
    """
    rejected: int
    """
    The number of records that the destination refuses permanently; they are kept beside the spool.
    """
    complete: bool
    """Whether everything was delivered and the spool was removed."""
    reason: str
    """Why not everything was delivered, for people; empty where everything was."""


def drain(spool: OrphanedSpool, destination: Destination) -> Drained:
    """
    Deliver everything in a dead process's spool, report the process's end, and remove the spool.

    Args:
        spool: The spool; the caller closes it.
        destination: The destination.

    Returns:
        The progress. Undelivered messages stay, and so does the spool.

    Raises:
        OSError: A file of the spool can't be read; the spool stays.
    """
    rejected: list[bytes] = []

    def keep_rejected(line: bytes) -> None:
        rejected.append(line)
        spool.keep_rejected(line)

    records, damaged, last_number = 0, 0, 0
    reason = ""
    for batch in spool.batches(BATCH_BYTES):
        damaged += batch.damaged
        last_number = max(last_number, batch.last_number)
        if batch.lines:
            result = deliver(destination, batch.lines, keep_rejected)
            if result.outcome == "later":
                reason = result.reason
                break
            records += len(batch.lines)
    if not reason and not destination.report_process(
        spool.process_id, last_number=last_number, ended=True
    ):
        reason = "the end of its process was not confirmed"
    if not reason:
        spool.remove()
    return Drained(
        records=records - len(rejected),
        damaged=damaged,
        rejected=len(rejected),
        complete=not reason,
        reason=reason,
    )
