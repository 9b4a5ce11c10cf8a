"""
The protocol of a destination, and how a batch of any size is sent to one.

`http` implements the protocol for receivers, and `connect` chooses a destination.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Literal, Protocol

import msgspec
from msgspec import Struct

from flightlog.fork_lock import fork_lock
from flightlog.record.model import NodeExecution
from flightlog.record.placeholders import write_placeholder


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


SMALL_BYTES: Final = 64 * 1024
"""
A record of this size or more that is too large for the destination is sent without its payloads.
"""

_DELIVERED: Final = DeliveryResult(outcome="delivered")


def deliver(
    destination: Destination, lines: Sequence[bytes], keep_rejected: Callable[[bytes], object]
) -> DeliveryResult:
    """
    Send records, and send halves of them where the destination refuses the whole.

    Args:
        destination: The destination.
        lines: Each record's JSON.
        keep_rejected: Keeps a record that the destination refuses permanently.

    Returns:
        `delivered`, or `later`. With `later`, some records may have been delivered, and sending all
        of them again is harmless.
    """
    result = destination.send(lines)
    if result.outcome in {"delivered", "later"}:
        return result
    if len(lines) > 1:
        middle = len(lines) // 2
        result = deliver(destination, lines[:middle], keep_rejected)
        if result.outcome == "delivered":
            result = deliver(destination, lines[middle:], keep_rejected)
        return result
    # Every receiver takes a small record, so a refusal of its size may be temporary.
    if result.outcome == "too_large" and len(lines[0]) > SMALL_BYTES:
        result = destination.send([drop_payloads(lines[0])])
    if result.outcome == "rejected":
        keep_rejected(lines[0])
        return _DELIVERED
    if result.outcome == "too_large":
        return DeliveryResult(outcome="later", reason=result.reason)
    return result


def drop_payloads(line: bytes) -> bytes:
    """
    Write a record with a placeholder in the place of each payload.

    Args:
        line: The record's JSON.

    Returns:
        The JSON without payloads.
    """
    # Import the decoder here, because few processes send a record that is too large.
    with fork_lock:
        from flightlog.record.decoding import (  # noqa: PLC0415 - see above
            decode_execution,
            encode_execution,
        )

    record = decode_execution(line)
    trigger = record.trigger
    if trigger is not None:
        trigger = msgspec.structs.replace(trigger, data=_replace_payload(trigger.data))
    nodes = tuple(map(_strip_node, record.node_executions))
    return encode_execution(msgspec.structs.replace(record, trigger=trigger, node_executions=nodes))


def _strip_node(node: NodeExecution) -> NodeExecution:
    return msgspec.structs.replace(
        node,
        input=_replace_payload(node.input),
        output=_replace_payload(node.output),
        logs=_replace_payload(node.logs),
    )


def _replace_payload(value: msgspec.Raw | msgspec.UnsetType) -> msgspec.Raw | msgspec.UnsetType:
    if isinstance(value, msgspec.UnsetType):
        return value
    reason = "larger than the receiver takes"
    return msgspec.Raw(write_placeholder("dropped", reason=reason, size=len(bytes(value))))
