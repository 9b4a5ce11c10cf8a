"""
Records as Python's `json.dumps` prints them, which is not always JSON.

It owns the mending: `NaN` and `Infinity`, which JSON doesn't know, and halves of surrogate pairs,
which UTF-8 can't hold. What strict decoding takes is left to `flightlog.model` untouched.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from typing import Final

from msgspec import UNSET, Raw
from msgspec.structs import replace

from flightlog.errors import InvalidRecordError
from flightlog.model import (
    NodeExecution,
    Payload,
    WorkflowExecution,
    decode_execution,
    encode_execution,
)

_STRING: Final = rb'"(?:[^"\\]++|\\.)*+"'
_STRING_OR_NAN: Final = re.compile(_STRING + rb"|-?Infinity|NaN", re.DOTALL)
_STRING_OR_BRACKET: Final = re.compile(_STRING + rb"|[\[\]{}]", re.DOTALL)
_ESCAPE: Final = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|\\u(?P<half>[dD][89a-fA-F][0-9a-fA-F]{2})"
    rb"|\\.",
    re.DOTALL,
)


def decode_printed(body: bytes) -> WorkflowExecution:
    """
    Read one record that `json.dumps` may have printed.

    `NaN`, `Infinity` and `-Infinity` become the texts `"NaN"`, `"Infinity"` and `"-Infinity"`. Half
    a surrogate pair stays the escape it was inside payloads and becomes U+FFFD elsewhere. All else,
    long integers and the spelling of numbers too, comes out as it went in.

    Args:
        body: UTF-8 text of one object.

    Raises:
        InvalidRecordError: Even so it is no record.
    """
    try:
        return decode_execution(body)
    except InvalidRecordError:
        mended = quote_not_numbers(body)
        stand_in = b"half-" + secrets.token_hex(8).encode() + b"-"
        whole = _ESCAPE.sub(_halves_to(stand_in), mended)
        if whole == body:
            raise
    record = decode_execution(whole)
    return record if whole == mended else _with_halves(record, stand_in)


def quote_not_numbers(body: bytes) -> bytes:
    """Turn `NaN`, `Infinity` and `-Infinity` outside of strings into strings."""
    return _STRING_OR_NAN.sub(
        lambda found: found[0] if found[0].startswith(b'"') else b'"%s"' % found[0], body
    )


def end_of_object(text: bytes, start: int, limit: int) -> int | None:
    """
    Find where a JSON object ends, whatever its strings contain.

    Args:
        text: Text that holds the object among other things.
        start: Where the object's brace is.
        limit: Don't look further than here.

    Returns:
        The place after its last brace; None when it doesn't end before `limit`.
    """
    depth = 0
    for found in _STRING_OR_BRACKET.finditer(text, start, limit):
        if found[0] in b"{[":
            depth += 1
        elif found[0] in b"}]":
            depth -= 1
            if depth == 0:
                return found.end()
    return None


def _halves_to(stand_in: bytes) -> Callable[[re.Match[bytes]], bytes]:
    return lambda found: found[0] if found["half"] is None else stand_in + found["half"]


def _with_halves(record: WorkflowExecution, stand_in: bytes) -> WorkflowExecution:
    pattern = re.compile(re.escape(stand_in) + rb"([0-9a-fA-F]{4})")

    def restored(value: Payload) -> Payload:
        return value if value is UNSET else Raw(pattern.sub(rb"\\u\1", bytes(value)))

    def restored_node(bare: NodeExecution, node: NodeExecution) -> NodeExecution:
        return replace(bare, input=restored(node.input), output=restored(node.output))

    bare = decode_execution(
        pattern.sub(
            "\N{REPLACEMENT CHARACTER}".encode(), encode_execution(_without_payloads(record))
        )
    )
    return replace(
        bare,
        trigger=(
            None
            if bare.trigger is None or record.trigger is None
            else replace(bare.trigger, data=restored(record.trigger.data))
        ),
        node_executions=tuple(map(restored_node, bare.node_executions, record.node_executions)),
    )


def _without_payloads(record: WorkflowExecution) -> WorkflowExecution:
    return replace(
        record,
        trigger=None if record.trigger is None else replace(record.trigger, data=UNSET),
        node_executions=tuple(
            replace(node, input=UNSET, output=UNSET) for node in record.node_executions
        ),
    )
