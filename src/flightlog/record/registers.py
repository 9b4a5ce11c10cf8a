"""
Registers: a record's values with the versions of the messages that brought them, and their join.

`flightlog.record.merge` describes the rules. Nearly all values of a record have one version, so
`Registers` names that version once, and the others one by one. A store keeps its rows in the same
form.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from enum import IntEnum
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeAlias

import msgspec
from msgspec import UNSET, Raw, Struct
from msgspec.structs import replace

from flightlog.record.fields import EXECUTION_FIELDS, NODE_FIELDS, MergedFields
from flightlog.record.model import ExecutionError, NodeExecution, WorkflowExecution


class Rank(IntEnum):
    """How final a status is."""

    PENDING = 0
    RUNNING = 1
    ENDED = 3
    """Stored databases hold these numbers."""


class Version(NamedTuple):
    """The origin of a field's value. Versions compare by rank, then by revision."""

    rank: int
    """
    The `Rank` of the message's status; for a node's field, of the node execution's own status.
    """
    revision: int
    """The message's `revision`."""


class NodeKey(NamedTuple):
    """Identifies one node execution within an execution."""

    sequence: int
    """
    The place in the run.

    A client without `sequence` can send two nodes with the same place in two messages; the node ids
    keep the two node executions apart.
    """
    node_id: str


_NO_VERSIONS: Final[Mapping[str, Version]] = MappingProxyType({})


class Registers(Struct, frozen=True, gc=False):
    """The values of an execution or of a node execution, and the versions of the values."""

    fields: MergedFields
    """The names of the values."""
    version: Version
    """The version of the status, which most values share."""
    values: tuple[Any, ...]
    """The values as `MergedFields.read` gives them; the status is present."""
    versions: Mapping[str, Version] = _NO_VERSIONS
    """The versions of the values that have another version, by the names of the values."""

    def get(self, name: str) -> Any:
        """
        Look up a value.

        Args:
            name: The value's name.

        Returns:
            The value; None when it is absent, `UNSET` when a payload is absent.
        """
        return self.values[self.fields.index[name]]

    def get_version(self, name: str) -> Version:
        """
        Look up the version of a value.

        Args:
            name: The value's name.

        Returns:
            The version.
        """
        return self.versions.get(name, self.version)


Nodes: TypeAlias = dict[NodeKey, Registers]

CRASHED: Final = "crashed"
"""The `kind` of an error that is a presumed crash."""
NODE_CRASH: Final = ExecutionError(message="The process ended while this node ran.", kind=CRASHED)
"""The error of a node execution that was running when its execution crashed."""

_RANKS: Final = {"pending": Rank.PENDING, "running": Rank.RUNNING}
_SEVERITY: Final = {"pending": 0, "running": 1, "skipped": 2, "success": 3, "error": 4}
_sorted_encoder: Final = msgspec.json.Encoder(order="sorted")


def is_crash(status: str, error: ExecutionError | None) -> bool:
    """
    Determine whether a status with its error is the presumption that the process died.

    Args:
        status: The status of an execution or a node execution.
        error: The error beside the status.

    Returns:
        Whether the two state a presumed crash.
    """
    return status == "error" and error is not None and error.kind == CRASHED


def compute_rank(status: str, error: ExecutionError | None) -> Rank:
    """
    Compute how final a message is.

    Args:
        status: The status in the message.
        error: The error in the message.

    Returns:
        The rank; a presumed crash has the rank of running.
    """
    return Rank.RUNNING if is_crash(status, error) else _RANKS.get(status, Rank.ENDED)


def comes_from_worker(record: WorkflowExecution) -> bool:
    """
    Determine whether a running record is only about node executions of other processes.

    A forked worker sends such a record, so the record does not show that the execution's own
    process is alive.

    Args:
        record: The record.

    Returns:
        Whether each of its node executions runs in a process other than the execution's.
    """
    nodes = record.node_executions
    return (
        record.status == "running"
        and bool(nodes)
        and all(node.process_id is not None for node in nodes)
    )


def make_execution_registers(record: WorkflowExecution) -> Registers:
    """
    Make the registers of a record's own fields, without its node executions.

    Args:
        record: The record.

    Returns:
        The registers.
    """
    revision = 0 if comes_from_worker(record) else record.revision
    version = Version(compute_rank(record.status, record.error), revision)
    return make_registers(EXECUTION_FIELDS, version, EXECUTION_FIELDS.read(record))


def make_node_registers(
    record: WorkflowExecution, selected: Iterable[NodeExecution] | None = None
) -> Nodes:
    """
    Make the registers of a record's node executions; node executions with one key are joined.

    Args:
        record: The record.
        selected: Some of the record's node executions; None selects all.

    Returns:
        The registers of each node execution by its key.
    """
    nodes: Nodes = {}
    presumed = is_crash(record.status, record.error)
    by_status: dict[str, Version] = {}
    for node in record.node_executions if selected is None else selected:
        assert node.sequence is not None, "a decoded record's node executions are numbered"
        if node.error is None:
            # Most nodes have no error, and few different statuses.
            version = by_status.get(node.status)
            if version is None:
                version = Version(compute_rank(node.status, None), record.revision)
                by_status[node.status] = version
            registers = Registers(NODE_FIELDS, version, NODE_FIELDS.read(node))
        else:
            registers = _make_failed_node(record, node, presumed=presumed)
        key = NodeKey(node.sequence, node.node_id)
        known = nodes.setdefault(key, registers)
        if known is not registers:
            nodes[key] = join(known, registers)
    return nodes


def _make_failed_node(
    record: WorkflowExecution, node: NodeExecution, *, presumed: bool
) -> Registers:
    version = Version(compute_rank(node.status, node.error), record.revision)
    if presumed and node.process_id is None and is_crash(node.status, node.error):
        # The node was running. Its crash follows from the crash of its execution, and ends when the
        # crash of its execution is overruled. An error that only states this is not the node's own.
        error = None if node.error == NODE_CRASH else node.error
        node = replace(node, status="running", error=error)
    return make_registers(NODE_FIELDS, version, NODE_FIELDS.read(node))


def make_registers(
    fields: MergedFields,
    version: Version,
    values: tuple[Any, ...],
    versions: Mapping[str, Version] = _NO_VERSIONS,
) -> Registers:
    """
    Make registers from values and their versions.

    A crash is only a presumption. A crash therefore gets at most the rank of running, even when its
    message reports an end, so that a reported end overrules it.

    Args:
        fields: The names of the values.
        version: The version of the status.
        values: The values as `fields.read` gives them.
        versions: The versions of the values that have another version.

    Returns:
        The registers.
    """
    error = values[-1]
    if error is not None and error.kind == CRASHED:
        own = versions.get("error", version)
        if own.rank > Rank.RUNNING:
            lowered = own._replace(rank=Rank.RUNNING)
            others = {name: known for name, known in versions.items() if name != "error"}
            versions = others if lowered == version else {**others, "error": lowered}
    return Registers(fields, version, values, versions)


def join(left: Registers | None, right: Registers) -> Registers:
    """
    Join the registers of two messages, or of stored registers and a message.

    Args:
        left: The registers of one side; None when there are none.
        right: The registers of the other side.

    Returns:
        For each field the value with the greater version; `left` itself if it has all of them.
    """
    if left is None:
        return right
    fields = left.fields
    values = list(left.values)
    taken = [
        (place, name)
        for place, name in enumerate(fields.names)
        if _wins(name, values[place], left, right.values[place], right)
    ]
    if not taken:
        return left
    versions = {
        name: left.get_version(name)
        for name, value in zip(fields.names, values, strict=True)
        if not is_absent(value)
    }
    for place, name in taken:
        values[place] = right.values[place]
        versions[name] = right.get_version(name)
    version = versions.pop("status")
    others = {name: known for name, known in versions.items() if known != version}
    return Registers(fields, version, tuple(values), others)


def is_absent(value: object) -> bool:
    """
    Determine whether a value of registers is absent.

    Args:
        value: The value.

    Returns:
        Whether it is None, or `UNSET` as an absent payload is.
    """
    return value is None or value is UNSET


def join_nodes(left: Nodes, right: Nodes) -> Nodes:
    """
    Join the node executions of two messages, key by key.

    Args:
        left: The node executions of one side; they are changed.
        right: The node executions of the other side.

    Returns:
        `left` with the joined registers of each node execution.
    """
    for key, registers in right.items():
        left[key] = join(left.get(key), registers)
    return left


def _wins(name: str, known: Any, left: Registers, value: Any, right: Registers) -> bool:
    if is_absent(value):
        return False
    if is_absent(known):
        return True
    version, known_version = right.get_version(name), left.get_version(name)
    if version != known_version:
        return version > known_version
    if isinstance(known, LazyPayload) and isinstance(value, Raw):
        return known.is_below(value)
    return bool(to_comparable(name, value) > to_comparable(name, known))


class LazyPayload(ABC):
    """A payload that its store reads when it is needed."""

    @abstractmethod
    def __bytes__(self) -> bytes: ...

    @abstractmethod
    def equals(self, value: Raw) -> bool:
        """
        Check whether the payload is this one, without reading all of it.

        Args:
            value: Another payload.

        Returns:
            Whether both have the same bytes.
        """

    @abstractmethod
    def read_parts(self) -> Iterator[bytes]:
        """Yield the payload's bytes in parts."""

    def is_below(self, value: Raw) -> bool:
        """
        Compare the payload with another one; a copy of neither is in memory.

        Args:
            value: The other payload.

        Returns:
            Whether the other one has the greater bytes.
        """
        if self.equals(value):
            return False
        view, place = memoryview(value), 0
        for part in self.read_parts():
            other = bytes(view[place : place + len(part)])
            if part != other:
                return part < other
            place += len(part)
        return place < len(view)


def to_comparable(name: str, value: Any) -> Any:
    """
    Convert a value to a form that orders and identifies its content.

    Args:
        name: The name of the field.
        value: The value.

    Returns:
        A value that compares with those of other values of the same field.
    """
    if name == "status":
        return _SEVERITY[value]
    if isinstance(value, str | int | float):
        return value
    if isinstance(value, ExecutionError):
        return value.kind == CRASHED, _sorted_encoder.encode(value)
    if isinstance(value, Mapping | Struct | tuple | list):
        return _sorted_encoder.encode(value)
    return bytes(value)
