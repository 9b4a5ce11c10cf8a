"""Read, hash and compare the states of two stores."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from msgspec import UNSET
from msgspec.structs import replace

from flightlog.record.model import RunKey
from flightlog.record.registers import Nodes, Registers
from flightlog.record.state import ExecutionState, StateHasher, hash_state, join_states
from flightlog.store.reader import ExecutionReader
from flightlog.store.retention import is_removed_payload
from flightlog.store.states import StatePage


class Hashed(NamedTuple):
    """The hash of one whole state."""

    run: RunKey
    """The run."""
    digest: str
    """The result of `hash_state`."""
    starred: bool
    """Whether the execution is starred."""


def read_pages(
    reader: ExecutionReader, runs: Sequence[RunKey] | None = None, cursor: str | None = None
) -> Iterator[StatePage]:
    """
    Read pages of states.

    Args:
        reader: The history.
        runs: Only these runs; None reads all.
        cursor: The place of the first page; None begins.

    Yields:
        Each page.
    """
    while True:
        page = reader.read_states(runs, cursor)
        yield page
        cursor = page.next_cursor
        if cursor is None:
            return


def hash_runs(parts: Iterable[ExecutionState]) -> Iterator[Hashed]:
    """
    Hash states, also states of which the parts don't fit in memory together.

    Args:
        parts: States as the pages have them: the parts of one run follow each other.

    Yields:
        The hash of each run.
    """
    run: RunKey | None = None
    hasher: StateHasher | None = None
    starred = False
    for part in parts:
        if hasher is None or run is None or part.run != run:
            if hasher is not None and run is not None:
                yield Hashed(run, hasher.read(), starred)
            run, hasher = part.run, StateHasher(part.run, part.execution)
        hasher.add_nodes(part.nodes)
        starred = part.starred
    if hasher is not None and run is not None:
        yield Hashed(run, hasher.read(), starred)


def read_state(reader: ExecutionReader, run: RunKey) -> ExecutionState | None:
    """
    Read the whole state of a run.

    Args:
        reader: The history.
        run: The run.

    Returns:
        The state; None when the run is not stored.
    """
    parts = [part for page in read_pages(reader, [run]) for part in page.states]
    return join_states(parts) if parts else None


def contains(target: ExecutionState, source: ExecutionState) -> bool:
    """
    Compare two states of a run.

    Args:
        target: The state that may know more.
        source: The other state.

    Returns:
        Whether joining the other state would change nothing.
    """
    joined = join_states([target, source])
    return joined.starred == target.starred and hash_state(joined) == hash_state(target)


def has_removed_payload(state: ExecutionState) -> bool:
    """
    Search a state for payloads that the limits of its history have removed.

    Args:
        state: The state.

    Returns:
        Whether there is such a payload.
    """
    return any(
        is_removed_payload(value)
        for registers in (state.execution, *state.nodes.values())
        for value in _list_payloads(registers)
    )


def leave_out_removed(state: ExecutionState, target: ExecutionState) -> ExecutionState:
    """
    Leave out removed payloads that another state still has.

    A placeholder has the version of the payload that it stands for, so the merge can't prefer the
    payload.

    Args:
        state: The state.
        target: The other state of the run.

    Returns:
        The state without the placeholders of payloads that the other state has.
    """
    nodes: Nodes = {
        key: _leave_out(registers, target.nodes.get(key)) for key, registers in state.nodes.items()
    }
    return replace(state, execution=_leave_out(state.execution, target.execution), nodes=nodes)


def _leave_out(registers: Registers, target: Registers | None) -> Registers:
    if target is None:
        return registers
    values = tuple(
        UNSET if other is not UNSET and is_removed_payload(value) else value
        for value, other in zip(registers.values, target.values, strict=True)
    )
    return registers if values == registers.values else replace(registers, values=values)


def _list_payloads(registers: Registers) -> Iterator[object]:
    for field, value in zip(registers.fields.fields, registers.values, strict=True):
        if field.kind == "payload":
            yield value
