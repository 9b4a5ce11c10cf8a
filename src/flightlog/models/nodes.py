"""Read calls of models from node executions, whose payloads are JSON."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from msgspec import UNSET

from flightlog.models.calls import ModelCall, read_call
from flightlog.record.model import NodeExecution

MAX_BYTES: Final = 1 << 20
"""The largest input or output that is read for a call."""

_SIGNS: Final = (b'"usage', b'"model', b'"messages"')


def read_node_call(node: NodeExecution) -> ModelCall | None:
    """
    Read the call of a model in a node execution.

    Args:
        node: The node execution with its payloads.

    Returns:
        The call; None if the payloads are not those of a call.
    """
    asked, answered = (
        None if payload is UNSET else bytes(payload) for payload in (node.input, node.output)
    )
    if not any(sign in data for data in (asked, answered) if data for sign in _SIGNS):
        return None
    return read_encoded_call(asked, answered)


def read_encoded_call(question: bytes | None, answer: bytes | None) -> ModelCall | None:
    """
    Read the call of a model from JSON.

    Args:
        question: The node's input; None if there is none.
        answer: The node's output; None if there is none.

    Returns:
        The call; None if the payloads are not those of a call, or too large.
    """
    return read_call(_decode(question), _decode(answer))


def _decode(data: bytes | None) -> Any:
    if data is None or len(data) > MAX_BYTES:
        return None
    try:
        return msgspec.json.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
