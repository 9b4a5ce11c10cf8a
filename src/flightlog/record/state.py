"""
`ExecutionState`: everything that a store knows of one run, and the hash of it.

A state consists of registers (`flightlog.record.registers`), not of the record that readers see. So
two stores with equal hashes give the same record now, and also after the same further messages. The
hash depends neither on the store nor on the order, the repetition or the grouping of messages.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from flightlog.record.fields import Field
from flightlog.record.model import RunKey
from flightlog.record.registers import NodeKey, Nodes, Registers, is_absent, join, join_nodes

_encode: Final = msgspec.json.Encoder(order="sorted").encode


class ExecutionState(Struct, frozen=True, kw_only=True):
    """
    The state of one run, or a part of it with some of the node executions.

    Each part of a run has the registers of the execution. Parts are joined like messages, in any
    order.
    """

    run: RunKey
    """The run."""
    execution: Registers
    """The registers of the execution itself."""
    nodes: Nodes
    """The registers of the node executions."""
    starred: bool = False
    """Whether people have starred the execution. The star is no register and not in the hash."""


def join_states(parts: Sequence[ExecutionState]) -> ExecutionState:
    """
    Join states of one run.

    Args:
        parts: At least one state, whole or partial, in any order.

    Returns:
        The state with everything that the parts know.
    """
    first, *others = parts
    execution, nodes = first.execution, dict(first.nodes)
    for part in others:
        execution = join(execution, part.execution)
        join_nodes(nodes, part.nodes)
    starred = any(part.starred for part in parts)
    return ExecutionState(run=first.run, execution=execution, nodes=nodes, starred=starred)


def hash_state(state: ExecutionState) -> str:
    """
    Compute the hash of a state.

    The hash covers the run, and for each present value its field, rank, revision and content;
    payloads count by their bytes.

    Args:
        state: The whole state of a run.

    Returns:
        The SHA-256 in hexadecimal digits.
    """
    hasher = StateHasher(state.run, state.execution)
    hasher.add_nodes(state.nodes)
    return hasher.read()


class StateHasher:
    """
    Computes the hash of a state whose node executions come in portions; see `hash_state`.

    Args:
        run: The run.
        execution: The registers of the execution itself.
    """

    def __init__(self, run: RunKey, execution: Registers) -> None:
        self._hash = hashlib.sha256()
        self._add(_encode([run.execution_id, run.run_id]))
        self._add_registers(execution)
        self._last: NodeKey | None = None

    def add_nodes(self, nodes: Nodes) -> None:
        """
        Add node executions.

        Args:
            nodes: The next node executions; their keys are greater than all keys added before.

        Raises:
            ValueError: A key is not greater.
        """
        for key in sorted(nodes):
            if self._last is not None and key <= self._last:
                raise ValueError(f"the node execution {key} comes after {self._last}")
            self._last = key
            self._add(_encode([key.sequence, key.node_id]))
            self._add_registers(nodes[key])

    def read(self) -> str:
        """
        Read the hash of what was added so far.

        Returns:
            The SHA-256 in hexadecimal digits.
        """
        return self._hash.hexdigest()

    def _add_registers(self, registers: Registers) -> None:
        pairs = zip(registers.fields.fields, registers.values, strict=True)
        present = sorted((pair for pair in pairs if not is_absent(pair[1])), key=_get_name)
        self._add(b"%d" % len(present))
        for field, value in present:
            version = registers.get_version(field.name)
            self._add(_encode([field.name, version.rank, version.revision]))
            self._add(_write_content(field, value))

    def _add(self, part: bytes) -> None:
        # The length keeps neighbouring parts apart.
        self._hash.update(b"%d:" % len(part))
        self._hash.update(part)


def _get_name(pair: tuple[Field, Any]) -> str:
    return pair[0].name


def _write_content(field: Field, value: Any) -> bytes:
    if field.kind == "payload":
        return bytes(value)
    if field.type is float:
        # Zero has two signs, which compare as equal, and stores may return whole numbers as `int`.
        return _encode(float(value) + 0.0)
    return _encode(bool(value) if field.kind == "flag" else value)
