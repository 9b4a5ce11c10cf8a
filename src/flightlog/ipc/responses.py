"""What the channels answer, as declared records, and executions as the JSON that windows expect."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec import Raw, Struct

from flightlog.record.model import WorkflowExecution, encode_execution

PROTOCOL_VERSION: Final = 1
_NO_NODES: Final = b',"nodeExecutions":[]}'


class Done(Struct, frozen=True, kw_only=True, rename="camel"):
    """The answer of `execution:delete`."""

    success: bool
    """Whether it is gone; also true if it wasn't there."""


class Cleared(Struct, frozen=True, kw_only=True, rename="camel"):
    """The answer of `execution:clear-workflow` and `execution:cleanup`."""

    success: bool
    """Whether they are gone."""
    count: int
    """How many this call erased."""


class WorkflowStats(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The answer of `execution:get-stats`."""

    workflow_id: str
    """The workflow."""
    total_executions: int
    """All of its executions."""
    success_count: int
    """Those that ended well."""
    error_count: int
    """Those that ended in an error."""
    running_count: int
    """Those that have not ended."""
    avg_duration_ms: float
    """Mean over those that ended and have a duration, milliseconds; 0 where there is none."""
    last_executed_at: str | None = None
    """When the newest started, ISO 8601; absent where there is none."""


class NodePin(Struct, frozen=True, kw_only=True, rename="camel"):
    """What one node is to give in test mode instead of running."""

    node_id: str
    """The node's id in the workflow."""
    node_name: str
    """The node's name for people."""
    data: Raw
    """Its output; its input if it has none."""


class CanvasData(Struct, frozen=True, kw_only=True, rename="camel"):
    """An execution's data, for pinning to the nodes of a canvas."""

    workflow_id: str
    """The workflow that ran."""
    node_pins: tuple[NodePin, ...]
    """One for each node that succeeded; of a node that ran again, the last time that it did."""


class CopiedToCanvas(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The answer of `execution:copy-to-canvas`."""

    success: bool
    """Whether there is such an execution."""
    data: CanvasData | None = None
    """What to pin; absent where there is no such execution."""
    error: str | None = None
    """Why there is nothing, for people."""


class ReceiverAddress(Struct, frozen=True, kw_only=True, rename="camel"):
    """Where workflows send their records."""

    url: str
    """What `CATALYST_EDITOR_URL` must be for them."""
    port: int
    """The port that it listens on."""
    requested_port: int
    """The port that was asked for; another one is taken when it is in use."""


class Capabilities(Struct, frozen=True, kw_only=True, rename="camel"):
    """What this process understands."""

    channels: tuple[str, ...]
    """The channels, which are methods of the same names."""
    notifications: tuple[str, ...]
    """What it tells without being asked."""


class OpenedProject(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The answer of `project/open`."""

    database_path: str
    """The history that is open now."""
    project_path: str | None = None
    """Its project's directory; absent for a history that is no project's."""


class Started(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The answer of `initialize`."""

    name: str
    """`flightlog`."""
    version: str
    """The program's version."""
    protocol_version: int
    """Counts up with what an older editor would not understand."""
    process_id: int
    """This process."""
    capabilities: Capabilities
    """What it understands."""
    receiver: ReceiverAddress
    """Where workflows send their records."""
    database_path: str
    """The history that is open."""
    project_path: str | None = None
    """Its project's directory; absent for a history that is no project's."""


class ExecutionsChanged(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The notification `executions/changed`."""

    execution_ids: tuple[str, ...]
    """Executions that were created, changed or deleted."""
    project_path: str | None = None
    """The project whose they are; absent for a history that is no project's."""


def execution_json(record: WorkflowExecution) -> Raw:
    """An execution as JSON, whose `nodeExecutions` are there even when there are none."""
    document = encode_execution(record)
    return Raw(document if record.node_executions else document[:-1] + _NO_NODES)


def executions_json(records: Sequence[WorkflowExecution]) -> Raw | Sequence[WorkflowExecution]:
    """Executions as JSON; most are encoded with the answer in one pass."""
    if all(record.node_executions for record in records):
        return records
    return Raw(b"[" + b",".join(bytes(execution_json(record)) for record in records) + b"]")
