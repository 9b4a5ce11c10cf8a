"""
The merge: records of one execution, whole or partial, become one record.

A field is a register: a value and its version. The version is the rank of the message's status and
the message's `revision`. Joining two registers keeps the register with the greater version. When
the versions are equal, the join keeps the greater content. This join is a maximum over a total
order, so the join is commutative, associative and idempotent. Messages may therefore repeat, arrive
in any order, arrive in parts, or arrive late, and the result is the same. The join works on each
field separately, so an absent field never erases a present field. `flightlog.record.registers`
holds the registers and their join; this module decides what they show.

A status outranks another status that is less final: pending, running, reported end. A crash is
always a presumption as of a revision, because a crashed process can't report its own crash. A crash
has the rank of running, so a running message with a greater revision overrules the crash, and so
does a reported end. Node executions crash with their execution: while the execution is shown as
crashed, its running node executions are shown as crashed. A node execution that another process
runs crashes only with that process.

Only records of one run are joined. When several runs share one id, the newest run is shown under
the id, and each older run under its own address (`flightlog.record.model.make_run_key`).
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from operator import attrgetter
from typing import Final

from msgspec.structs import replace

from flightlog.record.fields import EXECUTION_FIELDS, NODE_FIELDS
from flightlog.record.model import (
    ExecutionError,
    NodeExecution,
    RunKey,
    WorkflowExecution,
    make_run_key,
)
from flightlog.record.registers import (
    CRASHED,
    NODE_CRASH,
    NodeKey,
    Nodes,
    Rank,
    Registers,
    is_absent,
    join,
    join_nodes,
    make_execution_registers,
    make_node_registers,
    to_comparable,
)
from flightlog.record.times import compute_duration

_SHOWN_OTHERWISE: Final = frozenset({"error", "duration_ms"})
"""The fields that may show something else than their value."""


def is_crashed(registers: Registers) -> bool:
    """
    Determine whether the shown status is a crash that nothing has overruled.

    Args:
        registers: The registers of an execution or a node execution.

    Returns:
        Whether a crash is shown.
    """
    return registers.version.rank == Rank.RUNNING and registers.get("status") == "error"


def presume_crash(registers: Registers, node_id: str | None) -> Registers:
    """
    Make the registers of the presumption that a running execution has crashed.

    The presumption has the execution's current revision.

    Args:
        registers: The execution's registers.
        node_id: The node that was running; None when no node was running.

    Returns:
        The registers to join with the execution's.
    """
    error = ExecutionError(
        message="The process ended before the execution did.", node_id=node_id, kind=CRASHED
    )
    return _make_presumption(registers, error)


def presume_node_crash(registers: Registers) -> Registers:
    """
    Make the registers of the presumption that a running node execution has crashed.

    The presumption has the node execution's current revision.

    Args:
        registers: The node execution's registers.

    Returns:
        The registers to join with the node execution's.
    """
    return _make_presumption(registers, NODE_CRASH)


def _make_presumption(registers: Registers, error: ExecutionError) -> Registers:
    values = registers.fields.fill(status="error", error=error)
    return Registers(registers.fields, registers.version, values)


def crashes_with_execution(registers: Registers) -> bool:
    """
    Determine whether the execution's own process runs a node execution, so both crash together.

    Args:
        registers: The node execution's registers.

    Returns:
        Whether the node execution names no process of its own.
    """
    return registers.get("process_id") is None


def find_shown_error(registers: Registers) -> ExecutionError | None:
    """
    Return the error, unless it is a presumed crash that something has overruled.

    Args:
        registers: The registers of an execution or a node execution.

    Returns:
        The error; None when there is none to show.
    """
    error: ExecutionError | None = registers.get("error")
    if error is None or error.kind != CRASHED:
        return error
    stands = is_crashed(registers) and "error" not in registers.versions
    return error if stands else None


def shows_change(old: Registers | None, new: Registers) -> bool:
    """
    Determine whether joining changed a shown value, and not only versions.

    A record that was exported holds, at one revision, what came in messages of several. Joining it
    into its own history raises versions, which no reader sees.

    Args:
        old: Stored registers; None when there were none.
        new: `old`, joined with others.

    Returns:
        Whether a reader sees a difference.
    """
    if old is None:
        return True
    return (
        any(
            _differs(name, value, known)
            for name, value, known in zip(new.fields.names, new.values, old.values, strict=True)
            if name not in _SHOWN_OTHERWISE
        )
        or find_shown_error(old) != find_shown_error(new)
        or find_shown_duration(old) != find_shown_duration(new)
    )


def _differs(name: str, value: object, known: object) -> bool:
    if value is known:
        return False
    return is_absent(known) or bool(to_comparable(name, value) != to_comparable(name, known))


def find_shown_duration(registers: Registers) -> float | None:
    """
    Return the reported duration, otherwise the time between start and end.

    Args:
        registers: The registers of an execution or a node execution.

    Returns:
        Milliseconds; None when neither is known.
    """
    reported: float | None = registers.get("duration_ms")
    if reported is not None:
        return reported
    return compute_duration(registers.get("started_at"), registers.get("completed_at"))


def to_execution(
    execution_id: str, registers: Registers, nodes: tuple[NodeExecution, ...]
) -> WorkflowExecution:
    """
    Build the record that joined registers show.

    Args:
        execution_id: The execution's id.
        registers: The execution's own registers.
        nodes: The execution's node executions.

    Returns:
        The record.
    """
    shown = EXECUTION_FIELDS.make_arguments(registers.values)
    shown |= {"error": find_shown_error(registers), "duration_ms": find_shown_duration(registers)}
    return WorkflowExecution(
        id=execution_id, revision=registers.version.revision, node_executions=nodes, **shown
    )


def to_node_execution(key: NodeKey, registers: Registers, *, crashed: bool) -> NodeExecution:
    """
    Build the node execution that joined registers show.

    Args:
        key: The node execution's key.
        registers: The node execution's registers.
        crashed: Whether the execution is shown as crashed.

    Returns:
        The node execution.
    """
    shown = {
        **NODE_FIELDS.make_arguments(registers.values),
        "error": find_shown_error(registers),
        "duration_ms": find_shown_duration(registers),
    }
    if crashed and shown["status"] == "running" and crashes_with_execution(registers):
        shown |= {"status": "error", "error": choose_crash_error(registers.get("error"))}
    return NodeExecution(node_id=key.node_id, sequence=key.sequence, **shown)


def choose_crash_error(error: ExecutionError | None) -> ExecutionError:
    """
    Choose the error of a node execution that crashed with its execution.

    Args:
        error: The node execution's own error; None when there is none.

    Returns:
        The own error if it is a crash, otherwise `NODE_CRASH`.
    """
    return error if error is not None and error.kind == CRASHED else NODE_CRASH


def merge(records: Iterable[WorkflowExecution]) -> WorkflowExecution:
    """
    Join records of one run into the record that any store shows after it has stored these records.

    Args:
        records: At least one record. All have one id, or its address, and one `runId`, or none.

    Returns:
        The joined record.

    Raises:
        ValueError: There is no record, or the records belong to several executions or to several
            runs of one execution; `merge_runs` accepts such records.
    """
    registers: Registers | None = None
    nodes: Nodes = {}
    keys = set()
    starred = False
    for record in records:
        keys.add(make_run_key(record))
        starred = starred or record.starred
        registers = join(registers, make_execution_registers(record))
        nodes = join_nodes(nodes, make_node_registers(record))
    if registers is None or len(keys) != 1:
        raise ValueError(f"records of one execution have one id and one runId, not {sorted(keys)}")
    crashed = is_crashed(registers)
    shown = tuple(to_node_execution(key, nodes[key], crashed=crashed) for key in sorted(nodes))
    joined = to_execution(keys.pop().execution_id, registers, shown)
    return replace(joined, starred=True) if starred else joined


def merge_runs(records: Iterable[WorkflowExecution]) -> tuple[WorkflowExecution, ...]:
    """
    Join records of any executions and runs into the records that any store shows.

    Records of two runs are never joined. The newest run of an id is shown under the id, and an
    older run under its address. A run without `retryOf` gets the address of the run before it as
    `retryOf`.

    Args:
        records: Any number of records, in any order.

    Returns:
        Each run's record: by id, and the runs of one id from the oldest to the newest.
    """
    by_run: dict[RunKey, list[WorkflowExecution]] = {}
    for record in records:
        by_run.setdefault(make_run_key(record), []).append(record)
    shown = []
    for _, keys in groupby(sorted(by_run), key=attrgetter("execution_id")):
        runs = list(keys)
        for before, key in zip([None, *runs], runs, strict=False):
            joined = merge(by_run[key])
            if before is not None and joined.retry_of is None:
                joined = replace(joined, retry_of=before.address)
            shown.append(joined if key == runs[-1] else replace(joined, id=key.address))
    return tuple(shown)
