"""Emptying the spool of a dead process into a destination."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from flightlog.delivery.batches import deliver
from flightlog.delivery.destination import Destination
from flightlog.spool import OrphanedSpool

BATCH_BYTES: Final = 1024 * 1024


class Drained(Struct, frozen=True, kw_only=True):
    """What became of a dead process's spool."""

    records: int
    """Records that were delivered."""
    damaged: int
    """Places in its files that are no message, e.g. the one that death interrupted."""
    rejected: int
    """Records that the destination refuses for good; they are kept beside the spool."""
    complete: bool
    """Whether all was delivered, so that the spool is gone."""
    reason: str
    """Why not, for people; empty when it is."""


def drain(spool: OrphanedSpool, destination: Destination) -> Drained:
    """
    Deliver everything in a dead process's spool, say that the process ended, and remove the spool.

    Args:
        spool: The spool; closing it is the caller's business.
        destination: Where to.

    Returns:
        How far it came. What was not delivered stays, and so does the spool.

    Raises:
        OSError: A file of it can't be read; the spool stays.
    """
    rejected: list[bytes] = []

    def set_aside(line: bytes) -> None:
        rejected.append(line)
        spool.set_aside(line)

    records, damaged, last_number = 0, 0, 0
    reason = ""
    for batch in spool.batches(BATCH_BYTES):
        damaged += batch.damaged
        last_number = max(last_number, batch.last_number)
        if batch.lines:
            answer = deliver(destination, batch.lines, set_aside)
            if answer.outcome == "later":
                reason = answer.reason
                break
            records += len(batch.lines)
    if not reason and not destination.tell(spool.process_id, last_number=last_number, ended=True):
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
