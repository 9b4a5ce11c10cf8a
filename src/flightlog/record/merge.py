"""
The merge: how records of one execution, whole or partial, become one record.

A field is a register: the value and the version it came with, which is the rank of its message's
status and that message's `revision`. Joining two registers keeps the greater version, and of two
values with one version the greater content. That is a maximum over a total order, so joining is
commutative, associative and idempotent: messages may repeat, reorder, split and come late, and the
result is the same. Fields are joined one by one, so an absent field never erases a present one.

A status outranks another by how final it is: pending, running, reported end. A crash is always a
presumption, since the crashed process can't report it, and a presumption as of a revision: it ranks
with running, so that a sign of life with a greater revision overrules it, and so does a reported
end. Node executions crash with their execution: those that ran are shown as crashed while it is.
Those that another process than the execution's runs crash with that process alone.

Only records of one run are joined. Of several runs under one id, the newest is shown under the id,
and each older one under its own address (`flightlog.record.model.run_key`).
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
    """Where a field's value comes from, compared in this order."""

    rank: int
    """The `Rank` of its message's status (of the node execution's own, for a node's field)."""
    revision: int
    """Its message's `revision`."""


class Register(NamedTuple):
    """A field's value and the version it came with."""

    version: Version
    value: Any


class NodeKey(NamedTuple):
    """What tells one node execution of an execution from another."""

    sequence: int
    """
    Its place in the run. Two different nodes with one place, as a client without `sequence` sends
    them in two messages, stay two.
    """
    node_id: str


Fields: TypeAlias = dict[str, Register]
"""A record's present fields by attribute name; a trigger's as `trigger_type`, `trigger_data`, …"""
Nodes: TypeAlias = dict[NodeKey, Fields]

CRASHED: Final = "crashed"
"""The kind of error that is a presumption."""
NODE_CRASH: Final = ExecutionError(message="The process ended while this node ran.", kind=CRASHED)
"""The error of a node execution that ran when its execution crashed."""

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
    """Whether a status with its error is the presumption that the process has died."""
    return status == "error" and error is not None and error.kind == CRASHED


def rank(status: str, error: ExecutionError | None) -> Rank:
    """How final a message is, by its status and error."""
    return Rank.RUNNING if is_crash(status, error) else _RANKS.get(status, Rank.ENDED)


def comes_from_worker(record: WorkflowExecution) -> bool:
    """
    Whether a running record is about node executions of other processes than the execution's alone.

    Such a record comes from a forked worker, so it is no sign of life of the execution's process.
    """
    nodes = record.node_executions
    return (
        record.status == "running"
        and bool(nodes)
        and all(node.process_id is not None for node in nodes)
    )


def execution_fields(record: WorkflowExecution) -> Fields:
    """The registers of a record's own fields, without its node executions."""
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
    The registers of a record's node executions; two with one key are joined.

    Args:
        record: The record.
        told: Only these of its node executions.
    """
    nodes: Nodes = {}
    presumed = is_crash(record.status, record.error)
    for node in record.node_executions if told is None else told:
        assert node.sequence is not None, "a decoded record's node executions are numbered"
        version = Version(rank(node.status, node.error), record.revision)
        key = NodeKey(node.sequence, node.node_id)
        fields = _present(node, NODE_FIELDS, version)
        if presumed and node.process_id is None and is_crash(node.status, node.error):
            # It ran: that it crashed follows from its execution's crash, and ends with it.
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
    The register of an error.

    A crash is only presumed, also where its message reports an end, which overrules it.

    Args:
        version: Of its message.
        error: The error.
    """
    if error.kind == CRASHED and version.rank > Rank.RUNNING:
        version = version._replace(rank=Rank.RUNNING)
    return Register(version, error)


def join(left: Fields, right: Fields) -> Fields:
    """
    Join the registers of two messages, or of what is stored and a message.

    Returns:
        For each field the greater register; it is `left`'s own object where the two are equal.
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
    """The version of the status that is shown, which most fields share."""
    return fields["status"].version


def is_crashed(fields: Fields) -> bool:
    """Whether what is shown is a crash: the presumption of one that nothing has overruled."""
    status = fields["status"]
    return status.version.rank == Rank.RUNNING and status.value == "error"


def presumed_crash(fields: Fields, node_id: str | None) -> Fields:
    """
    The registers of the presumption that a running execution has crashed, as of its revision.

    Args:
        fields: The execution's registers.
        node_id: The node that ran; None when there was none.
    """
    version = shown_version(fields)
    error = ExecutionError(
        message="The process ended before the execution did.", node_id=node_id, kind=CRASHED
    )
    return {"status": Register(version, "error"), "error": Register(version, error)}


def node_crash(fields: Fields) -> Fields:
    """
    The registers of the presumption that a running node execution has crashed, as of its revision.

    Args:
        fields: The node execution's registers.
    """
    version = shown_version(fields)
    return {"status": Register(version, "error"), "error": Register(version, NODE_CRASH)}


def crashes_with_execution(fields: Fields) -> bool:
    """Whether a node execution is run by its execution's process, and so crashes with it."""
    return "process_id" not in fields


def shown_error(fields: Fields) -> ExecutionError | None:
    """The error, unless it is the presumption of a crash that something has overruled."""
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
    """The reported duration, else the time between start and end, in milliseconds."""
    reported: float | None = _value(fields, "duration_ms")
    if reported is not None:
        return reported
    return duration_between(_value(fields, "started_at"), _value(fields, "completed_at"))


def to_execution(
    execution_id: str, fields: Fields, nodes: tuple[NodeExecution, ...]
) -> WorkflowExecution:
    """
    The record that joined registers show.

    Args:
        execution_id: The execution's id.
        fields: Its own registers.
        nodes: Its node executions.
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
    The node execution that joined registers show.

    Args:
        key: Which one.
        fields: Its registers.
        crashed: Whether its execution is shown as crashed.
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
    Join records of one run into the record that any store shows after taking them alone.

    Args:
        records: At least one, all with one id, or its address, and one `runId`, or none.

    Raises:
        ValueError: There is none, or they belong to several executions or to several runs of one;
            `merge_runs` takes those.
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

    Records of two runs are never joined. The newest run of an id is shown under the id, an older
    one under its address. A run that names no `retryOf` has the run before it there.

    Args:
        records: Any number, in any order.

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
    """Join the node executions of two messages, key by key."""
    joined = dict(left)
    for key, fields in right.items():
        joined[key] = join(joined[key], fields) if key in joined else fields
    return joined
