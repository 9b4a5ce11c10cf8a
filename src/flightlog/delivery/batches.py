"""Sending one batch, whatever its size and whatever in it is refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from flightlog.delivery.destination import Answer, Destination
from flightlog.errors import InvalidRecordError
from flightlog.marks import mark
from flightlog.model import NodeExecution, WorkflowExecution, decode_execution, encode_execution

_DELIVERED: Final = Answer(outcome="delivered")


def deliver(
    destination: Destination, lines: Sequence[bytes], set_aside: Callable[[bytes], object]
) -> Answer:
    """
    Send records; halves of them where all at once are too many, or one of them is refused.

    Args:
        destination: Where to.
        lines: Each record's JSON.
        set_aside: Keeps a record that will never be taken.

    Returns:
        `delivered`, or `later`: then some may have been delivered, and sending all again does no
        harm.
    """
    answer = destination.send(lines)
    if answer.outcome in {"delivered", "later"}:
        return answer
    if len(lines) > 1:
        middle = len(lines) // 2
        answer = deliver(destination, lines[:middle], set_aside)
        if answer.outcome == "delivered":
            answer = deliver(destination, lines[middle:], set_aside)
        return answer
    if answer.outcome == "too_large" and (bare := without_payloads(lines[0])) != lines[0]:
        return deliver(destination, [bare], set_aside)
    set_aside(lines[0])
    return _DELIVERED


def without_payloads(line: bytes) -> bytes:
    """Write a record with a mark in the place of each payload; as it is, if it is no record."""
    try:
        record = decode_execution(line)
    except InvalidRecordError:
        return line
    return encode_execution(_bare(record))


def _bare(record: WorkflowExecution) -> WorkflowExecution:
    trigger = record.trigger
    if trigger is not None:
        trigger = msgspec.structs.replace(trigger, data=_dropped(trigger.data))
    nodes = tuple(map(_bare_node, record.node_executions))
    return msgspec.structs.replace(record, trigger=trigger, node_executions=nodes)


def _bare_node(node: NodeExecution) -> NodeExecution:
    return msgspec.structs.replace(node, input=_dropped(node.input), output=_dropped(node.output))


def _dropped(value: msgspec.Raw | msgspec.UnsetType) -> msgspec.Raw | msgspec.UnsetType:
    if isinstance(value, msgspec.UnsetType):
        return value
    reason = "larger than the receiver takes"
    return msgspec.Raw(mark("dropped", reason=reason, size=len(bytes(value))))
