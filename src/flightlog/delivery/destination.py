"""The protocol of a destination; `http` implements it for receivers, `connect` chooses one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

from msgspec import Struct


class DeliveryResult(Struct, frozen=True, kw_only=True):
    """The result of sending records."""

    outcome: Literal["delivered", "later", "too_large", "rejected"]
    """
    `delivered`: the records are confirmed. `later`: nothing is confirmed, try again. `too_large`:
    send fewer records at once. `rejected`: the destination refuses at least one record permanently.
    """
    reason: str = ""
    """Why the records were not delivered, for people."""
    retry_after_s: float | None = None
    """How long to wait at least, in seconds, where the destination demands a pause."""


class Destination(Protocol):
    """Receives records; used by one thread at a time. No method raises on a network fault."""

    def send(self, lines: Sequence[bytes]) -> DeliveryResult:
        """
        Deliver records, all of them or none.

        Args:
            lines: Each record's JSON.

        Returns:
            The result.
        """
        ...

    def report_process(self, process_id: str, *, last_number: int, ended: bool) -> bool:
        """
        Report a process's state: renew its lease, or report its end.

        Args:
            process_id: The process's id.
            last_number: The number of the process's newest message.
            ended: Whether the process sends no more messages; its running executions are then shown
                as crashed.

        Returns:
            Whether the destination confirmed the report.
        """
        ...

    def close(self) -> None:
        """Release connections; a later call opens them again."""
        ...
