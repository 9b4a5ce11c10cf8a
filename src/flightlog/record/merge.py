"""
The merge: records of one execution, whole or partial, become one record.

A field is a register: a value and its version. The version is the rank of the message's status and
the message's `revision`. Joining two registers keeps the register with the greater version. When
the versions are equal, the join keeps the greater content. This join is a maximum over a total
order, so the join is commutative, associative and idempotent. Messages may therefore repeat, arrive
in any order, arrive in parts, or arrive late, and the result is the same. The join works on each
field separately, so an absent field never erases a present field.

A status outranks another status that is less final: pending, running, reported end. A crash is
always a presumption as of a revision, because a crashed process can't report its own crash. A crash
has the rank of running, so a running message with a greater revision overrules the crash, and so
does a reported end. Node executions crash with their execution: while the execution is shown as
crashed, its running node executions are shown as crashed. A node execution that another process
runs crashes only with that process.

Only records of one run are joined. When several runs share one id, the newest run is shown under
the id, and each older run under its own address (`flightlog.record.model.run_key`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import IntEnum
from itertools import groupby
from operator import attrgetter
from typing import Any, Final, NamedTuple, TypeAlias

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from flightlog.record.model import (
    ExecutionError,
    NodeExecution,
    RunKey,
    Trigger,
    WorkflowExecution,
    duration_between,
    run_key,
)


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


class Register(NamedTuple):
    """A field's value and its version."""

    version: Version
    value: Any


class NodeKey(NamedTuple):
    """Identifies one node execution within an execution."""

    sequence: int
    """
    The place in the run.

    A client without `sequence` can send two nodes with the same place in two messages; the node ids
    keep the two node executions apart.
    """
    node_id: str


Fields: TypeAlias = dict[str, Register]
"""A record's present fields by attribute name; a trigger's as `trigger_type`, `trigger_data`, …"""
Nodes: TypeAlias = dict[NodeKey, Fields]

CRASHED: Final = "crashed"
"""The `kind` of an error that is a presumed crash."""
NODE_CRASH: Final = ExecutionError(message="The process ended while this node ran.", kind=CRASHED)
"""The error of a node execution that was running when its execution crashed."""

_RANKS: Final = {"pending": Rank.PENDING, "running": Rank.RUNNING}
_SEVERITY: Final = {"pending": 0, "running": 1, "skipped": 2, "success": 3, "error": 4}
_SHOWN_OTHERWISE: Final = frozenset({"error", "duration_ms"})
"""The fields that may show something else than their register's value."""
_sorted_encoder: Final = msgspec.json.Encoder(order="sorted")

EXECUTION_FIELDS: Final = (
    "workflow_id",
    "workflow_name",
    "project_id",
    "status",
    "started_at",
    "completed_at",
    "duration_ms",
    "execution_mode",
    "error",
    "parent_execution_id",
    "retry_of",
    "tags",
    "process_id",
    "run_id",
    "parent_run_id",
)
TRIGGER_FIELDS: Final = (
    ("trigger_type", "type"),
    ("trigger_data", "data"),
    ("is_simulated", "is_simulated"),
)
NODE_FIELDS: Final = (
    "node_name",
    "node_type",
    "status",
    "attempt",
    "parent_sequence",
    "started_at",
    "completed_at",
    "duration_ms",
    "input",
    "output",
    "error",
    "process_id",
)


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


def rank(status: str, error: ExecutionError | None) -> Rank:
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


def execution_fields(record: WorkflowExecution) -> Fields:
    """
    Make the registers of a record's own fields, without its node executions.

    Args:
        record: The record.

    Returns:
        The registers by attribute name.
    """
    revision = 0 if comes_from_worker(record) else record.revision
    version = Version(rank(record.status, record.error), revision)
    fields = _present(record, EXECUTION_FIELDS, version)
    if record.trigger is not None:
        for name, attribute in TRIGGER_FIELDS:
            value = getattr(record.trigger, attribute)
            if value is not None and value is not UNSET:
                fields[name] = Register(version, value)
    return fields


def node_fields(record: WorkflowExecution, told: Iterable[NodeExecution] | None = None) -> Nodes:
    """
    Make the registers of a record's node executions; node executions with one key are joined.

    The argument `told` selects some of the record's node executions; without the argument, all
    count.

    Returns:
        The registers of each node execution by its key.
    """
    nodes: Nodes = {}
    presumed = is_crash(record.status, record.error)
    for node in record.node_executions if told is None else told:
        assert node.sequence is not None, "a decoded record's node executions are numbered"
        version = Version(rank(node.status, node.error), record.revision)
        key = NodeKey(node.sequence, node.node_id)
        fields = _present(node, NODE_FIELDS, version)
        if presumed and node.process_id is None and is_crash(node.status, node.error):
            # The node was running. Its crash follows from the crash of its execution, and ends
            # when the crash of its execution is overruled.
            fields["status"] = Register(version, "running")
        nodes[key] = join(nodes[key], fields) if key in nodes else fields
    return nodes


def _present(record: object, names: Iterable[str], version: Version) -> Fields:
    values = ((name, getattr(record, name)) for name in names)
    fields = {
        name: Register(version, value)
        for name, value in values
        if value is not None and value is not UNSET
    }
    if "error" in fields:
        fields["error"] = error_register(version, fields["error"].value)
    return fields


def error_register(version: Version, error: ExecutionError) -> Register:
    """
    Make the register of an error.

    A crash is only a presumption. The crash therefore gets at most the rank of running, even when
    its message reports an end, so that a reported end overrules it.

    Args:
        version: The version of the message.
        error: The error.

    Returns:
        The register.
    """
    if error.kind == CRASHED and version.rank > Rank.RUNNING:
        version = version._replace(rank=Rank.RUNNING)
    return Register(version, error)


def join(left: Fields, right: Fields) -> Fields:
    """
    Join the registers of two messages, or of stored registers and a message.

    Args:
        left: The registers of one side.
        right: The registers of the other side.

    Returns:
        For each field the greater register; `left`'s own object where the two are equal.
    """
    joined = dict(left)
    for name, register in right.items():
        known = joined.get(name)
        if known is None or _greater(name, register, known):
            joined[name] = register
    return joined


def _greater(name: str, register: Register, known: Register) -> bool:
    if register.version != known.version:
        return register.version > known.version
    return bool(_content(name, register.value) > _content(name, known.value))


def _content(name: str, value: Any) -> Any:
    if name == "status":
        return _SEVERITY[value]
    if isinstance(value, (str, int, float)):
        return value
    if isinstance(value, ExecutionError):
        return value.kind == CRASHED, _sorted_encoder.encode(value)
    if isinstance(value, Mapping):
        return _sorted_encoder.encode(value)
    return bytes(value)


def shown_version(fields: Fields) -> Version:
    """
    Return the version of the shown status, which most fields share.

    Args:
        fields: The registers of an execution or a node execution.

    Returns:
        The version.
    """
    return fields["status"].version


def is_crashed(fields: Fields) -> bool:
    """
    Determine whether the shown status is a crash that nothing has overruled.

    Args:
        fields: The registers of an execution or a node execution.

    Returns:
        Whether a crash is shown.
    """
    status = fields["status"]
    return status.version.rank == Rank.RUNNING and status.value == "error"


def presumed_crash(fields: Fields, node_id: str | None) -> Fields:
    """
    Make the registers of the presumption that a running execution has crashed.

    The presumption has the execution's current revision.

    Args:
        fields: The execution's registers.
        node_id: The node that was running; None when no node was running.

    Returns:
        The registers to join with the execution's.
    """
    version = shown_version(fields)
    error = ExecutionError(
        message="The process ended before the execution did.", node_id=node_id, kind=CRASHED
    )
    return {"status": Register(version, "error"), "error": Register(version, error)}


def node_crash(fields: Fields) -> Fields:
    """
    Make the registers of the presumption that a running node execution has crashed.

    The presumption has the node execution's current revision.

    Args:
        fields: The node execution's registers.

    Returns:
        The registers to join with the node execution's.
    """
    version = shown_version(fields)
    return {"status": Register(version, "error"), "error": Register(version, NODE_CRASH)}


def crashes_with_execution(fields: Fields) -> bool:
    """
    Determine whether the execution's own process runs a node execution, so both crash together.

    Args:
        fields: The node execution's registers.

    Returns:
        Whether the node execution names no process of its own.
    """
    return "process_id" not in fields


def shown_error(fields: Fields) -> ExecutionError | None:
    """
    Return the error, unless it is a presumed crash that something has overruled.

    Args:
        fields: The registers of an execution or a node execution.

    Returns:
        The error; None when there is none to show.
    """
    register = fields.get("error")
    if register is None:
        return None
    error: ExecutionError = register.value
    presumed = error.kind == CRASHED and register.version.rank < Rank.ENDED
    overruled = presumed and not (is_crashed(fields) and register.version == shown_version(fields))
    return None if overruled else error


def shows_change(old: Fields, new: Fields) -> bool:
    """
    Whether joining changed what is shown, and not only the versions of what is shown.

    A record that was exported holds, at one revision, what came in messages of several. Joining it
    into its own history raises versions, which no reader sees.

    Args:
        old: Stored registers; empty when there were none.
        new: `old`, joined with others.
    """
    if not old:
        return True
    return (
        any(
            register is not old.get(name)
            and name not in _SHOWN_OTHERWISE
            and (
                name not in old or _content(name, register.value) != _content(name, old[name].value)
            )
            for name, register in new.items()
        )
        or shown_error(old) != shown_error(new)
        or shown_duration(old) != shown_duration(new)
    )


def shown_duration(fields: Fields) -> float | None:
    """
    Return the reported duration, otherwise the time between start and end.

    Args:
        fields: The registers of an execution or a node execution.

    Returns:
        Milliseconds; None when neither is known.
    """
    reported: float | None = _value(fields, "duration_ms")
    if reported is not None:
        return reported
    return duration_between(_value(fields, "started_at"), _value(fields, "completed_at"))


def to_execution(
    execution_id: str, fields: Fields, nodes: tuple[NodeExecution, ...]
) -> WorkflowExecution:
    """
    Build the record that joined registers show.

    Args:
        execution_id: The execution's id.
        fields: The execution's own registers.
        nodes: The execution's node executions.

    Returns:
        The record.
    """
    trigger = None
    if "trigger_type" in fields:
        trigger = Trigger(
            type=fields["trigger_type"].value,
            data=_value(fields, "trigger_data", UNSET),
            is_simulated=_value(fields, "is_simulated"),
        )
    plain: dict[str, Any] = {
        name: fields[name].value for name in EXECUTION_FIELDS if name in fields
    }
    plain.update(error=shown_error(fields), duration_ms=shown_duration(fields))
    return WorkflowExecution(
        id=execution_id,
        trigger=trigger,
        revision=shown_version(fields).revision,
        node_executions=nodes,
        **plain,
    )


def to_node_execution(key: NodeKey, fields: Fields, *, crashed: bool) -> NodeExecution:
    """
    Build the node execution that joined registers show.

    Args:
        key: The node execution's key.
        fields: The node execution's registers.
        crashed: Whether the execution is shown as crashed.

    Returns:
        The node execution.
    """
    plain = {name: register.value for name, register in fields.items()}
    plain.update(error=shown_error(fields), duration_ms=shown_duration(fields))
    if crashed and plain["status"] == "running" and crashes_with_execution(fields):
        told = _value(fields, "error", NODE_CRASH)
        plain.update(status="error", error=told if told.kind == CRASHED else NODE_CRASH)
    return NodeExecution(node_id=key.node_id, sequence=key.sequence, **plain)


def _value(fields: Fields, name: str, absent: Any = None) -> Any:
    register = fields.get(name)
    return absent if register is None else register.value


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
    fields: Fields = {}
    nodes: Nodes = {}
    keys = set()
    starred = False
    for record in records:
        keys.add(run_key(record))
        starred = starred or record.starred
        fields = join(fields, execution_fields(record))
        nodes = join_nodes(nodes, node_fields(record))
    if len(keys) != 1:
        raise ValueError(f"records of one execution have one id and one runId, not {sorted(keys)}")
    crashed = is_crashed(fields)
    shown = tuple(to_node_execution(key, nodes[key], crashed=crashed) for key in sorted(nodes))
    joined = to_execution(keys.pop().execution_id, fields, shown)
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
        by_run.setdefault(run_key(record), []).append(record)
    shown = []
    for _, keys in groupby(sorted(by_run), key=attrgetter("execution_id")):
        runs = list(keys)
        for before, key in zip([None, *runs], runs, strict=False):
            joined = merge(by_run[key])
            if before is not None and joined.retry_of is None:
                joined = replace(joined, retry_of=before.address)
            shown.append(joined if key == runs[-1] else replace(joined, id=key.address))
    return tuple(shown)


def join_nodes(left: Nodes, right: Nodes) -> Nodes:
    """
    Join the node executions of two messages, key by key.

    Args:
        left: The node executions of one side.
        right: The node executions of the other side.

    Returns:
        The joined registers of each node execution.
    """
    joined = dict(left)
    for key, fields in right.items():
        joined[key] = join(joined[key], fields) if key in joined else fields
    return joined
