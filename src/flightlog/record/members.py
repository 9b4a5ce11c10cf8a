"""
The members of a record or of a node execution, not decoded yet.

Only known names are kept. A dict of all names would let a client choose how much memory it takes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, TypeAlias

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType
from msgspec.structs import fields

from flightlog.errors import BodyTooLargeError
from flightlog.record.model import NodeExecution, WorkflowExecution

Members: TypeAlias = Any
"""The JSON of each member, `UNSET` where it is absent; the attributes have the names of JSON."""

MAX_NODES: Final = 200_000
"""The largest number of node executions in a large record."""

_OF_HEARTBEATS: Final = ("lastNumber", "ended")


def _make_struct(name: str, names: Iterable[str]) -> type[Struct]:
    return msgspec.defstruct(name, [(each, Raw | UnsetType, UNSET) for each in names], gc=False)


def _list_names(struct: type[Struct]) -> list[str]:
    return [field.encode_name for field in fields(struct)]


_Record: Any = _make_struct("Record", [*_list_names(WorkflowExecution), *_OF_HEARTBEATS])
_Node: Any = _make_struct("Node", _list_names(NodeExecution))

decode_members: Final[Callable[[bytes | bytearray | memoryview], Members]] = msgspec.json.Decoder(
    _Record
).decode
"""Finds the members of a record or a heartbeat."""
decode_nodes_members: Final[Callable[[bytes | bytearray | memoryview | Raw], list[Members]]] = (
    msgspec.json.Decoder(list[_Node]).decode
)
"""Finds the members of each node execution of a list."""
encode_members: Final[Callable[[Members], bytes]] = msgspec.json.Encoder().encode
"""Writes members as JSON again."""


def check_number(nodes: Raw) -> None:
    """
    Check the number of node executions before each takes memory.

    Args:
        nodes: A list of objects, as JSON.

    Raises:
        BodyTooLargeError: There are more than `MAX_NODES`.
        msgspec.MsgspecError: It is no list of objects.
    """
    # A set has equal elements once.
    count = 0

    def note(_: Any) -> None:
        nonlocal count
        count += 1
        if count > MAX_NODES:
            raise BodyTooLargeError(MAX_NODES, "node executions in one record")

    namespace = {"__post_init__": note}
    element: Any = msgspec.defstruct("Element", [], namespace=namespace, frozen=True)
    msgspec.json.Decoder(set[element]).decode(nodes)
